// Package seed says where in the notebooks each thing of the talk is that they re-tell: the seed map.
//
// The map is seedmap.csv. A line has the row (the number of the slide; below a dot a part of it, such as a leaf of
// the decision chart), what it is, and the cell that has it: notebook, id, and the evidence that the cell must hold.
// [Check] says which lines are not true of a notebook. It is given cells, not files, so that a test can run it on what
// is committed and another on what has just been run. The package starts no goroutine.
package seed

import (
	_ "embed" // the map
	"encoding/csv"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Row is a line of the map.
type Row struct {
	Row, Item string
	Notebook  string         // its number, such as "05"
	Cell      string         // id
	MIME      string         // a form that the cell's output must have; "" for none in particular
	Pattern   *regexp.Regexp // that the source of a text cell, or the output of a code cell, must match
}

// String names the line.
func (r Row) String() string {
	return fmt.Sprintf("row %s (%s), %s %s", r.Row, r.Item, r.Notebook, r.Cell)
}

// Cell is a cell of a notebook as far as the map is concerned.
type Cell struct {
	ID     string
	Code   bool
	Source string
	Output string   // of a code cell: its streams, and the text and HTML of what it shows, but not its standard error
	MIME   []string // of a code cell: the forms of what it shows
	Failed bool     // it ended with an error
}

// Show adds a form of what the cell shows. Only text is kept, and no picture in it: among its letters a pattern may
// find anything.
func (c *Cell) Show(mime, value string) {
	c.MIME = append(c.MIME, mime)
	if !strings.HasPrefix(mime, "text/") {
		return
	}
	c.Output += "\n"
	for {
		before, picture, found := strings.Cut(value, ";base64,")
		c.Output += before
		if !found {
			return
		}
		value = strings.TrimLeft(picture, letters)
	}
}

// letters are those of base64.
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="

//go:embed seedmap.csv
var text string

// header is the first line of the map.
var header = []string{"row", "item", "notebook", "cell", "mime", "pattern"}

// Rows is the map in the order of the file.
func Rows() ([]Row, error) { return parse(text) }

func parse(text string) ([]Row, error) {
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("seed map: %w", err)
	}
	if len(lines) == 0 || !slices.Equal(lines[0], header) {
		return nil, fmt.Errorf("seed map: the first line is not %q", header)
	}
	var rows []Row
	for i, l := range lines[1:] {
		pattern, err := regexp.Compile(l[5])
		if err != nil {
			return nil, fmt.Errorf("seed map: line %d: %w", i+2, err)
		}
		if l[0] == "" || l[1] == "" || len(l[2]) != 2 || l[3] == "" || l[4] == "" && l[5] == "" {
			return nil, fmt.Errorf("seed map: line %d: %q has no row, item, notebook, cell or evidence", i+2, l)
		}
		rows = append(rows, Row{Row: l[0], Item: l[1], Notebook: l[2], Cell: l[3], MIME: l[4], Pattern: pattern})
	}
	return rows, nil
}

// Check returns every reason why the lines of a notebook are not true of its cells, joined: a cell that is missing, has
// failed or has no output, and evidence that is not there.
func Check(rows []Row, notebook string, cells []Cell) error {
	var faults []error
	for _, r := range rows {
		if r.Notebook != notebook {
			continue
		}
		i := slices.IndexFunc(cells, func(c Cell) bool { return c.ID == r.Cell })
		if i < 0 {
			faults = append(faults, fmt.Errorf("%v: there is no such cell", r))
			continue
		}
		if fault := r.check(cells[i]); fault != "" {
			faults = append(faults, fmt.Errorf("%v: %s", r, fault))
		}
	}
	return errors.Join(faults...)
}

// check says why the line is not true of its cell; "" if it is.
func (r Row) check(c Cell) string {
	evidence := c.Source
	if c.Code {
		evidence = c.Output
		switch {
		case c.Failed:
			return "the cell failed"
		case c.Output == "" && len(c.MIME) == 0:
			return "the cell has no output"
		}
	}
	if r.MIME != "" && !slices.Contains(c.MIME, r.MIME) {
		return fmt.Sprintf("the cell shows %q, and no %s", c.MIME, r.MIME)
	}
	if !r.Pattern.MatchString(evidence) {
		if len(evidence) > 600 {
			evidence = evidence[:600] + " …"
		}
		return fmt.Sprintf("nothing matches %q in:\n%s", r.Pattern, evidence)
	}
	return ""
}
