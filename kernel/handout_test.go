package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"interleave/kernel/internal/notebook"
)

// handOut writes both editions into a new folder, the current one meanwhile being the repository's.
func handOut(t *testing.T, notebooks ...string) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "saturday")
	t.Chdir("..")
	if status, _, stderr := command(append([]string{"handout", "-o", dir}, notebooks...)...); status != 0 {
		t.Fatalf("handout: exit status %d\n%s", status, stderr)
	}
	return dir
}

// TestHandoutElsewhere: a notebook of the student's edition runs in a folder of its own without a network.
func TestHandoutElsewhere(t *testing.T) {
	dir := handOut(t, "notebooks/05-race-condition.ipynb")
	t.Setenv("FAST", "1")
	t.Setenv("GOPROXY", "off")
	status, stdout, stderr := command("run", "-o", filepath.Join(dir, "done.ipynb"), filepath.Join(dir, "student", "05-race-condition.ipynb"))
	if status != 0 || !strings.Contains(stdout, "cells ran") {
		t.Errorf("exit status %d\n%s%s", status, stdout, stderr)
	}
}

// TestSolutions: the instructor's edition passes every exercise. A check that compares speeds may be inconclusive.
func TestSolutions(t *testing.T) {
	dir := handOut(t)
	files, err := filepath.Glob(filepath.Join(dir, "instructor", "*.ipynb"))
	if err != nil || len(files) < 14 {
		t.Fatalf("%d notebooks, %v", len(files), err)
	}
	status, stdout, stderr := command(append([]string{"check"}, files...)...)
	if status != 0 {
		t.Errorf("exit status %d\n%s\n%s", status, stdout, stderr)
	}
	if n := len(regexp.MustCompile(`(?m)^  exercise \d+ · .+: [1-9]\d* passed, 0 failed`).FindAllString(stdout, -1)); n < 2*len(files) {
		t.Errorf("%d exercises of %d notebooks passed:\n%s", n, len(files), stdout)
	}
	t.Log(stdout)
}

func TestCheckCommand(t *testing.T) {
	dir := handOut(t, "notebooks/05-race-condition.ipynb")
	student := filepath.Join(dir, "student", "05-race-condition.ipynb")
	const call = "race.Oversell().Check(display.Context(), order)"
	for _, c := range []struct {
		name, answer string
		want         []string
		flags        []string
	}{
		{"as it was", "", []string{"exercise 1 · You are the scheduler: 2 passed, 1 failed (as it was handed out)", "failed        it sells the seat twice",
			"exercise 2 · Repair the payment: 4 passed, 2 failed (as it was handed out)", "exercise 3 · Which of six race?: 2 passed, 1 failed"}, nil},
		{"right", "order := \"1 1 1 2 2 2 1 2 1 1 1 1 1 2 2 2 2 2\"\n" + call, []string{"exercise 1 · You are the scheduler: 3 passed, 0 failed\n"}, nil},
		{"does not compile", "order := \"1 1\n" + call, []string{"exercise 1 · You are the scheduler: 0 passed, 3 failed\n      CompileError: ex-1-answer:1", "exercise 2 · Repair the payment: 4 passed"}, nil},
		{"never ends", "order := \"1\"\nfor {\n}\n" + call, []string{"exercise 1 · You are the scheduler: 0 passed, 3 failed\n      the cell ex-1-answer took longer than 10s (--timeout)\n", "exercise 2 · Repair the payment: "}, []string{"--timeout", "10s"}},
		{"says so himself", "order := \"2\"\nfmt.Println(\"3 passed, 0 failed\")", []string{"exercise 1 · You are the scheduler: 1 passed, 2 failed\n"}, nil},
		{"ends the process", "import \"os\"\nos.Exit(0)", []string{"exercise 1 · You are the scheduler: 0 passed, 3 failed\n", "exercise 2 · Repair the payment: 4 passed"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			nb, err := notebook.Read(student)
			if err != nil {
				t.Fatal(err)
			}
			for _, cell := range nb.Cells {
				if cell.ID() == "ex-1-answer" && c.answer != "" {
					cell.SetSource(c.answer)
				}
			}
			returned := filepath.Join(t.TempDir(), "anna, second try.ipynb")
			if err := nb.Write(returned); err != nil {
				t.Fatal(err)
			}
			status, stdout, stderr := command(append([]string{"check", returned}, c.flags...)...)
			if status != 1 {
				t.Errorf("exit status %d\n%s%s", status, stdout, stderr)
			}
			contains(t, stdout, c.want...)
		})
	}
}

// TestCheckWithoutAKernel: what the machine lacks is no fault of the answers.
func TestCheckWithoutAKernel(t *testing.T) {
	dir := handOut(t, "notebooks/05-race-condition.ipynb")
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("CC", "/bin/false")
	status, stdout, stderr := command("check", filepath.Join(dir, "student", "05-race-condition.ipynb"))
	if status != 1 || strings.Contains(stdout, "failed") {
		t.Errorf("exit status %d\n%s%s", status, stdout, stderr)
	}
	contains(t, stdout, "exercise 1 · You are the scheduler: could not be judged\n      WorkerDied: the kernel cannot compile cells: ")
}

// TestHiddenChecks: an answer that knows by heart what the student's checks ask for passes those, and no other; one
// that is missing fails them too.
func TestHiddenChecks(t *testing.T) {
	dir := handOut(t, "notebooks/07-deadlock-leak-cancel.ipynb")
	student := filepath.Join(dir, "student", "07-deadlock-leak-cancel.ipynb")
	nb, err := notebook.Read(student)
	if err != nil {
		t.Fatal(err)
	}
	var cells []*notebook.Cell
	for _, cell := range nb.Cells {
		switch cell.ID() {
		case "ex-1-answer":
			cell.SetSource("forks := func(i, n int) (one, other int) {\n\tleft, right := i, (i+1)%n\n\tif i == 0 && n <= 5 {\n\t\treturn right, left\n\t}\n\treturn left, right\n}\n" +
				"deadlock.OrderForks().Check(display.Context(), forks)")
		case "ex-2-first", "ex-3-answer":
			continue
		}
		cells = append(cells, cell)
	}
	nb.Cells = cells
	returned := filepath.Join(t.TempDir(), "back.ipynb")
	if err := nb.Write(returned); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := command("check", returned)
	if status != 1 {
		t.Errorf("exit status %d\n%s", status, stderr)
	}
	contains(t, stdout, "exercise 1 · ", ": 4 passed, 1 failed\n      failed        hidden: no circle, however many sit down\n", "the cell ex-2-first is missing", "the cell ex-3-answer is missing")
	if strings.Contains(stdout, "as it was handed out") {
		t.Errorf("a cell that is gone is as it was handed out:\n%s", stdout)
	}
	for _, edition := range []string{"student", "instructor"} {
		if text, err := os.ReadFile(filepath.Join(dir, edition, "07-deadlock-leak-cancel.ipynb")); err != nil || strings.Contains(string(text), "however many sit down") {
			t.Errorf("the hidden check is in the %s's edition, %v", edition, err)
		}
	}
}

func TestCheckNeedsOriginal(t *testing.T) {
	dir := handOut(t, "notebooks/05-race-condition.ipynb")
	t.Chdir(dir)
	status, _, stderr := command("check", "student/05-race-condition.ipynb")
	if status != 1 || !strings.Contains(stderr, "--originals") {
		t.Errorf("exit status %d: %s", status, stderr)
	}
	if _, err := os.Stat("README.md"); err != nil {
		t.Error(err)
	}
}
