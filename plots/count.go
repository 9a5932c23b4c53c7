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

// Outcome is how many of all cases ended in one way.
type Outcome struct {
	Name  string
	Count int
}

// Count shows exact counts, such as the final values over all schedules, as bars with their number. It is not for
// measurements: these vary, counts of an enumeration do not.
type Count struct {
	what     string
	outcomes []Outcome
}

// NewCount makes a count chart; what names the cases counted, such as "schedules". It returns [ErrEmpty], or
// [ErrShape] for a negative count or if all are zero.
func NewCount(what string, outcomes ...Outcome) (*Count, error) {
	if len(outcomes) == 0 {
		return nil, fmt.Errorf("count: %w", ErrEmpty)
	}
	n := &Count{what: what, outcomes: slices.Clone(outcomes)}
	for _, o := range outcomes {
		if o.Count < 0 {
			return nil, fmt.Errorf("count: %q has %d: %w", o.Name, o.Count, ErrShape)
		}
	}
	if n.sum() == 0 {
		return nil, fmt.Errorf("count: all counts are zero: %w", ErrShape)
	}
	return n, nil
}

func (n *Count) sum() (total int) {
	for _, o := range n.outcomes {
		total += o.Count
	}
	return total
}

// DataRange covers the bars from 0; rows are at y = 0, -1, -2, ...
func (n *Count) DataRange() (xmin, xmax, ymin, ymax float64) {
	for _, o := range n.outcomes {
		xmax = max(xmax, float64(o.Count))
	}
	return 0, xmax * 1.12, 0.5 - float64(len(n.outcomes)), 0.5
}

// Layout names the rows.
func (n *Count) Layout(p *plot.Plot, t Theme) {
	names := make([]string, len(n.outcomes))
	for i, o := range n.outcomes {
		names[i] = o.Name
	}
	lanes(&p.Y, names)
	p.X.Min = 0
	p.X.Tick.Marker = wholeFrom0{}
	if p.X.Label.Text == "" {
		p.X.Label.Text = n.what
	}
}

// wholeFrom0 labels whole numbers, zero among them.
type wholeFrom0 struct{}

func (wholeFrom0) Ticks(lo, hi float64) []plot.Tick {
	return slices.DeleteFunc(ticks{}.Ticks(lo, hi), func(t plot.Tick) bool { return t.Value != float64(int(t.Value)) })
}

// Draw draws bars and counts.
func (n *Count) Draw(c draw.Canvas, p *plot.Plot, t Theme) {
	rulesX(c, p, t)
	style := at(bold(t.letters(t.Label, ink)), text.XLeft, text.YCenter)
	for i, o := range n.outcomes {
		row := -float64(i)
		x := c.X(p.X.Norm(float64(o.Count)))
		half := min(0.3, 40/float64(c.Max.Y-c.Min.Y)*float64(len(n.outcomes)))
		box(c, Color(i), c.Min.X, c.Y(p.Y.Norm(row-half)), x, c.Y(p.Y.Norm(row+half)))
		halo(c, style, vg.Point{X: x + t.em(0.4), Y: c.Y(p.Y.Norm(row)) + t.em(0.08)}, fmt.Sprint(o.Count))
	}
}

// Keys are none: the rows are named.
func (n *Count) Keys() []Key { return nil }

// Note states that the counts are exact.
func (n *Count) Note() string { return fmt.Sprintf("exact counts of all %d %s", n.sum(), n.what) }

// Alt gives the counts.
func (n *Count) Alt() string {
	var parts []string
	for _, o := range n.outcomes {
		parts = append(parts, fmt.Sprintf("%s: %d", o.Name, o.Count))
	}
	return fmt.Sprintf("Counts of %d %s. %s.", n.sum(), n.what, strings.Join(parts, ", "))
}

// Table has one row per outcome.
func (n *Count) Table() (header []string, rows [][]string) {
	for _, o := range n.outcomes {
		rows = append(rows, []string{o.Name, fmt.Sprint(o.Count), number(float64(o.Count) / float64(n.sum()))})
	}
	return []string{"outcome", n.what, "share"}, rows
}
