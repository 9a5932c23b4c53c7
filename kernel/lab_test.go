package main

import (
	"bytes"
	"context"
	"errors"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/browser"
	"interleave/kernel/internal/kernelspec"
	"interleave/kernel/internal/python"
)

// labCells is the notebook the test opens. The third cell tells one process from the next.
var labCells = []string{
	"import (\n\t\"fmt\"\n\t\"gonum.org/v1/plot\"\n\t\"gonum.org/v1/plot/plotter\"\n)\np := plot.New()\np.Title.Text = \"Results\"\n" +
		"line, err := plotter.NewLine(plotter.XYs{{X: 0, Y: 0}, {X: 1, Y: 2}, {X: 2, Y: 1}})\nif err != nil { panic(err) }\np.Add(line)\np",
	"x := 20",
	"import \"os\"\nfmt.Println(\"x is\", x, \"in process\", os.Getpid())",
	"x + 1",
}

// TestJupyterLab does in a real JupyterLab what a person does with a notebook.
func TestJupyterLab(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	lab := startLab(t, ctx)
	p := openLab(t, ctx, lab)
	defer p.Close()
	step := stepper(t, lab, p, "lab-failed.png")
	numbers := func(want ...string) func([]browser.Cell) bool {
		return func(cells []browser.Cell) bool {
			for i, n := range want {
				if i >= len(cells) || cells[i].Number() != n {
					return false
				}
			}
			return true
		}
	}

	step("run all", p.RunAll())
	step("run all", p.Wait("four numbers", numbers("1", "2", "3", "4")))
	cells := read(t, p)
	// The chart is the last output: a note may stand before it when a package of the module was just edited.
	shown := cells[0].Outputs
	if n := len(shown); n == 0 || shown[n-1].Width < 200 || shown[n-1].Height < 150 {
		t.Errorf("the chart is shown as %+v", shown)
	}
	first := cells[2].Text()
	if !strings.HasPrefix(first, "x is 20 in process ") || strings.TrimSpace(cells[3].Text()) != "21" {
		t.Errorf("outputs %q and %q", first, cells[3].Text())
	}
	shot, err := p.PictureOf(0)
	step("picture", err)
	if _, err := png.Decode(bytes.NewReader(shot)); err != nil {
		t.Error(err)
	}
	save(t, "lab-chart.png", shot)

	step("edit", p.Edit(1, "x = 41"))
	step("edit", p.Run())
	step("edit", p.Wait("the fifth run", numbers("1", "5")))
	step("rerun", p.Edit(3, "x + 1 // again"))
	step("rerun", p.Run())
	step("rerun", p.Wait("the sixth run", numbers("1", "5", "3", "6")))
	if got := strings.TrimSpace(read(t, p)[3].Text()); got != "42" {
		t.Errorf("x + 1 after the edit shows %q", got)
	}

	step("interrupt", p.Edit(1, "for {\n}"))
	step("interrupt", p.Run())
	step("interrupt", p.WaitRunning(1))
	step("interrupt", p.Interrupt())
	step("interrupt", p.Wait("the interrupted cell", numbers("1", "7")))
	if got := read(t, p)[1].Text(); !strings.Contains(got, "Interrupted") {
		t.Errorf("the interrupted cell shows %q", got)
	}
	step("after the interrupt", p.Edit(3, "x * 2"))
	step("after the interrupt", p.Run())
	step("after the interrupt", p.Wait("the eighth run", numbers("1", "7", "3", "8")))
	if got := strings.TrimSpace(read(t, p)[3].Text()); got != "82" {
		t.Errorf("x * 2 after the interrupt shows %q: state is lost", got)
	}

	step("restart", p.Edit(1, "x := 5"))
	step("restart", p.RestartAndRunAll())
	step("restart", p.Wait("all cells in a new process", func(cells []browser.Cell) bool {
		return numbers("1", "2", "3", "4")(cells) && strings.HasPrefix(cells[2].Text(), "x is 5 in process ") && cells[2].Text() != first
	}))
	if got := strings.TrimSpace(read(t, p)[3].Text()); got != "10" {
		t.Errorf("x * 2 after the restart shows %q", got)
	}

	step("error", p.Edit(1, "panic(\"boom\")"))
	step("error", p.RunAll())
	step("error", p.Wait("a panic and two cells not run", numbers("5", "6", "", "")))
	cells = read(t, p)
	if got := cells[1].Text(); !strings.Contains(got, "boom") || !strings.Contains(got, "In[6]") {
		t.Errorf("the panic shows %q", got)
	}
	if shot, err := p.Screenshot(); err == nil {
		save(t, "lab-error.png", shot)
	}
}

// startLab starts a JupyterLab that knows our kernel, on a folder with one notebook.
func startLab(t *testing.T, ctx context.Context, cells ...string) *browser.Lab {
	t.Helper()
	if len(cells) == 0 {
		cells = labCells
	}
	if _, err := browser.Find(); err != nil {
		t.Fatal(err)
	}
	env, err := python.Open(ctx, python.Options{Set: python.Test, Progress: func(done, total int, what string) { t.Logf("%d/%d %s", done, total, what) }})
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	if _, err := kernelspec.Install(filepath.Join(data, "kernels"), kernelspec.DefaultName, kernelspec.New(self), false); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	writeNotebook(t, filepath.Join(dir, "test.ipynb"), cells...)
	lab, err := browser.StartLab(ctx, browser.LabOptions{
		Program: env.Program("jupyter-lab"), Dir: dir, Scratch: t.TempDir(), Env: []string{"JUPYTER_PATH=" + data},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(lab.Close)
	return lab
}

// openLab opens the notebook of startLab in a browser, which the caller closes: before the context ends, in good order.
func openLab(t *testing.T, ctx context.Context, lab *browser.Lab) *browser.Page {
	t.Helper()
	p, err := browser.Open(ctx, lab, t.TempDir(), "test.ipynb")
	if err != nil {
		t.Fatalf("%v\nthe server's log:\n%s", err, lab.Log())
	}
	return p
}

// stepper returns what ends the test when a step of it failed, with a picture of the page under the name given.
func stepper(t *testing.T, lab *browser.Lab, p *browser.Page, picture string) func(step string, err error) {
	return func(step string, err error) {
		t.Helper()
		if err == nil {
			return
		}
		if shot, e := p.Screenshot(); e == nil {
			save(t, picture, shot)
		}
		t.Fatalf("%s: %v\nthe server's log:\n%s", step, err, lab.Log())
	}
}

func read(t *testing.T, p *browser.Page) []browser.Cell {
	t.Helper()
	cells, err := p.Cells()
	if err != nil {
		t.Fatal(err)
	}
	return cells
}

// save keeps a picture for a person to look at, in the folder INTERLEAVE_PICTURES names.
func save(t *testing.T, name string, data []byte) {
	t.Helper()
	dir := os.Getenv("INTERLEAVE_PICTURES")
	if dir == "" {
		return
	}
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, name), data, 0o644)); err != nil {
		t.Error(err)
	}
}
