package plots

import (
	"fmt"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Knee shows throughput against the number of requests at once, on a logarithmic X axis, with two model lines:
// what Little's law gives while nobody queues, and what the server can do. They cross at the knee.
type Knee struct {
	levels
	unit            string
	light, capacity float64
}

// NewKnee makes a knee plot. light is the throughput of one request at a time, 1/latency (Little: N = throughput x
// latency, so throughput is N x light); capacity is the most that the other side can do; both in unit, like the
// values. It returns [ErrEmpty], [ErrNotFinite] or [ErrNotPositive].
func NewKnee(unit string, light, capacity float64, throughput ...Level) (*Knee, error) {
	l, err := newLevels(throughput, true)
	if err == nil {
		err = positive("light load and capacity", light, capacity)
	}
	if err != nil {
		return nil, fmt.Errorf("knee: %w", err)
	}
	return &Knee{levels: l, unit: unit, light: light, capacity: capacity}, nil
}

// At returns the number of requests at once at which the two models cross.
func (k *Knee) At() float64 { return k.capacity / k.light }

// DataRange covers the values and the capacity.
func (k *Knee) DataRange() (xmin, xmax, ymin, ymax float64) {
	return k.first(), k.last(), 0, max(k.highest(), k.capacity) * 1.12
}

// Layout makes X logarithmic, with a mark at each level.
func (k *Knee) Layout(p *plot.Plot, t Theme) {
	logarithmic(&p.X, 1.25)
	var marks []plot.Tick
	for _, v := range k.list {
		marks = append(marks, plot.Tick{Value: v.N, Label: number(v.N)})
	}
	if len(marks) <= 10 {
		p.X.Tick.Marker = plot.ConstantTicks(marks)
	}
	if p.X.Label.Text == "" {
		p.X.Label.Text = "requests at once"
	}
	if p.Y.Label.Text == "" {
		p.Y.Label.Text = k.unit
	}
}

// Draw draws the models, the knee and the measured values.
func (k *Knee) Draw(c draw.Canvas, p *plot.Plot, t Theme) {
	rulesY(c, p, t)
	little := Model{"", func(n float64) float64 { return n * k.light }}
	full := Model{"", func(float64) float64 { return k.capacity }}
	curve(c, p, t.dashed(model), little, p.X.Min, p.X.Max)
	curve(c, p, t.dashed(model), full, p.X.Min, p.X.Max)
	style := t.letters(t.Tick*0.9, dim)
	halo(c, at(style, text.XLeft, text.YBottom), vg.Point{X: c.Min.X + t.em(0.3), Y: c.Y(p.Y.Norm(k.capacity)) + t.em(0.3)},
		"capacity "+number(k.capacity)+" (model)")
	if n := k.At(); n > p.X.Min && n < p.X.Max {
		x := c.X(p.X.Norm(n))
		c.StrokeLine2(t.thin(), x, c.Min.Y, x, c.Max.Y)
		c.StrokeLine2(draw.LineStyle{Color: dim, Width: px(t.Line / 2)}, x, c.Min.Y, x, c.Min.Y+t.em(0.8))
		halo(c, at(style, text.XLeft, text.YBottom), vg.Point{X: x + t.em(0.4), Y: c.Min.Y + t.em(0.3)}, "knee at "+number(n))
	}
	k.plot(c, p, t)
}

// Keys explain the marks.
func (k *Knee) Keys() []Key {
	return []Key{{"one run", soft(blue, 0.45), Dot}, {"median and interval", blue, Line}, {"N / latency, capacity (models)", model, Dash}}
}

// Note states n and the interval.
func (k *Knee) Note() string { return note(k.sums) }

// Alt gives the medians and the knee.
func (k *Knee) Alt() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Throughput in %s against requests at once; by Little's law the knee is at %s.", k.unit, number(k.At()))
	for i, v := range k.list {
		fmt.Fprintf(&b, " %s at once: %s.", number(v.N), k.sums[i])
	}
	return b.String()
}

// Table has one row per level, with the model min(N x light, capacity).
func (k *Knee) Table() (header []string, rows [][]string) {
	for i, v := range k.list {
		row := append([]string{number(v.N)}, k.sums[i].cells()...)
		rows = append(rows, append(row, number(min(v.N*k.light, k.capacity))))
	}
	return []string{"at once", "n", "median (" + k.unit + ")", "low", "high", "model"}, rows
}
