package handout

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/txtar"

	"interleave/kernel/internal/notebook"
	"interleave/lessons/exercises"
)

// Exercise is one of a notebook.
type Exercise struct {
	Number string            // "1"
	Title  string            // "You are the scheduler"
	Cells  []string          // ids of the cells to change, in order; the check is called at the end of the last
	Call   string            // the line that calls the check
	Checks int               // how many checks it has, 0 when the notebook was not run
	Solved map[string]string // the solution of each cell, without Call
	Hidden Hidden
}

// Hidden is a check that no notebook has: it is run on answers that came back. Its zero value is no check.
type Hidden struct {
	Name string
	Body string // of a function that returns an error; it sees the answer's variables
}

// All is how many checks a returned answer meets.
func (ex Exercise) All() int {
	if ex.Hidden.Body != "" {
		return ex.Checks + 1
	}
	return ex.Checks
}

var (
	callLine = regexp.MustCompile(`^\w+\.\w+\([^\n]*\)\.Check\(display\.Context\(\), \w+\)$`)
	exCell   = regexp.MustCompile(`^ex-(\d+)(-|$)`)
	title    = regexp.MustCompile(`(?m)^## Exercise \d+ · (.+)$`)
	// Verdict is the last line of what a check shows.
	Verdict = regexp.MustCompile(`(\d+) passed, (\d+) failed(?:, (\d+) inconclusive)?\s*$`)
)

// Exercises are those of a notebook of the workshop, whose file has the given name.
func Exercises(name string, nb *notebook.Notebook) ([]Exercise, error) {
	solved, secret := solutions(name), hidden(name)
	var out []Exercise
	used := 0
	at := func(number string) *Exercise {
		if n := len(out); n == 0 || out[n-1].Number != number {
			out = append(out, Exercise{Number: number, Solved: map[string]string{}, Hidden: secret[number]})
			delete(secret, number)
		}
		return &out[len(out)-1]
	}
	for _, c := range nb.Cells {
		m := exCell.FindStringSubmatch(c.ID())
		if m == nil {
			continue
		}
		ex := at(m[1])
		if t := title.FindStringSubmatch(c.Source()); t != nil && c.Type() == "markdown" {
			ex.Title = t[1]
		}
		text, ok := solved[c.ID()]
		if !ok || c.Type() != "code" {
			continue
		}
		used++
		ex.Cells, ex.Solved[c.ID()] = append(ex.Cells, c.ID()), text
		if _, call := split(c.Source(), ""); call != "" {
			ex.Call, ex.Checks = call, checks(c)
		}
	}
	if used != len(solved) {
		return nil, fmt.Errorf("%s: %d of %d solutions have a cell", name, used, len(solved))
	}
	if len(secret) > 0 {
		return nil, fmt.Errorf("%s: %d hidden checks have no exercise", name, len(secret))
	}
	for _, ex := range out {
		if ex.Call == "" {
			return nil, fmt.Errorf("%s: exercise %s calls no check in a cell that has a solution", name, ex.Number)
		}
	}
	return out, nil
}

// solutions are the texts for a notebook, by cell; there are none for a notebook that is not the workshop's.
func solutions(name string) map[string]string {
	out := map[string]string{}
	for _, f := range sections("solutions", name) {
		out[f.Name] = strings.TrimSpace(string(f.Data))
	}
	return out
}

// hidden are the hidden checks for a notebook, by the number of the exercise.
func hidden(name string) map[string]Hidden {
	out := map[string]Hidden{}
	for _, f := range sections("hidden", name) {
		exercise, check, _ := strings.Cut(f.Name, " ")
		out[strings.TrimPrefix(exercise, "ex-")] = Hidden{check, strings.TrimSpace(string(f.Data))}
	}
	return out
}

// sections are those of the file for a notebook in a folder of the exercises.
func sections(folder, name string) []txtar.File {
	base := path.Base(name)
	if len(base) < 3 || base[2] != '-' {
		return nil
	}
	text, err := exercises.Files.ReadFile(folder + "/" + base[:2] + ".txtar")
	if err != nil {
		return nil // an embedded folder has no other error
	}
	return txtar.Parse(text).Files
}

// split takes the line that calls the check from an answer: the given one or, if that is empty, whatever has its form.
func split(source, call string) (rest, found string) {
	var lines []string
	for line := range strings.SplitSeq(source, "\n") {
		trimmed := strings.TrimSpace(line)
		if call == "" && callLine.MatchString(trimmed) || call != "" && trimmed == call {
			found = trimmed
			continue
		}
		lines = append(lines, line)
	}
	return strings.TrimSpace(strings.Join(lines, "\n")), found
}

// checks is how many checks spoke when a cell was run.
func checks(c *notebook.Cell) int {
	n := 0
	for _, k := range Counts(c) {
		n += k
	}
	return n
}

// Counts are passed, failed and inconclusive, as the result of a cell says; all 0 when it does not.
func Counts(c *notebook.Cell) (counts [3]int) {
	if m := Verdict.FindStringSubmatch(Result(c)); m != nil {
		for i := range counts {
			fmt.Sscan(m[i+1], &counts[i])
		}
	}
	return counts
}

// Result is the text of a cell's value: not what it printed, which may be anything.
func Result(c *notebook.Cell) string {
	for _, o := range slices.Backward(c.Outputs()) {
		if o["output_type"] == "execute_result" {
			data, _ := o["data"].(map[string]any)
			text, _ := data["text/plain"].(string)
			return text
		}
	}
	return ""
}

// origin is where a student edition says which notebook it was made of.
const origin = "interleave_handout"

// Origin is the file name of the notebook that nb was made of, and "" if nb does not say.
func Origin(nb *notebook.Notebook) string {
	name, _ := nb.Metadata()[origin].(string)
	return name
}

// Student makes the student edition of nb, whose file has the given name.
func Student(name string, nb *notebook.Notebook) {
	nb.Cells = slices.DeleteFunc(nb.Cells, func(c *notebook.Cell) bool { return c.Tagged("instructor") })
	for _, c := range nb.Cells {
		c.Clear()
	}
	nb.Metadata()[origin] = path.Base(name)
}

// Instructor puts solutions in the place of what a notebook begins with.
func Instructor(name string, nb *notebook.Notebook) error {
	exercises, err := Exercises(name, nb)
	if err != nil {
		return err
	}
	for _, ex := range exercises {
		for i, id := range ex.Cells {
			c := find(nb, id)
			source := ex.Solved[id]
			if i == len(ex.Cells)-1 {
				source += "\n" + ex.Call
			}
			c.SetSource(source)
			c.Clear()
		}
	}
	nb.Metadata()[origin] = path.Base(name)
	return nil
}

func find(nb *notebook.Notebook, id string) *notebook.Cell {
	if i := slices.IndexFunc(nb.Cells, func(c *notebook.Cell) bool { return c.ID() == id }); i >= 0 {
		return nb.Cells[i]
	}
	return nil
}
