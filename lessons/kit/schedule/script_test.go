package schedule_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"interleave/lessons/kit/schedule"
)

var update = flag.Bool("update", false, "rewrite the wanted output of testdata/*.txtar")

// TestScripts runs the programs of testdata. A case has a program, perhaps a schedule to replay, and what is
// printed: the replayed table, or all outcomes and the shortest failing schedule, or the mistake.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases: ", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			part := map[string]string{}
			for _, f := range a.Files {
				part[f.Name] = string(f.Data)
			}
			got := output(part)
			if *update {
				writeWant(t, file, a, got)
				return
			}
			if got != part["want"] {
				t.Errorf("got\n%swant\n%s", got, part["want"])
			}
		})
	}
}

func output(part map[string]string) string {
	p, err := schedule.Parse(part["program"])
	if err != nil {
		return err.Error() + "\n"
	}
	if s, ok := part["schedule"]; ok {
		r, err := p.Replay(s)
		if err != nil {
			return err.Error() + "\n"
		}
		return r.String()
	}
	return p.Enumerate(schedule.Limits{Steps: 40, Schedules: 100_000}).String()
}

func writeWant(t *testing.T, file string, a *txtar.Archive, got string) {
	t.Helper()
	for i := range a.Files {
		if a.Files[i].Name == "want" {
			a.Files = append(a.Files[:i], a.Files[i+1:]...)
			break
		}
	}
	a.Files = append(a.Files, txtar.File{Name: "want", Data: []byte(got)})
	if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
		t.Fatal(err)
	}
}
