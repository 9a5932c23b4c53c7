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

// Scaling shows speed-up against the number of workers: every run, medians with intervals, the ideal line, and
// models in grey. X is the number of workers, Y the throughput over the median throughput of one worker.
type Scaling struct {
	levels
	models []Model
	upto   float64
}

// NewScaling makes a scaling curve from throughputs (more is better, any unit) at each level. Level 1 is the base:
// without it the error is [ErrShape]; so it is for a model without function. Other errors are [ErrEmpty],
// [ErrNotFinite], and [ErrNotPositive] for a throughput that is not positive. Models are drawn, and listed, up to
// the largest N measured, or up to upto if that is larger.
func NewScaling(throughput []Level, upto float64, models ...Model) (*Scaling, error) {
	l, err := newLevels(throughput, true)
	if err != nil {
		return nil, fmt.Errorf("scaling: %w", err)
	}
	if l.first() != 1 {
		return nil, fmt.Errorf("scaling: no level with one worker: %w", ErrShape)
	}
	base := l.sums[0].Median
	for i, v := range l.list {
		if err := positive("throughput", v.Values...); err != nil {
			return nil, fmt.Errorf("scaling: %w", err)
		}
		for j := range v.Values {
			v.Values[j] /= base
		}
		l.sums[i] = summarize(v.Values)
	}
	for _, m := range models {
		if m.At == nil {
			return nil, fmt.Errorf("scaling: model %q has no function: %w", m.Name, ErrShape)
		}
	}
	if math.IsNaN(upto) || math.IsInf(upto, 0) {
		return nil, fmt.Errorf("scaling: upto %v: %w", upto, ErrNotFinite)
	}
	return &Scaling{levels: l, models: append([]Model{Ideal()}, models...), upto: max(upto, l.last())}, nil
}

// DataRange covers the measured values and the models from 1 to the last N.
func (s *Scaling) DataRange() (xmin, xmax, ymin, ymax float64) {
	ymax = s.highest()
	for _, m := range s.models {
		if y := m.At(s.upto); y <= 1.2*s.upto { // a model may give anything, NaN too
			ymax = max(ymax, y)
		}
	}
	return 1, s.upto, 0, ymax
}

// Layout sets the axes.
func (s *Scaling) Layout(p *plot.Plot, t Theme) {
	style, widest := s.style(t), vg.Length(0)
	for _, m := range s.models {
		widest = max(widest, style.Width(s.label(m)))
	}
	length := max(s.upto-1, 1)
	room := float64(widest) / float64(px(float64(t.Width))-t.em(5)) // for the names, right of the lines
	p.X.Min, p.X.Max = 1-0.06*length, s.upto+length*(0.05+room/(1-min(room, 0.6)))
	p.X.Tick.Marker = whole{s.upto}
	p.Y.Max *= 1.05
	if p.X.Label.Text == "" {
		p.X.Label.Text = "workers"
	}
	if p.Y.Label.Text == "" {
		p.Y.Label.Text = "speed-up"
	}
}

// whole labels whole numbers up to a limit, each of them if there is room.
type whole struct{ upto float64 }

func (w whole) Ticks(lo, _ float64) []plot.Tick {
	step := 1.0
	if w.upto > 12 {
		step = math.Max(1, niceStep(w.upto/8))
	}
	list := []plot.Tick{{Value: 1, Label: "1"}}
	for v := step; v <= w.upto; v += step {
		if v > 1 {
			list = append(list, plot.Tick{Value: v, Label: number(v)})
		}
	}
	return list
}

// Draw draws models behind the measured values, with their names right of their ends.
func (s *Scaling) Draw(c draw.Canvas, p *plot.Plot, t Theme) {
	rulesY(c, p, t)
	type end struct {
		name string
		y    vg.Length
	}
	var ends []end
	for i, m := range s.models {
		line := t.dashed(model)
		if i == 0 {
			line = draw.LineStyle{Color: model, Width: px(t.Line * 0.8)}
		}
		curve(c, p, line, m, 1, s.upto)
		ends = append(ends, end{s.label(m), min(c.Y(p.Y.Norm(m.At(s.upto))), c.Max.Y)})
	}
	slices.SortStableFunc(ends, func(a, b end) int { return cmp.Compare(b.y, a.y) })
	x, apart, low := c.X(p.X.Norm(s.upto))+t.em(0.4), t.em(1.15), c.Min.Y+t.em(0.5)
	for i := range ends { // downwards, each below the one before; then upwards from the axis, where that was too low
		if i > 0 {
			ends[i].y = min(ends[i].y, ends[i-1].y-apart)
		}
	}
	for i, e := range slices.Backward(ends) {
		ends[i].y = max(e.y, low)
		low = ends[i].y + apart
		halo(c, s.style(t), vg.Point{X: x, Y: ends[i].y + t.em(0.08)}, e.name)
	}
	s.plot(c, p, t)
}

func (s *Scaling) style(t Theme) text.Style {
	return at(t.letters(t.Tick*0.9, dim), text.XLeft, text.YCenter)
}

// label names a model, and says where it went if its line ends below the axis.
func (s *Scaling) label(m Model) string {
	switch {
	case m.Name == "ideal":
		return m.Name
	case m.At(s.upto) < 0:
		return m.Name + " (model), below 0"
	}
	return m.Name + " (model)"
}

// Keys explain the marks.
func (s *Scaling) Keys() []Key {
	return []Key{{"one run", soft(blue, 0.45), Dot}, {"median and interval", blue, Line}, {"model", model, Dash}}
}

// Note states n, the interval, and what is only a model.
func (s *Scaling) Note() string {
	text := note(s.sums)
	if s.upto > s.last() {
		text += fmt.Sprintf("; beyond %s workers nothing was measured, grey lines are models", number(s.last()))
	}
	return text
}

// Alt gives the measured speed-ups and the models' values at the largest N measured.
func (s *Scaling) Alt() string {
	var b strings.Builder
	b.WriteString("Scaling curve: speed-up by workers.")
	for i, v := range s.list {
		fmt.Fprintf(&b, " With %s: %s.", number(v.N), s.sums[i])
	}
	for _, m := range s.models {
		fmt.Fprintf(&b, " %s with %s: %s.", m.Name, number(s.upto), number(m.At(s.upto)))
	}
	return b.String()
}

// Table has one row per level, with each model's value and its residual (measured minus model).
func (s *Scaling) Table() (header []string, rows [][]string) {
	header = []string{"workers", "n", "speed-up (median)", "low", "high"}
	for _, m := range s.models {
		header = append(header, m.Name, "residual")
	}
	for i, v := range s.list {
		row := append([]string{number(v.N)}, s.sums[i].cells()...)
		for _, m := range s.models {
			row = append(row, number(m.At(v.N)), number(s.sums[i].Median-m.At(v.N)))
		}
		rows = append(rows, row)
	}
	return header, rows
}
