package schedule_test

import (
	"errors"
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"

	"interleave/lessons/kit/schedule"
)

// FuzzParse: whatever the text, Parse gives a program that can be run and shown, or a mistake with its line.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, file := range files {
		if a, err := txtar.ParseFile(file); err == nil {
			f.Add(string(a.Files[0].Data))
		}
	}
	f.Add("thread\nset 9223372036854775807; add 1; let x; sub x; cas n x acc")
	f.Fuzz(func(t *testing.T, src string) {
		p, err := schedule.Parse(src)
		if err != nil {
			var s *schedule.SyntaxError
			if !errors.As(err, &s) || s.Line < 1 || s.Cure == "" {
				t.Fatalf("error %#v", err)
			}
			return
		}
		run := p.Random(1)
		again, err := p.Replay(run.Schedule.String())
		if err != nil || again.Outcome != run.Outcome {
			t.Fatalf("replay: %v, %q and %q", err, again.Outcome, run.Outcome)
		}
		table := run.Table(schedule.Indonesian())
		_ = table.String() + table.Markdown() + table.HTML() + table.Walk().HTML()
		p.Enumerate(schedule.Limits{Schedules: 5, Steps: 20})
	})
}

func FuzzParseSchedule(f *testing.F) {
	f.Add("1 2 1, 2")
	f.Add("0 -1 x")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := schedule.ParseSchedule(text)
		if err != nil {
			return
		}
		if again, err := schedule.ParseSchedule(s.String()); err != nil || again.String() != s.String() {
			t.Fatalf("%q: %v %v", text, s, again)
		}
		schedule.Race().Replay(text)
	})
}
