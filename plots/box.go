package plots

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Box shows many values per group as a box from the first to the third quartile with the median, whiskers to the
// smallest and the largest value, and all values as points. No value is called an outlier.
type Box struct{ Strip }

// NewBox makes a box plot of values in unit. It returns [ErrEmpty] or [ErrNotFinite].
func NewBox(unit string, groups ...Group) (*Box, error) { return newBox(unit, false, groups) }

// NewLogBox is [NewBox] with a logarithmic axis; it also returns [ErrNotPositive].
func NewLogBox(unit string, groups ...Group) (*Box, error) { return newBox(unit, true, groups) }

func newBox(unit string, log bool, groups []Group) (*Box, error) {
	s, err := newStrip(unit, log, groups)
	if err != nil {
		return nil, fmt.Errorf("box: %w", err)
	}
	return &Box{*s}, nil
}

// quartiles returns the quartiles by the definition of [quantile].
func quartiles(values []float64) (q1, q3 float64) {
	sorted := slices.Sorted(slices.Values(values))
	return quantile(sorted, 0.25), quantile(sorted, 0.75)
}

// Draw draws boxes above the points.
func (b *Box) Draw(c draw.Canvas, p *plot.Plot, t Theme) {
	t = t.crowded(c, len(b.groups))
	rulesX(c, p, t)
	x := func(v float64) vg.Length { return c.X(p.X.Norm(v)) }
	black := draw.LineStyle{Color: ink, Width: px(t.Line * 0.75)}
	for i, g := range b.groups {
		row := -float64(i)
		y := func(v float64) vg.Length { return c.Y(p.Y.Norm(row + v)) }
		q1, q3 := quartiles(g.Values)
		lo, hi := slices.Min(g.Values), slices.Max(g.Values)
		c.StrokeLine2(black, x(lo), y(0.2), x(q1), y(0.2))
		c.StrokeLine2(black, x(q3), y(0.2), x(hi), y(0.2))
		c.StrokeLine2(black, x(lo), y(0.12), x(lo), y(0.28))
		c.StrokeLine2(black, x(hi), y(0.12), x(hi), y(0.28))
		box(c, soft(Color(i), 0.35), x(q1), y(0.05), x(q3), y(0.35))
		outline(c, black, x(q1), y(0.05), x(q3), y(0.35))
		thick := black
		thick.Width *= 2.5
		c.StrokeLine2(thick, x(b.sums[i].Median), y(0.05), x(b.sums[i].Median), y(0.35))
		dot := t.dot(soft(Color(i), 0.8))
		dot.Radius *= 0.7
		for j, v := range g.Values {
			c.DrawGlyph(dot, vg.Point{X: x(v), Y: y(-0.2 + 0.6*jitter(j))})
		}
	}
}

// Keys explain the marks.
func (b *Box) Keys() []Key {
	return []Key{{"middle half, with median", soft(blue, 0.35), Area}, {"smallest to largest", ink, Line}, {"one value", dim, Dot}}
}

// Alt gives the quartiles beside the median.
func (b *Box) Alt() string {
	var s strings.Builder
	fmt.Fprintf(&s, "Box plot of %d groups in %s.", len(b.groups), b.unit)
	for i, g := range b.groups {
		q1, q3 := quartiles(g.Values)
		fmt.Fprintf(&s, " %s: %s, middle half %s to %s, range %s to %s.", g.Name, b.sums[i],
			number(q1), number(q3), number(slices.Min(g.Values)), number(slices.Max(g.Values)))
	}
	return s.String()
}
