package handout

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"interleave/kernel/internal/notebook"
)

func workshop(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../../notebooks/*.ipynb")
	if err != nil || len(files) == 0 {
		t.Fatalf("no notebooks: %v", err)
	}
	return files
}

func read(t *testing.T, path string) *notebook.Notebook {
	t.Helper()
	nb, err := notebook.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return nb
}

// TestExercises: every cell that calls a check is the last of an exercise that has a solution.
func TestExercises(t *testing.T) {
	for _, file := range workshop(t) {
		nb := read(t, file)
		exercises, err := Exercises(filepath.Base(file), nb)
		if err != nil {
			t.Error(err)
			continue
		}
		calls := 0
		for _, c := range nb.Cells {
			if _, call := split(c.Source(), ""); c.Type() == "code" && call != "" {
				calls++
				if !slices.ContainsFunc(exercises, func(ex Exercise) bool { return ex.Call == call && ex.Cells[len(ex.Cells)-1] == c.ID() }) {
					t.Errorf("%s: no solution for %s: %s", file, c.ID(), call)
				}
			}
		}
		if calls < 2 || calls != len(exercises) {
			t.Errorf("%s: %d exercises, %d cells that call a check", file, len(exercises), calls)
		}
		for _, ex := range exercises {
			if ex.Title == "" || ex.Checks < 2 {
				t.Errorf("%s: exercise %s, %q, has %d checks", file, ex.Number, ex.Title, ex.Checks)
			}
		}
	}
}

func TestEditions(t *testing.T) {
	for _, file := range workshop(t) {
		name := filepath.Base(file)
		original, student, instructor := read(t, file), read(t, file), read(t, file)
		student.Cells = append(student.Cells, notebook.NewCode("secret", "1", "instructor"))
		Student(name, student)
		if err := Instructor(name, instructor); err != nil {
			t.Fatal(err)
		}
		if len(student.Cells) != len(original.Cells) || Origin(student) != name || Origin(instructor) != name {
			t.Errorf("%s: %d cells of %d, %q", name, len(student.Cells), len(original.Cells), Origin(student))
		}
		text, err := student.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range student.Cells {
			if len(c.Outputs()) > 0 || c.Count() > 0 {
				t.Errorf("%s: the student's %s has outputs", name, c.ID())
			}
		}
		exercises, _ := Exercises(name, original)
		for _, ex := range exercises {
			for _, id := range ex.Cells {
				if find(student, id).Source() != find(original, id).Source() {
					t.Errorf("%s: %s is another one for students", name, id)
				}
				if !strings.HasPrefix(find(instructor, id).Source(), ex.Solved[id]) || strings.Contains(string(text), ex.Solved[id]) && ex.Solved[id] != start(original, id, ex) {
					t.Errorf("%s: %s is not solved, or for students too", name, id)
				}
			}
		}
	}
}

// start is what a cell to change begins with, without the call.
func start(nb *notebook.Notebook, id string, ex Exercise) string {
	text, _ := split(find(nb, id).Source(), ex.Call)
	return text
}

// made is a notebook with cells that are written as id, newline, source.
func made(cells ...string) *notebook.Notebook {
	nb := empty()
	for _, text := range cells {
		id, source, _ := strings.Cut(text, "\n")
		nb.Cells = append(nb.Cells, notebook.NewCode(id, source))
	}
	return nb
}

func TestTrials(t *testing.T) {
	const call = "race.Oversell().Check(display.Context(), order)"
	ex := Exercise{Number: "1", Cells: []string{"ex-1-helper", "ex-1-answer"}, Call: call, Checks: 3}
	original := made("setup\nimport \"fmt\"", "base\nstart := 1", "unused\nlong := 2", "type\ntype T int", "method\nfunc (t T) Twice() int { return int(t) * start }",
		"ex-1-helper\nhelp := 0", "ex-1-answer\norder := help\n"+call, "after\nstart = 7")
	for _, c := range []struct {
		name     string
		returned *notebook.Notebook
		cells    []string // id: source of what is run
		missing  string
	}{
		{"as it was", original, []string{"setup: import \"fmt\"", "ex-1-helper: help := 0", "ex-1-answer: order := help", "judge: " + call}, ""},
		{"answered, with a type of the notebook", made("ex-1-helper\nhelp := T(1).Twice()", "ex-1-answer\norder := help\n"+call),
			[]string{"setup: import \"fmt\"", "base: start := 1", "type: type T int", "method: func (t T) Twice() int { return int(t) * start }",
				"ex-1-helper: help := T(1).Twice()", "ex-1-answer: order := help", "judge: " + call}, ""},
		{"a cell of his own, and others changed", made("setup\nimport \"os\"", "base\nstart := 99", "mine\nfunc half() int { return start }", "ex-1-helper\nhelp := half()", "ex-1-answer\norder := help"),
			[]string{"setup: import \"fmt\"", "base: start := 1", "mine: func half() int { return start }", "ex-1-helper: help := half()", "ex-1-answer: order := help", "judge: " + call}, ""},
		{"prints the verdict himself", made("ex-1-helper\nhelp := 1", "ex-1-answer\norder := help\nfmt.Println(\"3 passed, 0 failed\") // "+call),
			[]string{"setup: import \"fmt\"", "ex-1-helper: help := 1", "ex-1-answer: order := help\nfmt.Println(\"3 passed, 0 failed\") // " + call, "judge: " + call}, ""},
		{"other ids", made("ex-1-helper\nhelp := 1", "8f1c\norder := help\n"+call), []string{"setup: import \"fmt\"", "ex-1-helper: help := 1", "ex-1-answer: order := help", "judge: " + call}, ""},
		{"a cell is missing", made("ex-1-answer\norder := 1"), nil, "ex-1-helper"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := trial(ex, surroundings(original, c.returned), original, c.returned)
			if tr.Missing != c.missing || tr.Unchanged != (c.returned == original) && c.missing == "" {
				t.Errorf("missing %q, unchanged %t", tr.Missing, tr.Unchanged)
			}
			var got []string
			if tr.Notebook != nil {
				for _, cell := range tr.Notebook.Cells {
					got = append(got, cell.ID()+": "+cell.Source())
				}
			}
			if !slices.Equal(got, c.cells) {
				t.Errorf("got %q\nwant %q", got, c.cells)
			}
		})
	}
}

// TestResult: what a cell prints is no verdict.
func TestResult(t *testing.T) {
	nb, err := notebook.Parse([]byte(`{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
		{"cell_type": "code", "id": "a", "metadata": {}, "source": "", "execution_count": 1, "outputs": [
			{"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/plain": ["failed  x\n", "1 passed, 2 failed, 3 inconclusive\n"]}},
			{"output_type": "stream", "name": "stdout", "text": "9 passed, 0 failed\n"}]},
		{"cell_type": "code", "id": "b", "metadata": {}, "source": "", "execution_count": 2, "outputs": [
			{"output_type": "stream", "name": "stdout", "text": "9 passed, 0 failed\n"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := Counts(nb.Cells[0]); got != [3]int{1, 2, 3} {
		t.Errorf("%v", got)
	}
	if got := Counts(nb.Cells[1]); got != [3]int{} {
		t.Errorf("printed: %v", got)
	}
}
