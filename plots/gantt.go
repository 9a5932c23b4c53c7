package plots

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// State is what a lane does during an interval. Any text is a state; these have a fixed look.
type State string

const (
	Running  State = "running"
	Runnable State = "runnable" // ready, but without a processor
	Waiting  State = "waiting"
	Syscall  State = "syscall"
	CPU      State = "CPU"
	IO       State = "I/O"
)

// Interval is one stretch of a lane in one state, with times since the start of the recording.
type Interval struct {
	Lane       string // such as a goroutine or a processor
	Start, End time.Duration
	State      State
	Reason     string // why it waits, or what it runs; for the data table
}

// Event is a moment marked by a vertical line through all lanes.
type Event struct {
	At   time.Duration
	Name string
}

// Gantt shows who ran when: one lane per goroutine or processor, one box per interval. Running fills the lane,
// runnable half of it, waiting is a thin line, so that the states differ without colour.
type Gantt struct {
	intervals []Interval
	events    []Event
	lanes     []string
	states    []State
	from, to  time.Duration
	unit      time.Duration
}

// NewGantt makes a Gantt chart. Lanes appear from the top in the order of their first interval. It returns
// [ErrEmpty], or [ErrShape] for an interval that ends before it starts or overlaps another one of its lane.
func NewGantt(intervals []Interval, events ...Event) (*Gantt, error) {
	if len(intervals) == 0 {
		return nil, fmt.Errorf("gantt: %w", ErrEmpty)
	}
	g := &Gantt{intervals: slices.Clone(intervals), events: slices.Clone(events), from: math.MaxInt64, to: math.MinInt64}
	ends := make(map[string]time.Duration)
	for _, v := range intervals {
		if !slices.Contains(g.lanes, v.Lane) {
			g.lanes = append(g.lanes, v.Lane)
		}
		if !slices.Contains(g.states, v.State) {
			g.states = append(g.states, v.State)
		}
		g.from, g.to = min(g.from, v.Start), max(g.to, v.End)
	}
	slices.SortStableFunc(g.intervals, func(a, b Interval) int { return int(min(max(a.Start-b.Start, -1), 1)) })
	for _, v := range g.intervals {
		if v.End < v.Start {
			return nil, fmt.Errorf("gantt: %s ends at %v before it starts at %v: %w", v.Lane, v.End, v.Start, ErrShape)
		}
		if end, ok := ends[v.Lane]; ok && v.Start < end {
			return nil, fmt.Errorf("gantt: %s is in two states at %v: %w", v.Lane, v.Start, ErrShape)
		}
		ends[v.Lane] = v.End
	}
	for _, e := range events {
		g.from, g.to = min(g.from, e.At), max(g.to, e.At)
	}
	g.unit = time.Microsecond
	switch d := g.to - g.from; {
	case d >= 10*time.Second:
		g.unit = time.Second
	case d >= 5*time.Millisecond:
		g.unit = time.Millisecond
	}
	slices.SortStableFunc(g.states, func(a, b State) int { return rank(a) - rank(b) })
	return g, nil
}

func rank(s State) int {
	i := slices.Index([]State{CPU, Running, Runnable, Syscall, IO, Waiting}, s)
	if i < 0 {
		return 99
	}
	return i
}

// unitName is the unit of the time axis.
func (g *Gantt) unitName() string {
	return map[time.Duration]string{time.Second: "s", time.Millisecond: "ms", time.Microsecond: "µs"}[g.unit]
}

func (g *Gantt) x(d time.Duration) float64 { return float64(d) / float64(g.unit) }

// DataRange covers the recording; lanes are at y = 0, -1, -2, ...
func (g *Gantt) DataRange() (xmin, xmax, ymin, ymax float64) {
	return g.x(g.from), g.x(g.to), 0.5 - float64(len(g.lanes)), 0.5
}

// Layout names the lanes.
func (g *Gantt) Layout(p *plot.Plot, t Theme) {
	lanes(&p.Y, g.lanes)
	if len(g.events) > 0 {
		p.Y.Max += float64(len(g.lanes)) * 1.4 * t.Tick / (0.62 * float64(t.Height)) // room for the names
	}
	widen(&p.X, 0.01)
	if p.X.Label.Text == "" {
		p.X.Label.Text = "time (" + g.unitName() + ")"
	}
}

// look is a state's colour and the share of the lane's height that it fills.
func (g *Gantt) look(s State) (key Key, height float64) {
	switch s {
	case Running, CPU:
		return Key{string(s), blue, Area}, 0.72
	case Runnable:
		return Key{string(s), soft(orange, 0.75), Area}, 0.4
	case Syscall:
		return Key{string(s), purple, Area}, 0.55
	case Waiting:
		return Key{string(s), soft(model, 0.6), Line}, 0.1
	case IO:
		return Key{string(s), orange, Area}, 0.72
	}
	i := slices.Index(g.states, s)
	return Key{string(s), Color(i), Area}, 0.72
}

// Draw draws lanes, intervals and events. An interval is at least a CSS pixel wide, so that none is lost.
func (g *Gantt) Draw(c draw.Canvas, p *plot.Plot, t Theme) {
	rulesX(c, p, t)
	for _, v := range g.intervals {
		key, height := g.look(v.State)
		row := -float64(slices.Index(g.lanes, v.Lane))
		x0, x1 := c.X(p.X.Norm(g.x(v.Start))), c.X(p.X.Norm(g.x(v.End)))
		x1 = max(x1, x0+px(1))
		box(c, key.Color, x0, c.Y(p.Y.Norm(row-height/2)), x1, c.Y(p.Y.Norm(row+height/2)))
	}
	style := t.letters(t.Tick*0.92, ink)
	for _, e := range g.events {
		x := c.X(p.X.Norm(g.x(e.At)))
		c.StrokeLine2(t.dashed(ink), x, c.Min.Y, x, c.Max.Y-t.em(1.1))
		width := style.Width(e.Name)
		left := min(max(x-width/2, c.Min.X), c.Max.X-width)
		halo(c, at(style, text.XLeft, text.YTop), vg.Point{X: left, Y: c.Max.Y + t.em(0.1)}, e.Name)
	}
}

// Keys name the states.
func (g *Gantt) Keys() []Key {
	var keys []Key
	for _, s := range g.states {
		k, _ := g.look(s)
		keys = append(keys, k)
	}
	return keys
}

// Note states that one execution is drawn.
func (g *Gantt) Note() string { return "one recorded execution" }

// total is the time that a lane spent in a state.
func (g *Gantt) total(lane string, s State) (sum time.Duration) {
	for _, v := range g.intervals {
		if v.Lane == lane && v.State == s {
			sum += v.End - v.Start
		}
	}
	return sum
}

// Alt gives each lane's time in each state.
func (g *Gantt) Alt() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Timeline of %d lanes over %s %s.", len(g.lanes), number(g.x(g.to-g.from)), g.unitName())
	for _, lane := range g.lanes {
		var parts []string
		for _, s := range g.states {
			if d := g.total(lane, s); d > 0 {
				parts = append(parts, fmt.Sprintf("%s %s %s", s, number(g.x(d)), g.unitName()))
			}
		}
		fmt.Fprintf(&b, " %s: %s.", lane, strings.Join(parts, ", "))
	}
	for _, e := range g.events {
		fmt.Fprintf(&b, " At %s %s: %s.", number(g.x(e.At)), g.unitName(), e.Name)
	}
	return b.String()
}

// Table has one row per interval, by start time.
func (g *Gantt) Table() (header []string, rows [][]string) {
	for _, v := range g.intervals {
		rows = append(rows, []string{v.Lane, number(g.x(v.Start)), number(g.x(v.End)), string(v.State), v.Reason})
	}
	return []string{"lane", "start (" + g.unitName() + ")", "end", "state", "reason"}, rows
}
