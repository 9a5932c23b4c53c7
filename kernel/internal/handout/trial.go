package handout

import (
	"fmt"
	"slices"
	"strings"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/notebook"
)

// Trial is an exercise of a returned notebook, ready to be run. Its cells carry the tag raises-exception: an answer that
// fails is judged, too.
type Trial struct {
	Exercise
	Missing   string   // the cell to change that is not there, "" if all are
	Unchanged bool     // it is as it was handed out
	Needs     []string // ids of the other cells that are run before
	Notebook  *notebook.Notebook
	Judges    []*notebook.Cell // the cells of Notebook that call the check and the hidden one: they have verdicts once they were run
}

// Trials are the exercises of a returned notebook, with its answers. Name is the file name of the original.
func Trials(name string, original, returned *notebook.Notebook) ([]Trial, error) {
	exercises, err := Exercises(name, original)
	if err != nil {
		return nil, err
	}
	around := surroundings(original, returned)
	var out []Trial
	for _, ex := range exercises {
		out = append(out, trial(ex, around, original, returned))
	}
	return out, nil
}

func trial(ex Exercise, around []*notebook.Cell, original, returned *notebook.Notebook) Trial {
	t := Trial{Exercise: ex, Unchanged: true}
	var answers []*notebook.Cell
	used := map[string]bool{}
	for i, id := range ex.Cells {
		given, c := find(original, id), find(returned, id)
		if c == nil && i == len(ex.Cells)-1 {
			c = calls(returned, ex.Call) // a program that gives cells ids of its own
		}
		if c == nil {
			t.Missing = id
			return t
		}
		t.Unchanged = t.Unchanged && strings.TrimSpace(c.Source()) == strings.TrimSpace(given.Source())
		source, _ := split(c.Source(), ex.Call)
		answers = append(answers, notebook.NewCode(id, source, "raises-exception"))
	}
	t.Judges = []*notebook.Cell{notebook.NewCode("judge", ex.Call, "raises-exception")}
	if ex.Hidden.Body != "" {
		t.Judges = append(t.Judges, notebook.NewCode("hidden", ex.Hidden.source(), "raises-exception"))
	}
	answers = append(answers, t.Judges...)
	for _, c := range answers {
		uses(c.Source(), used)
	}
	for _, c := range answers { // what they declare themselves need not come from elsewhere
		for _, name := range declares(c.Source()) {
			delete(used, name)
		}
	}
	above := needed(before(around, original, ex), used)
	for _, c := range above {
		t.Needs = append(t.Needs, c.ID())
	}
	t.Notebook = empty()
	for _, c := range above {
		t.Notebook.Cells = append(t.Notebook.Cells, notebook.NewCode(c.ID(), c.Source(), "raises-exception"))
	}
	t.Notebook.Cells = append(t.Notebook.Cells, answers...)
	return t
}

// source is the check as a cell.
func (h Hidden) source() string {
	return fmt.Sprintf(`import "interleave/lessons/kit/check"
check.Exercise[struct{}]{Checks: []check.Check[struct{}]{{Name: %q, Kind: check.Value, Try: func(context.Context, struct{}) error {
%s
return nil
}}}}.Check(display.Context(), struct{}{})`, "hidden: "+h.Name, h.Body)
}

// calls finds the code cell that calls a check.
func calls(nb *notebook.Notebook, call string) *notebook.Cell {
	for _, c := range nb.Cells {
		if _, found := split(c.Source(), call); found != "" && c.Type() == "code" {
			return c
		}
	}
	return nil
}

// surroundings are the original's code cells and, each behind the cell it stands behind, those that were added.
func surroundings(original, returned *notebook.Notebook) []*notebook.Cell {
	added := map[string][]*notebook.Cell{}
	last := ""
	for _, c := range returned.Cells {
		switch {
		case find(original, c.ID()) != nil:
			last = c.ID()
		case c.Type() == "code":
			added[last] = append(added[last], c)
		}
	}
	out := added[""]
	for _, c := range original.Cells {
		if c.Type() == "code" {
			out = append(out, c)
		}
		out = append(out, added[c.ID()]...)
	}
	return out
}

// before are the cells above an exercise's last, without those to change.
func before(around []*notebook.Cell, original *notebook.Notebook, ex Exercise) []*notebook.Cell {
	end := slices.IndexFunc(around, func(c *notebook.Cell) bool { return c.ID() == ex.Cells[len(ex.Cells)-1] })
	return slices.DeleteFunc(slices.Clone(around[:end]), func(c *notebook.Cell) bool {
		_, call := split(c.Source(), "")
		return slices.Contains(ex.Cells, c.ID()) || call != ""
	})
}

// needed are the cells that import something, and those that declare a name which is used, and what those use in turn.
func needed(cells []*notebook.Cell, used map[string]bool) []*notebook.Cell {
	take := make([]bool, len(cells))
	for grown := true; grown; {
		grown = false
		for i, c := range cells {
			if take[i] || !imports(c.Source()) && !slices.ContainsFunc(declares(c.Source()), func(name string) bool { return used[name] }) {
				continue
			}
			take[i], grown = true, true
			uses(c.Source(), used)
		}
	}
	var out []*notebook.Cell
	for i, c := range cells {
		if take[i] {
			out = append(out, c)
		}
	}
	return out
}

func imports(source string) bool {
	_, code := cell.Directives(source)
	return slices.ContainsFunc(cell.Outline(code), func(p cell.Part) bool { return p.Kind == cell.ImportPart })
}

// declares are the names of a cell's top level; a method declares its type.
func declares(source string) (names []string) {
	_, code := cell.Directives(source)
	for _, p := range cell.Outline(code) {
		switch {
		case p.Kind == cell.ImportPart, p.Kind == cell.PackagePart:
		case p.Recv != "":
			names = append(names, p.Recv)
		default:
			names = append(names, p.Names...)
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "_" || name == "err" })
}

func uses(source string, used map[string]bool) {
	_, code := cell.Directives(source)
	cell.Identifiers(code, func(name string) { used[name] = true })
}

func empty() *notebook.Notebook {
	nb, err := notebook.Parse([]byte(`{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}`))
	if err != nil {
		panic(err) // it is a constant
	}
	return nb
}
