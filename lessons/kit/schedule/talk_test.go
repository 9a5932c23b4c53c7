package schedule_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"interleave/lessons/kit/schedule"
)

// TestTalkTables compares the tables of the talk's slides 12 and 13 cell for cell with what the machine prints.
// The files hold the slides' cells as facts and are not rewritten by any flag.
func TestTalkTables(t *testing.T) {
	runs := map[string]*schedule.Run{"race": schedule.RaceTable(), "lock": schedule.LockTable()}
	langs := map[string]schedule.Words{"id": schedule.Indonesian(), "en": schedule.English()}
	for name, run := range runs {
		for lang, words := range langs {
			t.Run(name+"_"+lang, func(t *testing.T) {
				want, err := os.ReadFile(filepath.Join("testdata", name+"_"+lang+".tsv"))
				if err != nil {
					t.Fatal(err)
				}
				table := run.Table(words)
				var got strings.Builder
				for _, row := range append([][]string{table.Header}, table.Rows...) {
					got.WriteString(strings.Join(row, "\t") + "\n")
				}
				if got.String() != string(want) {
					t.Errorf("got\n%swant\n%s", got.String(), want)
				}
			})
		}
	}
}

// TestTalkCounts holds the talk's arithmetic: C(6,3) schedules, 2 of them right; with the lock all.
func TestTalkCounts(t *testing.T) {
	race := schedule.Race().Enumerate(schedule.Limits{})
	if race.Schedules != 20 || race.Count("n = 2") != 2 || race.Count("n = 1") != 18 || !race.Complete {
		t.Errorf("race: %+v", race)
	}
	if race.Failing() != 18 || race.Shortest.Values["n"] != 1 {
		t.Errorf("race fails in %d, shortest %v", race.Failing(), race.Shortest)
	}
	locked := schedule.Locked().Enumerate(schedule.Limits{})
	if locked.Count("n = 2") != locked.Schedules || locked.Failing() != 0 || locked.Shortest != nil || !locked.Complete {
		t.Errorf("locked: %+v", locked)
	}
	three := schedule.MustParse("threads 3; read n; add 1; write n; ensure n == 3").Enumerate(schedule.Limits{})
	if three.Schedules != 1680 || three.Count("n = 3") != 6 {
		t.Errorf("three threads: %+v", three)
	}
}
