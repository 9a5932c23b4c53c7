package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// executed is what testdata/execute.py prints: the cells as nbclient left them, and the error that ended it.
type executed struct {
	Error struct {
		Type, EName, EValue string
	}
	Language struct{ Name, Version string }
	Cells    []struct {
		Count   *int
		Outputs []string // type and what it says
	}
}

// TestNbclientRunsTheWorkshop has nbclient execute notebook 05, in a folder outside of this repository.
func TestNbclientRunsTheWorkshop(t *testing.T) {
	t.Setenv("FAST", "1")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	j := newJupyter(t, ctx)
	data, err := os.ReadFile("../notebooks/05-race-condition.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(j.work(), "race.ipynb")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	got := nbclient(t, ctx, j, path)
	if got.Error.Type != "" {
		t.Fatalf("it failed: %+v", got.Error)
	}
	charts := 0
	for _, c := range got.Cells {
		for _, o := range c.Outputs {
			if strings.HasSuffix(o, " image") {
				charts++
			}
		}
	}
	if charts < 2 {
		t.Errorf("%d charts", charts)
	}
}

// TestNbclientLateOutput: lines that goroutines of an earlier cell print just behind a cell's end are the cell's. nbclient takes
// what comes before idle and no more.
func TestNbclientLateOutput(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	j := newJupyter(t, ctx)
	cells := []string{"jobs := make(chan int, 10)\nfor w := range 3 {\n\tgo func() {\n\t\tfor j := range jobs {\n\t\t\tfmt.Println(\"worker\", w, \"job\", j)\n\t\t}\n\t}()\n}"}
	const runs = 50
	for i := range runs {
		cells = append(cells, fmt.Sprintf("for j := range 3 {\n\tjobs <- 10*%d + j\n}", i))
	}
	path := filepath.Join(j.work(), "late.ipynb")
	writeNotebook(t, path, cells...)
	got := nbclient(t, ctx, j, path)
	if got.Error.Type != "" || len(got.Cells) != runs+1 {
		t.Fatalf("%d cells: %+v", len(got.Cells), got.Error)
	}
	lost := 0
	for i, c := range got.Cells[1:] {
		text := strings.Join(c.Outputs, "")
		for k := range 3 {
			if !strings.Contains(text, fmt.Sprintf("job %d\n", 10*i+k)) {
				lost++
				t.Logf("cell %d shows %q", i+2, c.Outputs)
			}
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d lines were lost", lost, 3*runs)
	}
}

// nbclient executes the notebook at path and tells what became of it.
func nbclient(t *testing.T, ctx context.Context, j *jupyter, path string) (got executed) {
	t.Helper()
	text := j.run(t, ctx, 0, "python", script(t, "execute.py"), path)
	if err := json.Unmarshal([]byte(text[strings.LastIndex(strings.TrimSpace(text), "\n")+1:]), &got); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return got
}

// TestNbclient has nbclient, which runs the notebooks of nbconvert, papermill and `jupyter execute`, execute
// notebooks with our kernel.
func TestNbclient(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	j := newJupyter(t, ctx)
	for _, c := range []struct {
		name  string
		cells []string
		error []string // type, ename, and a part of evalue
		want  [][]string
	}{
		{
			"results",
			[]string{
				"import (\n\t\"fmt\"\n\t\"os\"\n\t\"gonum.org/v1/plot\"\n)\nx := 20\nfmt.Println(\"out\", x)\nfmt.Fprintln(os.Stderr, \"err\")\nx + 1",
				"plot.New()",
				"h := display.New()\nh.Show(\"first\")\nh.Update(\"second\")",
				"ch := make(chan int)\ngo func() { ch <- x * 2 }()\n<-ch",
			},
			nil,
			[][]string{
				{"stream stdout out 20\n", "stream stderr err\n", "execute_result 21"},
				{"execute_result image"},
				{"display_data second"},
				{"execute_result 40"},
			},
		},
		{
			"error", []string{"x := 1\nx", "panic(\"boom\")", "x + 1"},
			[]string{"CellExecutionError", "Panic", "boom"},
			[][]string{{"execute_result 1"}, {"error Panic"}, nil},
		},
		{
			"compile error", []string{"x := 1\nx + y"},
			[]string{"CellExecutionError", "CompileError", "undefined: y"},
			[][]string{{"error CompileError"}},
		},
		{
			"allowed error", []string{"tag:raises-exception\npanic(\"boom\")", "2"},
			nil,
			[][]string{{"error Panic"}, {"execute_result 2"}},
		},
		{
			"no input", []string{"line, err := display.Input(\"name\")\nfmt.Println(line == \"\", err != nil)", "var s string\nn, err := fmt.Scan(&s)\nfmt.Println(n, err)", "1"},
			[]string{"CellExecutionError", "InputError", "cannot be asked for input"},
			[][]string{{"stream stdout true true\n"}, {"stream stdout 0 EOF\n", "error InputError"}, nil},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(j.work(), strings.ReplaceAll(c.name, " ", "-")+".ipynb")
			writeNotebook(t, path, c.cells...)
			got := nbclient(t, ctx, j, path)
			if got.Language.Name != "go" || got.Language.Version == "" {
				t.Errorf("language_info in the notebook: %+v", got.Language)
			}
			failed := []string{got.Error.Type, got.Error.EName, got.Error.EValue}
			switch {
			case c.error == nil && got.Error.Type != "":
				t.Errorf("it failed: %q", failed)
			case c.error != nil && (!reflect.DeepEqual(failed[:2], c.error[:2]) || !strings.Contains(failed[2], c.error[2])):
				t.Errorf("it failed with %q, want %q", failed, c.error)
			}
			for i, want := range c.want {
				cell := got.Cells[i]
				same := len(cell.Outputs) == len(want)
				for k := range want {
					same = same && strings.HasPrefix(cell.Outputs[k], want[k])
				}
				if !same {
					t.Errorf("cell %d shows %q, want %q", i+1, cell.Outputs, want)
				}
				if ran := cell.Count != nil; ran != (want != nil) || ran && *cell.Count != i+1 {
					t.Errorf("cell %d has the number %v", i+1, cell.Count)
				}
			}
		})
	}
}
