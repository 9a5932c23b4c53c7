package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/notebook"
)

// TestClients has the other programs of Jupyter use our kernel.
func TestClients(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	j := newJupyter(t, ctx)
	for _, c := range []struct {
		name string
		test func(t *testing.T, ctx context.Context, j *jupyter)
	}{
		{"jupyter execute", testJupyterExecute},
		{"nbconvert", testNbconvert},
		{"papermill", testPapermill},
		{"console", testConsole},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, ctx, j) })
	}
}

func testJupyterExecute(t *testing.T, ctx context.Context, j *jupyter) {
	path := filepath.Join(j.work(), "execute.ipynb")
	writeNotebook(t, path, "x := 20", "x + 1")
	j.run(t, ctx, 0, "jupyter", "execute", "--inplace", path)
	contains(t, contents(t, path), `"21"`)
	writeNotebook(t, path, "x := 20", "panic(\"boom\")")
	contains(t, j.run(t, ctx, 1, "jupyter", "execute", path), "CellExecutionError", "boom")
}

// testNbconvert executes a notebook and exports it: what the kernel says of its language is in the notebook
// then, from which nbconvert takes the highlighting and the script's extension.
func testNbconvert(t *testing.T, ctx context.Context, j *jupyter) {
	path := filepath.Join(j.work(), "convert.ipynb")
	writeNotebook(t, path, "import (\n\t\"fmt\"\n\t\"gonum.org/v1/plot\"\n)\nfmt.Println(\"printed\")", "plot.New()", "func double(n int) int { return 2 * n }\ndouble(21)")
	j.run(t, ctx, 0, "jupyter", "nbconvert", "--to", "notebook", "--execute", "--inplace", path)
	for _, c := range []struct {
		to, file string
		want     []string
	}{
		{"html", "convert.html", []string{"printed", "42", "<img", `<span class="kd">func</span>`}},
		{"slides", "convert.slides.html", []string{"printed", "42", "<img", "reveal"}},
		{"script", "convert.go", []string{"package main", "fmt.Println(\"printed\")", "func double(n int) int { return 2 * n }", "fmt.Println(double(21))"}},
	} {
		t.Run(c.to, func(t *testing.T) {
			j.run(t, ctx, 0, "jupyter", "nbconvert", "--to", c.to, path)
			contains(t, contents(t, filepath.Join(j.work(), c.file)), c.want...)
		})
	}
	t.Run("script runs", func(t *testing.T) {
		path := filepath.Join(j.work(), "plain.ipynb")
		writeNotebook(t, path, "x := 20", "y := x // unused", "strconv.Itoa(x + 1)", "!ls", "undefinedName")
		j.run(t, ctx, 0, "jupyter", "nbconvert", "--to", "notebook", "--execute", "--allow-errors", "--inplace", path)
		said := j.run(t, ctx, 0, "jupyter", "nbconvert", "--to", "script", path)
		contains(t, said, "left out: cell 4: !ls", "undefined: undefinedName")
		cmd := exec.CommandContext(ctx, "go", "run", "plain.go")
		cmd.Dir = j.work()
		out, err := cmd.CombinedOutput()
		if string(out) != "21\n" || err != nil {
			t.Errorf("go run: %v\n%s\n%s", err, out, contents(t, filepath.Join(j.work(), "plain.go")))
		}
	})
}

// testPapermill runs a notebook with parameters of every kind. They keep the types of the cell "parameters".
func testPapermill(t *testing.T, ctx context.Context, j *jupyter) {
	in, out := filepath.Join(j.work(), "in.ipynb"), filepath.Join(j.work(), "out.ipynb")
	writeNotebook(t, in,
		"tag:parameters\nn := 1 // how many\nvar rate float64 = 0.5\nname := \"nobody\"\nquick := false\nxs := []float64{}\nnames := []string{}\nlimits := map[string]int{}\ngrid := [][]int{}\nvar none any = 1\nfar := 0.0\nmixed := []any{}\ndeep := map[string]any{}\ntext := \"\"",
		`fmt.Printf("%v %T %v %q %v %v %q %v\n", n, rate, rate, name, quick, xs, names, limits)`,
		`fmt.Println(grid, none, far)`,
		`fmt.Printf("%v %v %+q", mixed, deep, text)`)
	j.run(t, ctx, 0, "papermill", in, out,
		"-p", "n", "3", "-p", "rate", "2", "-p", "quick", "True",
		"-y", `{name: "ä \"b\" \\ $\n", xs: [1, 2.5], names: [a, b], limits: {a: 1}, grid: [[1, 2], [], [3]], none: null, far: 1.5e-7,`+
			` mixed: [1, a, null, true, {k: 2.5}], deep: {a: {b: [1]}}, text: "\0\x7f\u2028\uFEFF$"}`)
	nb, err := notebook.Read(out)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(nb.Cells); n != 5 {
		t.Fatalf("%d cells, want one injected", n)
	}
	contains(t, contents(t, out), `3 float64 2 \"ä \\\"b\\\" \\\\ $\\n\" true [1 2.5] [\"a\" \"b\"] map[a:1]`, "[[1 2] [] [3]] \u003cnil\u003e 1.5e-07",
		`[1 a <nil> true map[k:2.5]] map[a:map[b:[1]]] \"\\x00\\x7f\\u2028\\ufeff$\"`)
	help := j.run(t, ctx, 0, "papermill", "--help-notebook", in)
	contains(t, help, "n: Unknown type (default 1)", "how many", "rate: float64 (default 0.5)")
	writeNotebook(t, in, "tag:parameters\nn := 1", "if n > 2 { panic(\"boom\") }")
	contains(t, j.run(t, ctx, 1, "papermill", in, out, "-p", "n", "3"), "PapermillExecutionError", "boom")
}

// testConsole types into jupyter console. Its simple prompt sends each line by itself; the end of its input
// is the end of the kernel.
func testConsole(t *testing.T, ctx context.Context, j *jupyter) {
	cmd := j.command(ctx, "jupyter", "console", "--kernel=gophernotes", "--simple-prompt")
	cmd.Stdin = strings.NewReader("x := 20\nx + 1\nfmt.Println(\"printed\", x)\nundefinedName\n%help\n")
	text, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	contains(t, string(text), "Interleave", "21", "printed 20", "undefined: undefinedName", "Commands stand at the top of a cell", "Shutting down kernel")
}

func contents(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func contains(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("it lacks %q:\n%s", w, text[max(0, len(text)-20_000):])
		}
	}
}
