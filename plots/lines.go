package plots

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Series is one line: values at ascending N, which is a time, a size or any other quantity.
type Series struct {
	Name   string
	Levels []Level
}

// Lines shows how values change with a quantity, such as the cost of a message with its size or the number of
// goroutines over time: every value as a point, medians joined by a line, and
// intervals where a level has six values or more.
type Lines struct {
	unit       string
	logX, logY bool
	times      *TimeTicks // N is a point in time
	series     []levels
	names      []string
}

// NewLines makes lines of values in unit. N may be zero or negative. It returns [ErrEmpty], [ErrNotFinite], or
// [ErrShape] if a series has a level twice.
func NewLines(unit string, series ...Series) (*Lines, error) {
	return newLines(unit, false, false, series)
}

// NewLogLines is [NewLines] with two logarithmic axes; it also returns [ErrNotPositive].
func NewLogLines(unit string, series ...Series) (*Lines, error) {
	return newLines(unit, true, true, series)
}

// NewTimeLines is [NewLines] over points in time: N is [Unix] of each, and the axis has round marks of clock and calendar in
// zone; nil is UTC.
func NewTimeLines(unit string, zone *time.Location, series ...Series) (*Lines, error) {
	l, err := newLines(unit, false, false, series)
	if err == nil {
		l.times = &TimeTicks{Zone: zone}
	}
	return l, err
}

func newLines(unit string, logX, logY bool, series []Series) (*Lines, error) {
	if len(series) == 0 {
		return nil, fmt.Errorf("lines: %w", ErrEmpty)
	}
	l := &Lines{unit: unit, logX: logX, logY: logY}
	for _, s := range series {
		if logY {
			for _, v := range s.Levels {
				if err := positive(fmt.Sprintf("lines: series %q", s.Name), v.Values...); err != nil {
					return nil, err
				}
			}
		}
		list, err := newLevels(s.Levels, logX)
		if err != nil {
			return nil, fmt.Errorf("lines: series %q: %w", s.Name, err)
		}
		l.series, l.names = append(l.series, list), append(l.names, s.Name)
	}
	return l, nil
}

// DataRange covers all values.
func (l *Lines) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, xmax, ymin, ymax = math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, s := range l.series {
		xmin, xmax = min(xmin, s.first()), max(xmax, s.last())
		for _, v := range s.list {
			ymin, ymax = min(ymin, slices.Min(v.Values)), max(ymax, slices.Max(v.Values))
		}
	}
	return xmin, xmax, ymin, ymax
}

// Layout sets the axes; a linear value axis starts at zero if all values are positive.
func (l *Lines) Layout(p *plot.Plot, t Theme) {
	switch {
	case l.logX:
		logarithmic(&p.X, 1.2)
	case l.times != nil:
		widen(&p.X, 0.02)
		p.X.Tick.Marker = *l.times
	default:
		widen(&p.X, 0.02)
	}
	switch {
	case l.logY:
		logarithmic(&p.Y, 1.5)
	case p.Y.Min >= 0:
		p.Y.Min, p.Y.Max = 0, max(p.Y.Max*1.06, math.SmallestNonzeroFloat64)
	default:
		widen(&p.Y, 0.05)
	}
	if p.Y.Label.Text == "" {
		p.Y.Label.Text = l.unit
	}
}

// Draw draws the series; every second line is dashed.
func (l *Lines) Draw(c draw.Canvas, p *plot.Plot, t Theme) {
	rulesY(c, p, t)
	for i, s := range l.series {
		var line []vg.Point
		small := t.dot(soft(Color(i), 0.5))
		small.Radius *= 0.7
		for k, v := range s.list {
			x := c.X(p.X.Norm(v.N))
			if len(v.Values) > 1 {
				for _, y := range v.Values {
					c.DrawGlyph(small, vg.Point{X: x, Y: c.Y(p.Y.Norm(y))})
				}
			}
			line = append(line, vg.Point{X: x, Y: c.Y(p.Y.Norm(s.sums[k].Median))})
		}
		style := t.line(Color(i))
		if i%2 == 1 {
			style = t.dashed(Color(i))
			style.Width = px(t.Line)
		}
		c.StrokeLines(style, line)
		for k, sum := range s.sums {
			if sum.Claimed {
				lo, hi, cap := c.Y(p.Y.Norm(sum.Lo)), c.Y(p.Y.Norm(sum.Hi)), px(t.Dot)
				black := draw.LineStyle{Color: ink, Width: px(t.Line * 0.75)}
				c.StrokeLine2(black, line[k].X, lo, line[k].X, hi)
				c.StrokeLine2(black, line[k].X-cap, lo, line[k].X+cap, lo)
				c.StrokeLine2(black, line[k].X-cap, hi, line[k].X+cap, hi)
			}
			if len(line) <= 40 {
				disc(c, Color(i), line[k], px(t.Dot))
			}
		}
	}
}

// Keys name the lines.
func (l *Lines) Keys() []Key {
	var keys []Key
	for i, name := range l.names {
		keys = append(keys, Key{name, Color(i), []Mark{Line, Dash}[i%2]})
	}
	return keys
}

// Note states n and the interval, unless every level has one value.
func (l *Lines) Note() string {
	var all []summary
	most := 0
	for _, s := range l.series {
		for _, sum := range s.sums {
			all, most = append(all, sum), max(most, sum.N)
		}
	}
	if most == 1 {
		return "one reading at each point"
	}
	return note(all)
}

// at writes a value of N.
func (l *Lines) at(n float64) string {
	if l.times == nil {
		return number(n)
	}
	return strings.TrimSuffix(l.times.moment(n).Format("2006-01-02 15:04:05.999"), ":00")
}

// Alt gives the first, the last and the extreme medians of each series.
func (l *Lines) Alt() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Lines of %d series in %s.", len(l.series), l.unit)
	for i, s := range l.series {
		point := func(k int) string { return number(s.sums[k].Median) + " at " + l.at(s.list[k].N) }
		top, low := 0, 0
		for k, sum := range s.sums {
			if sum.Median > s.sums[top].Median {
				top = k
			}
			if sum.Median < s.sums[low].Median {
				low = k
			}
		}
		fmt.Fprintf(&b, " %s: from %s to %s, lowest %s, highest %s.", l.names[i], point(0), point(len(s.list)-1), point(low), point(top))
	}
	return b.String()
}

// Table has one row per series and level.
func (l *Lines) Table() (header []string, rows [][]string) {
	for i, s := range l.series {
		for k, v := range s.list {
			rows = append(rows, append([]string{l.names[i], l.at(v.N)}, s.sums[k].cells()...))
		}
	}
	return []string{"series", "at", "n", "median (" + l.unit + ")", "low", "high"}, rows
}
