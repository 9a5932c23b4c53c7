package plots

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// ECDF shows, for each group, which share of the values is at most x: the whole distribution, without bins. It
// answers how often something is slow, not only how slow it is in the middle. X is the value, Y the share.
type ECDF struct {
	unit   string
	log    bool
	groups []Group // values ascending
	sums   []summary
}

// NewECDF makes the distribution functions of groups of values in unit; rings are ignored. It returns [ErrEmpty]
// or [ErrNotFinite].
func NewECDF(unit string, groups ...Group) (*ECDF, error) { return newECDF(unit, false, groups) }

// NewLogECDF is [NewECDF] with a logarithmic value axis; it also returns [ErrNotPositive].
func NewLogECDF(unit string, groups ...Group) (*ECDF, error) { return newECDF(unit, true, groups) }

func newECDF(unit string, log bool, groups []Group) (*ECDF, error) {
	if err := checkGroups(log, groups); err != nil {
		return nil, fmt.Errorf("ecdf: %w", err)
	}
	e := &ECDF{unit: unit, log: log, groups: cloneGroups(groups)}
	for _, g := range e.groups {
		slices.Sort(g.Values)
		e.sums = append(e.sums, summarize(g.Values))
	}
	return e, nil
}

// DataRange covers the values and the shares from 0 to 1.
func (e *ECDF) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, xmax = math.Inf(1), math.Inf(-1)
	for _, g := range e.groups {
		xmin, xmax = min(xmin, g.Values[0]), max(xmax, g.Values[len(g.Values)-1])
	}
	return xmin, xmax, 0, 1
}

// Layout sets the axes.
func (e *ECDF) Layout(p *plot.Plot, t Theme) {
	if e.log {
		logarithmic(&p.X, 1.15)
	} else {
		widen(&p.X, 0.04)
	}
	p.Y.Min, p.Y.Max = 0, 1.02
	p.Y.Tick.Marker = plot.ConstantTicks{{Value: 0, Label: "0 %"}, {Value: 0.25, Label: "25 %"}, {Value: 0.5, Label: "50 %"},
		{Value: 0.75, Label: "75 %"}, {Value: 1, Label: "100 %"}}
	if p.X.Label.Text == "" {
		p.X.Label.Text = e.unit
	}
	if p.Y.Label.Text == "" {
		p.Y.Label.Text = "runs at most this long"
	}
}

// Draw draws the steps; every second curve is dashed.
func (e *ECDF) Draw(c draw.Canvas, p *plot.Plot, t Theme) {
	rulesY(c, p, t)
	for i, g := range e.groups {
		pts := []vg.Point{{X: c.X(p.X.Norm(g.Values[0])), Y: c.Y(p.Y.Norm(0))}}
		for j, v := range g.Values {
			x := c.X(p.X.Norm(v))
			share := float64(j+1) / float64(len(g.Values))
			pts = append(pts, vg.Point{X: x, Y: pts[len(pts)-1].Y}, vg.Point{X: x, Y: c.Y(p.Y.Norm(share))})
		}
		pts = append(pts, vg.Point{X: c.Max.X, Y: c.Y(p.Y.Norm(1))})
		style := t.line(Color(i))
		if i%2 == 1 {
			style = t.dashed(Color(i))
			style.Width = px(t.Line)
		}
		c.StrokeLines(style, pts)
	}
}

// Keys name the curves.
func (e *ECDF) Keys() []Key {
	var keys []Key
	for i, g := range e.groups {
		keys = append(keys, Key{g.Name, Color(i), []Mark{Line, Dash}[i%2]})
	}
	return keys
}

// Note states n and the interval.
func (e *ECDF) Note() string { return note(e.sums) }

// quantile is the smallest value that at least the share q of the values does not exceed.
func quantile(sorted []float64, q float64) float64 {
	i := int(math.Ceil(q*float64(len(sorted)))) - 1
	return sorted[max(0, min(i, len(sorted)-1))]
}

// Alt gives median, 90th and 99th percentile of each group.
func (e *ECDF) Alt() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Cumulative distribution of %d groups in %s.", len(e.groups), e.unit)
	for i, g := range e.groups {
		fmt.Fprintf(&b, " %s: %s, 90 %% at most %s, largest %s.", g.Name, e.sums[i],
			number(quantile(g.Values, 0.9)), number(g.Values[len(g.Values)-1]))
	}
	return b.String()
}

// Table has one row per group with the quantiles.
func (e *ECDF) Table() (header []string, rows [][]string) {
	for i, g := range e.groups {
		row := append([]string{g.Name}, e.sums[i].cells()...)
		for _, q := range []float64{0, 0.25, 0.75, 0.9, 0.99, 1} {
			row = append(row, number(quantile(g.Values, q)))
		}
		rows = append(rows, row)
	}
	return []string{"group", "n", "median (" + e.unit + ")", "low", "high", "min", "25 %", "75 %", "90 %", "99 %", "max"}, rows
}
