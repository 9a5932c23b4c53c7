package plots

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Interleaving shows a table of steps as a picture: one row per moment, the first columns belong to threads, the
// others to what they share. A thread's steps have the thread's colour.
type Interleaving struct {
	header  []string
	rows    [][]string
	threads int
	marked  int
	theme   Theme
}

// NewInterleaving makes the picture of a table of plain strings. The first threads columns are threads. marked is
// the row that goes wrong, from 0, or -1. It returns [ErrEmpty], or [ErrShape] if a row does not fit the header or
// threads or marked do not fit the table.
func NewInterleaving(header []string, rows [][]string, threads, marked int) (*Interleaving, error) {
	if len(header) == 0 || len(rows) == 0 {
		return nil, fmt.Errorf("interleaving: %w", ErrEmpty)
	}
	if threads < 0 || threads > len(header) || marked < -1 || marked >= len(rows) {
		return nil, fmt.Errorf("interleaving: %d threads, row %d marked: %w", threads, marked, ErrShape)
	}
	t := &Interleaving{header: slices.Clone(header), threads: threads, marked: marked, theme: Notebook()}
	for i, r := range rows {
		if len(r) != len(header) {
			return nil, fmt.Errorf("interleaving: row %d has %d cells for %d columns: %w", i+1, len(r), len(header), ErrShape)
		}
		t.rows = append(t.rows, slices.Clone(r))
	}
	return t, nil
}

// DataRange is one unit a row.
func (t *Interleaving) DataRange() (xmin, xmax, ymin, ymax float64) {
	return 0, 1, -float64(len(t.rows)), 1
}

// Layout hides the axes.
func (t *Interleaving) Layout(p *plot.Plot, theme Theme) {
	t.theme = theme
	p.X.Label.Text, p.Y.Label.Text = "", ""
	p.HideAxes()
}

// Plot draws the table. Columns are as wide as their widest text; letters shrink when rows or columns are many.
func (t *Interleaving) Plot(c draw.Canvas, p *plot.Plot) {
	height := (c.Max.Y - c.Min.Y) / vg.Length(len(t.rows)+1)
	size := min(t.theme.Label, float64(height)/pointsPerPixel*0.62)
	widths, total := t.widths(size)
	if room := c.Max.X - c.Min.X; total > room {
		size *= float64(room / total)
		widths, total = t.widths(size)
	}
	spare := (c.Max.X - c.Min.X - total) / vg.Length(len(t.header))
	height = min(height, px(size*2.2))
	style := at(t.theme.letters(size, ink), text.XLeft, text.YCenter)
	top := c.Max.Y
	for i := -1; i < len(t.rows); i++ {
		x := c.Min.X
		cells := t.header
		if i >= 0 {
			cells = t.rows[i]
		}
		for k, cell := range cells {
			w := widths[k] + spare
			s := style
			switch {
			case i < 0:
				s = bold(s)
			case k < t.threads && cell != "":
				box(c, Color(k), x+px(1), top-height+px(1), x+w-px(1), top-px(1))
				s.Color = on(Color(k))
			}
			c.FillText(s, vg.Point{X: x + px(size*0.6), Y: top - height/2 + px(size*0.08)}, cell)
			x += w
		}
		line := draw.LineStyle{Color: faint, Width: px(t.theme.Line / 2)}
		if i < 0 {
			line.Color = dim
		}
		c.StrokeLine2(line, c.Min.X, top-height, c.Max.X, top-height)
		if i >= 0 && i == t.marked {
			outline(c, draw.LineStyle{Color: ink, Width: px(t.theme.Line)}, c.Min.X, top-height, c.Max.X, top)
		}
		top -= height
	}
}

// widths returns the width of each column at a letter size, and their sum.
func (t *Interleaving) widths(size float64) (list []vg.Length, total vg.Length) {
	style := bold(t.theme.letters(size, ink))
	for k := range t.header {
		w := style.Width(t.header[k])
		for _, r := range t.rows {
			w = max(w, style.Width(r[k]))
		}
		list = append(list, w+px(size*1.2))
		total += list[k]
	}
	return list, total
}

// Keys are none: the columns are named.
func (t *Interleaving) Keys() []Key { return nil }

// Note says that time runs down.
func (t *Interleaving) Note() string {
	if t.marked >= 0 {
		return "time runs downwards; the framed row is where it goes wrong"
	}
	return "time runs downwards"
}

// Alt reads the table row by row.
func (t *Interleaving) Alt() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Table of %d moments.", len(t.rows))
	for i, r := range t.rows {
		var parts []string
		for k, cell := range r {
			if cell != "" {
				parts = append(parts, t.header[k]+": "+cell)
			}
		}
		fmt.Fprintf(&b, " Row %d: %s.", i+1, strings.Join(parts, ", "))
	}
	return b.String()
}

// Table returns a copy of the table itself.
func (t *Interleaving) Table() (header []string, rows [][]string) {
	for _, r := range t.rows {
		rows = append(rows, slices.Clone(r))
	}
	return slices.Clone(t.header), rows
}
