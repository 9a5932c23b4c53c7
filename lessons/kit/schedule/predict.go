package schedule

import (
	"fmt"
	"slices"
	"strings"
)

// Quiz is a table whose values are hidden until the reader has said what they are.
type Quiz struct {
	table *Table
	open  []bool // by row
	right int
	asked int
}

// Predict hides the values of the run, except those of the start.
func (r *Run) Predict(words ...Words) *Quiz {
	t := r.Table(words...)
	q := &Quiz{table: t, open: make([]bool, len(t.Rows))}
	q.open[0] = true
	return q
}

// Next is the row to answer next, from 1; 0 when all are answered.
func (q *Quiz) Next() int { return max(0, slices.Index(q.open, false)) }

// Answer says what the values of the next row are, one for each column that is not a thread, arrows left out.
// The row opens whether or not they are right; the message says what is wrong, and is empty if nothing is.
func (q *Quiz) Answer(values ...any) (right bool, message string) {
	row := q.Next()
	if row == 0 {
		return false, "every row is answered"
	}
	want, names := q.table.Rows[row][q.table.Threads:], q.table.Header[q.table.Threads:]
	if len(values) != len(want) {
		return false, fmt.Sprintf("give %d values: %s", len(want), strings.Join(names, ", "))
	}
	q.open[row] = true
	q.asked++
	var wrong []string
	for i, v := range values {
		if is := bare(want[i]); fmt.Sprint(v) != is {
			wrong = append(wrong, fmt.Sprintf("%s is %s, not %v", names[i], is, v))
		}
	}
	if len(wrong) > 0 {
		return false, fmt.Sprintf("step %d: %s", row, strings.Join(wrong, "; "))
	}
	q.right++
	return true, ""
}

// bare is a cell without its arrow.
func bare(cell string) string {
	for _, a := range arrows[1:] {
		cell = strings.TrimPrefix(cell, a)
	}
	return cell
}

// Score is how many of the rows that were answered were right.
func (q *Quiz) Score() (right, asked int) { return q.right, q.asked }

// Reveal opens every row; they count neither as right nor as answered.
func (q *Quiz) Reveal() {
	for i := range q.open {
		q.open[i] = true
	}
}

// Table is the table with the hidden values as question marks. Its caption tells the end only once every row is
// open.
func (q *Quiz) Table() *Table {
	t := *q.table
	t.Rows = slices.Clone(t.Rows)
	for i, open := range q.open {
		if open {
			continue
		}
		t.Rows[i] = slices.Clone(t.Rows[i])
		for c := t.Threads; c < len(t.Header); c++ {
			t.Rows[i][c] = t.words.Hidden
		}
		t.Caption, t.Failing = "", false
	}
	return &t
}

// String is the table as text.
func (q *Quiz) String() string { return q.Table().String() }

// SimpleRender is what a notebook shows.
func (q *Quiz) SimpleRender() map[string]any { return q.Table().SimpleRender() }
