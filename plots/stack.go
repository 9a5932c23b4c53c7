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

// Bar is one variant whose value has parts. Parts[i][r] is part i in run r; all parts have the same runs.
type Bar struct {
	Name  string
	Parts [][]float64
}

// Stack shows of which parts a value consists, such as start, transfer and work: a bar of the parts' medians for
// each variant, and below it every run's total with median and interval, because a bar alone hides the spread.
// The medians of the parts need not add up to the median of the totals.
type Stack struct {
	unit   string
	parts  []string
	bars   []Bar
	middle [][]float64 // [bar][part] medians
	totals [][]float64 // [bar][run]
	sums   []summary   // of the totals
}

// NewStack makes a stacked bar chart of values in unit. It returns [ErrEmpty], [ErrNotFinite], or [ErrShape] if a
// bar does not have all parts, its parts differ in the number of runs, or a value is negative.
func NewStack(unit string, parts []string, bars ...Bar) (*Stack, error) {
	if len(parts) == 0 || len(bars) == 0 {
		return nil, fmt.Errorf("stack: %w", ErrEmpty)
	}
	s := &Stack{unit: unit, parts: slices.Clone(parts), bars: slices.Clone(bars)}
	for _, b := range bars {
		if len(b.Parts) != len(parts) {
			return nil, fmt.Errorf("stack: bar %q has %d parts of %d: %w", b.Name, len(b.Parts), len(parts), ErrShape)
		}
		totals := make([]float64, len(b.Parts[0]))
		var middle []float64
		for i, runs := range b.Parts {
			what := fmt.Sprintf("stack: bar %q, part %q", b.Name, parts[i])
			if err := finite(what, runs...); err != nil {
				return nil, err
			}
			if len(runs) != len(totals) || slices.Min(runs) < 0 {
				return nil, fmt.Errorf("%s: %d runs of %d, smallest %v: %w", what, len(runs), len(totals), slices.Min(runs), ErrShape)
			}
			for r, v := range runs {
				totals[r] += v
			}
			middle = append(middle, summarize(runs).Median)
		}
		s.middle, s.totals = append(s.middle, middle), append(s.totals, totals)
		s.sums = append(s.sums, summarize(totals))
	}
	return s, nil
}

// DataRange covers the totals and the bars, from 0.
func (s *Stack) DataRange() (xmin, xmax, ymin, ymax float64) {
	for i := range s.bars {
		sum := 0.0
		for _, m := range s.middle[i] {
			sum += m
		}
		xmax = math.Max(xmax, math.Max(sum, slices.Max(s.totals[i])))
	}
	return 0, xmax * 1.05, 0.5 - float64(len(s.bars)), 0.5
}

// Layout names the rows.
func (s *Stack) Layout(p *plot.Plot, t Theme) {
	names := make([]string, len(s.bars))
	for i, b := range s.bars {
		names[i] = b.Name
	}
	lanes(&p.Y, names)
	p.X.Min = 0
	if p.X.Label.Text == "" {
		p.X.Label.Text = s.unit
	}
}

// Draw draws bars, totals and intervals. A part is labelled with its median where the number fits.
func (s *Stack) Draw(c draw.Canvas, p *plot.Plot, t Theme) {
	t = t.crowded(c, len(s.bars))
	rulesX(c, p, t)
	x := func(v float64) vg.Length { return c.X(p.X.Norm(v)) }
	for i := range s.bars {
		y := func(v float64) vg.Length { return c.Y(p.Y.Norm(v - float64(i))) }
		from := 0.0
		for k, m := range s.middle[i] {
			box(c, Color(k), x(from), y(-0.05), x(from+m), y(0.38))
			style := at(t.letters(t.Tick*0.95, on(Color(k))), text.XCenter, text.YCenter)
			if label := number(m); style.Width(label)+t.em(0.5) < x(from+m)-x(from) {
				c.FillText(style, vg.Point{X: x(from + m/2), Y: y(0.165) + t.em(0.08)}, label)
			}
			from += m
		}
		dot := t.dot(soft(dim, 0.6))
		dot.Radius *= 0.75
		for j, v := range s.totals[i] {
			c.DrawGlyph(dot, vg.Point{X: x(v), Y: y(-0.27 + 0.45*jitter(j))})
		}
		black, cap := t.line(ink), px(t.Dot*1.1)
		if sum := s.sums[i]; sum.Claimed {
			c.StrokeLine2(black, x(sum.Lo), y(-0.13), x(sum.Hi), y(-0.13))
			c.StrokeLine2(black, x(sum.Lo), y(-0.13)-cap, x(sum.Lo), y(-0.13)+cap)
			c.StrokeLine2(black, x(sum.Hi), y(-0.13)-cap, x(sum.Hi), y(-0.13)+cap)
		}
		black.Width *= 1.8
		c.StrokeLine2(black, x(s.sums[i].Median), y(-0.13)-2*cap, x(s.sums[i].Median), y(-0.13)+2*cap)
	}
}

// Keys name the parts.
func (s *Stack) Keys() []Key {
	var keys []Key
	for i, name := range s.parts {
		keys = append(keys, Key{name, Color(i), Area})
	}
	return append(keys, Key{"total of one run", soft(dim, 0.6), Dot}, Key{"median and interval", ink, Line})
}

// Note states n and the interval.
func (s *Stack) Note() string { return "parts: medians; totals: " + note(s.sums) }

// Alt gives totals and parts.
func (s *Stack) Alt() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Stacked bars of %d variants in %s.", len(s.bars), s.unit)
	for i, bar := range s.bars {
		var parts []string
		for k, m := range s.middle[i] {
			parts = append(parts, s.parts[k]+" "+number(m))
		}
		fmt.Fprintf(&b, " %s: total %s; %s.", bar.Name, s.sums[i], strings.Join(parts, ", "))
	}
	return b.String()
}

// Table has one row per bar.
func (s *Stack) Table() (header []string, rows [][]string) {
	for i, bar := range s.bars {
		row := append([]string{bar.Name}, s.sums[i].cells()...)
		for _, m := range s.middle[i] {
			row = append(row, number(m))
		}
		rows = append(rows, row)
	}
	header = []string{"variant", "n", "total (median, " + s.unit + ")", "low", "high"}
	for _, p := range s.parts {
		header = append(header, p+" (median)")
	}
	return header, rows
}
