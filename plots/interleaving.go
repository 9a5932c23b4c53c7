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
	n := &Interleaving{header: slices.Clone(header), threads: threads, marked: marked}
	for i, r := range rows {
		if len(r) != len(header) {
			return nil, fmt.Errorf("interleaving: row %d has %d cells for %d columns: %w", i+1, len(r), len(header), ErrShape)
		}
		n.rows = append(n.rows, slices.Clone(r))
	}
	return n, nil
}

// DataRange is one unit a row.
func (n *Interleaving) DataRange() (xmin, xmax, ymin, ymax float64) {
	return 0, 1, -float64(len(n.rows)), 1
}

// Layout hides the axes.
func (n *Interleaving) Layout(p *plot.Plot, t Theme) {
	p.X.Label.Text, p.Y.Label.Text = "", ""
	p.HideAxes()
}

// Draw draws the table. Columns are as wide as their widest text; letters shrink when rows or columns are many.
func (n *Interleaving) Draw(c draw.Canvas, p *plot.Plot, t Theme) {
	height := (c.Max.Y - c.Min.Y) / vg.Length(len(n.rows)+1)
	size := min(t.Label, float64(height)/pointsPerPixel*0.62)
	widths, total := n.widths(t, size)
	if room := c.Max.X - c.Min.X; total > room {
		size *= float64(room / total)
		widths, total = n.widths(t, size)
	}
	spare := (c.Max.X - c.Min.X - total) / vg.Length(len(n.header))
	height = min(height, px(size*2.2))
	style := at(t.letters(size, ink), text.XLeft, text.YCenter)
	top := c.Max.Y
	for i := -1; i < len(n.rows); i++ {
		x := c.Min.X
		cells := n.header
		if i >= 0 {
			cells = n.rows[i]
		}
		for k, cell := range cells {
			w := widths[k] + spare
			s := style
			switch {
			case i < 0:
				s = bold(s)
			case k < n.threads && cell != "":
				box(c, Color(k), x+px(1), top-height+px(1), x+w-px(1), top-px(1))
				s.Color = on(Color(k))
			}
			c.FillText(s, vg.Point{X: x + px(size*0.6), Y: top - height/2 + px(size*0.08)}, cell)
			x += w
		}
		line := draw.LineStyle{Color: faint, Width: px(t.Line / 2)}
		if i < 0 {
			line.Color = dim
		}
		c.StrokeLine2(line, c.Min.X, top-height, c.Max.X, top-height)
		if i >= 0 && i == n.marked {
			outline(c, draw.LineStyle{Color: ink, Width: px(t.Line)}, c.Min.X, top-height, c.Max.X, top)
		}
		top -= height
	}
}

// widths returns the width of each column at a letter size, and their sum.
func (n *Interleaving) widths(t Theme, size float64) (list []vg.Length, total vg.Length) {
	style := bold(t.letters(size, ink))
	for k := range n.header {
		w := style.Width(n.header[k])
		for _, r := range n.rows {
			w = max(w, style.Width(r[k]))
		}
		list = append(list, w+px(size*1.2))
		total += list[k]
	}
	return list, total
}

// Keys are none: the columns are named.
func (n *Interleaving) Keys() []Key { return nil }

// Note says that time runs down.
func (n *Interleaving) Note() string {
	if n.marked >= 0 {
		return "time runs downwards; the framed row is where it goes wrong"
	}
	return "time runs downwards"
}

// Alt reads the table row by row.
func (n *Interleaving) Alt() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Table of %d moments.", len(n.rows))
	for i, r := range n.rows {
		var parts []string
		for k, cell := range r {
			if cell != "" {
				parts = append(parts, n.header[k]+": "+cell)
			}
		}
		fmt.Fprintf(&b, " Row %d: %s.", i+1, strings.Join(parts, ", "))
	}
	return b.String()
}

// Table returns a copy of the table itself.
func (n *Interleaving) Table() (header []string, rows [][]string) {
	for _, r := range n.rows {
		rows = append(rows, slices.Clone(r))
	}
	return slices.Clone(n.header), rows
}
