package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Strip shows every value of each group as a point, with the group's median and its interval in black above the
// points. It answers whether variants differ. Groups are rows from the top; the value axis is X.
type Strip struct {
	unit   string
	log    bool
	groups []Group
	sums   []summary
	// Rings says in the legend what the rings are; it may be set before NewChart. "" means "number said elsewhere".
	Rings string
}

// NewStrip makes a strip chart of values in unit. It returns [ErrEmpty] or [ErrNotFinite].
func NewStrip(unit string, groups ...Group) (*Strip, error) { return newStrip(unit, false, groups) }

// NewLogStrip is [NewStrip] with a logarithmic axis; it also returns [ErrNotPositive].
func NewLogStrip(unit string, groups ...Group) (*Strip, error) { return newStrip(unit, true, groups) }

func newStrip(unit string, log bool, groups []Group) (*Strip, error) {
	if err := checkGroups(log, groups); err != nil {
		return nil, fmt.Errorf("strip: %w", err)
	}
	s := &Strip{unit: unit, log: log, groups: cloneGroups(groups)}
	for _, g := range groups {
		s.sums = append(s.sums, summarize(g.Values))
	}
	return s, nil
}

// DataRange covers all values and rings; rows are at y = 0, -1, -2, ...
func (s *Strip) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, xmax = math.Inf(1), math.Inf(-1)
	for _, g := range s.groups {
		for _, v := range slices.Concat(g.Values, g.Rings) {
			xmin, xmax = min(xmin, v), max(xmax, v)
		}
	}
	return xmin, xmax, 0.5 - float64(len(s.groups)), 0.5
}

// Layout names the rows and sets the value axis.
func (s *Strip) Layout(p *plot.Plot, t Theme) {
	names := make([]string, len(s.groups))
	for i, g := range s.groups {
		names[i] = g.Name
	}
	lanes(&p.Y, names)
	if s.log {
		logarithmic(&p.X, 1.25)
	} else {
		widen(&p.X, 0.05)
	}
	if p.X.Label.Text == "" {
		p.X.Label.Text = s.unit
	}
}

// Draw draws points, rings, medians and intervals.
func (s *Strip) Draw(c draw.Canvas, p *plot.Plot, t Theme) {
	t = t.crowded(c, len(s.groups))
	rulesX(c, p, t)
	// The number stands above its mark where a row is high enough for it, the mark, and the points.
	height := (c.Max.Y - c.Min.Y) / vg.Length(max(1, len(s.groups)))
	above := height >= t.em(3.6)
	mark, band := 0.26, -0.1
	if above {
		mark, band = 0.13, -0.2
	}
	for i, g := range s.groups {
		row := -float64(i)
		dot := t.dot(soft(Color(i), 0.75))
		for j, v := range g.Values {
			c.DrawGlyph(dot, vg.Point{X: c.X(p.X.Norm(v)), Y: c.Y(p.Y.Norm(row + band + jitter(j)))})
		}
		for _, v := range g.Rings {
			y := row + band
			if j := slices.Index(g.Values, v); j >= 0 {
				y += jitter(j) // round the very point
			}
			ring(c, t, ink, vg.Point{X: c.X(p.X.Norm(v)), Y: c.Y(p.Y.Norm(y))})
		}
		s.center(c, p, t, s.sums[i], c.Y(p.Y.Norm(row+mark)), above)
	}
}

// center draws the median, with its number above or else behind the interval, and the interval at height y.
func (s *Strip) center(c draw.Canvas, p *plot.Plot, t Theme, sum summary, y vg.Length, above bool) {
	black := t.line(ink)
	cap, tall := px(t.Dot*1.1), px(t.Dot*2)
	x := c.X(p.X.Norm(sum.Median))
	left, right := x, x
	if sum.Claimed {
		left, right = c.X(p.X.Norm(sum.Lo)), c.X(p.X.Norm(sum.Hi))
		c.StrokeLine2(black, left, y, right, y)
		c.StrokeLine2(black, left, y-cap, left, y+cap)
		c.StrokeLine2(black, right, y-cap, right, y+cap)
	}
	thick := black
	thick.Width *= 1.8
	c.StrokeLine2(thick, x, y-tall, x, y+tall)
	label := number(sum.Median)
	if above {
		style := at(t.letters(t.Tick*0.92, ink), text.XCenter, text.YBottom)
		half := style.Width(label) / 2
		halo(c, style, vg.Point{X: min(max(x, c.Min.X+half), c.Max.X-half), Y: y + tall + t.em(0.12)}, label)
		return
	}
	style := at(t.letters(t.Tick*0.92, ink), text.XLeft, text.YCenter)
	halo(c, style, vg.Point{X: beside(c, style.Width(label), left, right, t.em(0.5)), Y: y + t.em(0.08)}, label)
}

// beside is where a number so wide begins: behind what reaches from left to right, before it if there is no room, and
// never outside of the data, where the names of the rows are.
func beside(c draw.Canvas, width, left, right, gap vg.Length) vg.Length {
	if right+gap+width <= c.Max.X {
		return right + gap
	}
	return max(left-gap-width, c.Min.X)
}

// jitter spreads points over a row without chance: the i-th point of a sequence that fills an interval evenly
// (multiples of the golden ratio, modulo 1), between -0.2 and 0.2.
func jitter(i int) float64 {
	_, frac := math.Modf(float64(i+1) * 0.6180339887498949)
	return (frac - 0.5) * 0.4
}

// Keys explain the marks.
func (s *Strip) Keys() []Key {
	keys := []Key{{"one run", dim, Dot}, {"median and interval", ink, Line}}
	for _, g := range s.groups {
		if len(g.Rings) > 0 {
			return append(keys, Key{cmp.Or(s.Rings, "number said elsewhere"), ink, Ring})
		}
	}
	return keys
}

// Note states n and the interval.
func (s *Strip) Note() string { return note(s.sums) }

// Alt gives the median, interval, n, range and rings of each group.
func (s *Strip) Alt() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Strip chart of %d groups in %s.", len(s.groups), s.unit)
	for i, g := range s.groups {
		fmt.Fprintf(&b, " %s: %s, range %s to %s", g.Name, s.sums[i], number(slices.Min(g.Values)), number(slices.Max(g.Values)))
		for _, r := range g.Rings {
			fmt.Fprintf(&b, ", ring at %s", number(r))
		}
		b.WriteString(".")
	}
	return b.String()
}

// Table has one row per group: n, median, interval, and all values in the order measured.
func (s *Strip) Table() (header []string, rows [][]string) {
	for i, g := range s.groups {
		row := append([]string{g.Name}, s.sums[i].cells()...)
		rows = append(rows, append(row, join(g.Values), join(g.Rings)))
	}
	return []string{"group", "n", "median (" + s.unit + ")", "low", "high", "values", "rings"}, rows
}

func join(values []float64) string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = number(v)
	}
	return strings.Join(list, " ")
}
