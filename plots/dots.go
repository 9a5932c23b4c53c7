package plots

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Dots shows costs over decades: one row per group on a logarithmic axis, with the median as a large dot, its
// interval, and every run as a faint tick. The number stands at the right end.
type Dots struct {
	Strip
}

// NewDots makes a log dot plot of positive values in unit. It returns [ErrEmpty], [ErrNotFinite] or
// [ErrNotPositive].
func NewDots(unit string, groups ...Group) (*Dots, error) {
	s, err := newStrip(unit, true, groups)
	if err != nil {
		return nil, fmt.Errorf("dots: %w", err)
	}
	return &Dots{Strip: *s}, nil
}

// Layout leaves room for the numbers.
func (d *Dots) Layout(p *plot.Plot, t Theme) {
	d.Strip.Layout(p, t)
	p.X.Max = min(p.X.Max*1.6, math.MaxFloat64)
}

// Draw draws ticks, intervals and medians.
func (d *Dots) Draw(c draw.Canvas, p *plot.Plot, t Theme) {
	rulesX(c, p, t)
	// The number stands above its dot where a row is high enough, as it does in a strip.
	above := (c.Max.Y-c.Min.Y)/vg.Length(len(d.groups)) >= t.em(2.6)
	style := at(t.letters(t.Tick*0.95, ink), text.XLeft, text.YCenter)
	for i, g := range d.groups {
		y, s := c.Y(p.Y.Norm(-float64(i))), d.sums[i]
		c.StrokeLine2(t.thin(), c.Min.X, y, c.Max.X, y)
		half := t.em(0.55)
		for _, v := range g.Values {
			x := c.X(p.X.Norm(v))
			c.StrokeLine2(draw.LineStyle{Color: soft(blue, 0.5), Width: px(t.Line / 2)}, x, y-half, x, y+half)
		}
		x := c.X(p.X.Norm(s.Median))
		right := c.X(p.X.Norm(slices.Max(g.Values)))
		if s.Claimed {
			c.StrokeLine2(t.line(ink), c.X(p.X.Norm(s.Lo)), y, c.X(p.X.Norm(s.Hi)), y)
		}
		disc(c, blue, vg.Point{X: x, Y: y}, px(t.Dot*1.5))
		for _, v := range g.Rings {
			ring(c, t, ink, vg.Point{X: c.X(p.X.Norm(v)), Y: y})
		}
		label := number(s.Median) + " " + d.unit
		if above {
			high := at(style, text.XCenter, text.YBottom)
			wide := high.Width(label) / 2
			halo(c, high, vg.Point{X: min(max(x, c.Min.X+wide), c.Max.X-wide), Y: y + half + t.em(0.1)}, label)
			continue
		}
		left := min(x-px(t.Dot*1.5), c.X(p.X.Norm(slices.Min(g.Values))))
		pos := beside(c, style.Width(label), left, max(right, x+px(t.Dot*1.5)), t.em(0.6))
		halo(c, style, vg.Point{X: pos, Y: y + t.em(0.08)}, label)
	}
}

// Keys explain the marks.
func (d *Dots) Keys() []Key {
	return []Key{{"median", blue, Dot}, {"interval", ink, Line}, {"runs", soft(blue, 0.5), Line}}
}

// Alt gives the median, interval and n of each group.
func (d *Dots) Alt() string {
	return strings.Replace(d.Strip.Alt(), "Strip chart", "Dot plot on a logarithmic axis", 1)
}
