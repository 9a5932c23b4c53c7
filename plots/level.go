package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"interleave/plots/stats"
)

// Level is what was measured with N workers, or requests at once, or CPUs.
type Level struct {
	N      float64
	Values []float64
}

// Model is a formula drawn as a grey dashed line, named as a model.
type Model struct {
	Name string
	At   func(n float64) float64
}

// Ideal is speed-up n with n workers.
func Ideal() Model { return Model{"ideal", func(n float64) float64 { return n }} }

// Amdahl is the speed-up of a fixed job of which the share serial (0 to 1) cannot be divided: 1/(s + (1-s)/n).
func Amdahl(serial float64) Model {
	return Model{fmt.Sprintf("Amdahl, s=%s", number(serial)), stats.Amdahl(serial)}
}

// Gustafson is the speed-up when the job grows with n and the share serial of its time cannot be divided: n - s(n-1).
func Gustafson(serial float64) Model {
	return Model{fmt.Sprintf("Gustafson, s=%s", number(serial)), stats.Gustafson(serial)}
}

// USL is the universal scalability law with contention a and coherency cost b: n/(1 + a(n-1) + bn(n-1)).
func USL(a, b float64) Model {
	return Model{fmt.Sprintf("USL, a=%s b=%s", number(a), number(b)), stats.USL(a, b)}
}

// levels is measured levels in ascending order of N, with their summaries.
type levels struct {
	list []Level
	sums []summary
}

// newLevels copies, checks and sorts levels; log says that N goes on a logarithmic axis.
func newLevels(list []Level, log bool) (levels, error) {
	if len(list) == 0 {
		return levels{}, ErrEmpty
	}
	test := finite
	if log {
		test = positive
	}
	l := levels{list: slices.Clone(list)}
	for i, v := range l.list {
		if err := test("level", v.N); err != nil {
			return levels{}, err
		}
		if err := finite(fmt.Sprintf("level %s", number(v.N)), v.Values...); err != nil {
			return levels{}, err
		}
		l.list[i].Values = slices.Clone(v.Values)
	}
	slices.SortStableFunc(l.list, func(a, b Level) int { return cmp.Compare(a.N, b.N) })
	for i, v := range l.list {
		if i > 0 && l.list[i-1].N == v.N {
			return levels{}, fmt.Errorf("level %s twice: %w", number(v.N), ErrShape)
		}
		l.sums = append(l.sums, summarize(v.Values))
	}
	return l, nil
}

func (l levels) first() float64 { return l.list[0].N }
func (l levels) last() float64  { return l.list[len(l.list)-1].N }

func (l levels) highest() float64 {
	top := math.Inf(-1)
	for _, v := range l.list {
		top = max(top, slices.Max(v.Values))
	}
	return top
}

// plot draws every value faintly, the medians joined by a line, and the intervals.
func (l levels) plot(c draw.Canvas, p *plot.Plot, t Theme) {
	var line []vg.Point
	small := t.dot(soft(blue, 0.45))
	small.Radius *= 0.75
	for i, v := range l.list {
		x := c.X(p.X.Norm(v.N))
		for j, y := range v.Values {
			c.DrawGlyph(small, vg.Point{X: x + t.em(1.6*jitter(j)), Y: c.Y(p.Y.Norm(y))})
		}
		line = append(line, vg.Point{X: x, Y: c.Y(p.Y.Norm(l.sums[i].Median))})
	}
	c.StrokeLines(t.line(blue), line)
	for i, s := range l.sums {
		if s.Claimed {
			x, lo, hi := line[i].X, c.Y(p.Y.Norm(s.Lo)), c.Y(p.Y.Norm(s.Hi))
			black, cap := t.line(ink), px(t.Dot*1.2)
			c.StrokeLine2(black, x, lo, x, hi)
			c.StrokeLine2(black, x-cap, lo, x+cap, lo)
			c.StrokeLine2(black, x-cap, hi, x+cap, hi)
		}
		disc(c, blue, line[i], px(t.Dot*1.25))
	}
}

// curve draws a model from one n to another, inside the canvas only.
func curve(c draw.Canvas, p *plot.Plot, style draw.LineStyle, m Model, from, to float64) {
	const steps = 200
	var pts []vg.Point
	for i := range steps + 1 {
		n := from + (to-from)*float64(i)/steps
		if p.X.Scale == (logScale{}) {
			n = from * math.Pow(to/from, float64(i)/steps)
		}
		if y := m.At(n); !math.IsNaN(y) && !math.IsInf(y, 0) {
			pts = append(pts, vg.Point{X: c.X(p.X.Norm(n)), Y: c.Y(p.Y.Norm(y))})
		}
	}
	c.StrokeLines(style, c.ClipLinesXY(pts)...)
}
