package schedule

import (
	"fmt"
	"strconv"
)

// Table counts the outcomes, with a schedule for each. Its threads and rows are not steps.
func (r *Result) Table(words ...Words) *Table {
	w := English()
	if len(words) > 0 {
		w = words[0]
	}
	t := &Table{Header: []string{w.Outcome, w.Count, w.Example}, words: w}
	for _, o := range r.Outcomes {
		t.Rows = append(t.Rows, []string{o.Text, strconv.Itoa(o.Count), o.First.String()})
	}
	t.Caption = fmt.Sprintf("%s: %d", w.Count, r.Schedules)
	if !r.Complete {
		t.Caption += " +"
	}
	return t
}

// String is the table of outcomes and, if there is one, the shortest failing schedule.
func (r *Result) String() string {
	s := r.Table().String()
	if r.Shortest != nil {
		s += "\n" + r.Shortest.Table().String()
	}
	return s
}

// HTML is both tables.
func (r *Result) HTML() string {
	h := r.Table().HTML()
	if r.Shortest != nil {
		h += r.Shortest.Table().HTML()
	}
	return h
}

// SimpleRender is what a notebook shows: both tables.
func (r *Result) SimpleRender() map[string]any {
	return map[string]any{"text/html": r.HTML(), "text/plain": r.String()}
}

// String is the run's table as text.
func (r *Run) String() string { return r.Table().String() }

// HTML is the run's table.
func (r *Run) HTML() string { return r.Table().HTML() }

// SimpleRender is what a notebook shows: the run's table.
func (r *Run) SimpleRender() map[string]any { return r.Table().SimpleRender() }
