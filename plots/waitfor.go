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

// Wait is an edge of a wait-for graph: From waits for To, because To has What.
type Wait struct {
	From, To string
	What     string // such as the lock; may be empty
}

// WaitFor shows who waits for whom, the waiting ones on a circle. Edges that lie on a cycle are thick: those who
// wait on it wait for ever, which is a deadlock.
type WaitFor struct {
	nodes []string
	waits []Wait
	cycle []bool // of waits
}

// NewWaitFor makes a wait-for graph. Nodes appear clockwise from the top: first those of a circle, in its direction and
// from the one whose name sorts first, then the others as they first come up. It returns [ErrEmpty], or [ErrShape] for an edge without ends or more than 24 nodes.
func NewWaitFor(waits ...Wait) (*WaitFor, error) {
	if len(waits) == 0 {
		return nil, fmt.Errorf("wait-for graph: %w", ErrEmpty)
	}
	w := &WaitFor{waits: slices.Clone(waits)}
	for _, e := range waits {
		for _, n := range []string{e.From, e.To} {
			if n == "" {
				return nil, fmt.Errorf("wait-for graph: an edge has no end: %w", ErrShape)
			}
			if !slices.Contains(w.nodes, n) {
				w.nodes = append(w.nodes, n)
			}
		}
	}
	if len(w.nodes) > 24 {
		return nil, fmt.Errorf("wait-for graph: %d nodes: %w", len(w.nodes), ErrShape)
	}
	for _, e := range waits {
		w.cycle = append(w.cycle, w.reaches(e.To, e.From))
	}
	w.order()
	return w, nil
}

// order puts the nodes of a circle next to each other, so that its arrows follow the outline.
func (w *WaitFor) order() {
	first := ""
	for i, e := range w.waits {
		if w.cycle[i] && (first == "" || e.From < first) {
			first = e.From
		}
	}
	var circle []string
	for n := first; n != "" && !slices.Contains(circle, n); {
		circle = append(circle, n)
		next := slices.IndexFunc(w.waits, func(e Wait) bool { return e.From == n && w.reaches(e.To, n) })
		n = w.waits[next].To
	}
	w.nodes = append(circle, slices.DeleteFunc(w.nodes, func(n string) bool { return slices.Contains(circle, n) })...)
}

// reaches tells whether to can be reached from from along the edges.
func (w *WaitFor) reaches(from, to string) bool {
	seen := map[string]bool{}
	todo := []string{from}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if n == to {
			return true
		}
		if seen[n] {
			continue
		}
		seen[n] = true
		for _, e := range w.waits {
			if e.From == n {
				todo = append(todo, e.To)
			}
		}
	}
	return false
}

// Deadlock tells whether the graph has a cycle.
func (w *WaitFor) Deadlock() bool { return slices.Contains(w.cycle, true) }

// DataRange covers the circle of radius 1.
func (w *WaitFor) DataRange() (xmin, xmax, ymin, ymax float64) { return -1, 1, -1, 1 }

// Layout hides the axes.
func (w *WaitFor) Layout(p *plot.Plot, t Theme) {
	p.X.Label.Text, p.Y.Label.Text = "", ""
	p.HideAxes()
}

// Draw draws nodes as rounded labels and edges as arrows.
func (w *WaitFor) Draw(c draw.Canvas, p *plot.Plot, t Theme) {
	style := bold(at(t.letters(t.Tick, on(blue)), text.XCenter, text.YCenter))
	half := vg.Point{Y: t.em(0.95)}
	for _, n := range w.nodes {
		half.X = max(half.X, style.Width(n)/2+t.em(0.6))
	}
	center := c.Center()
	rx, ry := (c.Max.X-c.Min.X)/2-half.X-t.em(0.5), (c.Max.Y-c.Min.Y)/2-half.Y-t.em(0.3)
	rx = min(rx, ry*1.9)
	place := func(n string) vg.Point {
		a := math.Pi/2 - 2*math.Pi*float64(slices.Index(w.nodes, n))/float64(len(w.nodes))
		return vg.Point{X: center.X + rx*vg.Length(math.Cos(a)), Y: center.Y + ry*vg.Length(math.Sin(a))}
	}
	mids := make([]vg.Point, len(w.waits))
	for i, e := range w.waits {
		line := draw.LineStyle{Color: dim, Width: px(t.Line * 0.8)}
		if w.cycle[i] {
			line = draw.LineStyle{Color: orange, Width: px(t.Line * 1.8)}
		}
		if e.From == e.To {
			at := place(e.From).Add(vg.Point{Y: half.Y + t.em(0.6)})
			circle(c, line, at, t.em(0.9))
			continue
		}
		mids[i] = arrow(c, t, line, place(e.From), place(e.To), half)
	}
	for i, e := range w.waits { // over all arrows
		if e.What != "" && e.From != e.To {
			sign(c, t, mids[i], e.What)
		}
	}
	for _, n := range w.nodes {
		at := place(n)
		box(c, blue, at.X-half.X, at.Y-half.Y, at.X+half.X, at.Y+half.Y)
		c.FillText(style, at.Add(vg.Point{Y: t.em(0.08)}), n)
	}
}

// sign writes what an arrow is about into a gap of it.
func sign(c draw.Canvas, t Theme, mid vg.Point, what string) {
	style := at(t.letters(t.Tick*0.92, ink), text.XCenter, text.YCenter)
	wide, high := style.Width(what)/2+t.em(0.3), t.em(0.62)
	box(c, white, mid.X-wide, mid.Y-high, mid.X+wide, mid.Y+high)
	c.FillText(style, mid.Add(vg.Point{Y: t.em(0.08)}), what)
}

// arrow draws an arrow between the boxes around two points, bent a little to its left so that two that go to and
// fro do not cover each other, and returns the middle.
func arrow(c draw.Canvas, t Theme, line draw.LineStyle, from, to, half vg.Point) vg.Point {
	dx, dy := float64(to.X-from.X), float64(to.Y-from.Y)
	length := math.Hypot(dx, dy)
	bend := 0.1
	control := vg.Point{X: (from.X+to.X)/2 + vg.Length(-dy*bend), Y: (from.Y+to.Y)/2 + vg.Length(dx*bend)}
	at := func(f float64) vg.Point {
		g := vg.Length(f)
		return vg.Point{
			X: (1-g)*(1-g)*from.X + 2*g*(1-g)*control.X + g*g*to.X,
			Y: (1-g)*(1-g)*from.Y + 2*g*(1-g)*control.Y + g*g*to.Y,
		}
	}
	inside := func(p, box vg.Point) bool {
		return math.Abs(float64(p.X-box.X)) < float64(half.X)+1 && math.Abs(float64(p.Y-box.Y)) < float64(half.Y)+1
	}
	var path []vg.Point
	for i := range 201 {
		if pt := at(float64(i) / 200); !inside(pt, from) && !inside(pt, to) {
			path = append(path, pt)
		}
	}
	if len(path) < 2 || length == 0 {
		return at(0.5)
	}
	tip := path[len(path)-1]
	head := t.em(0.85)
	for len(path) > 2 && math.Hypot(float64(path[len(path)-1].X-tip.X), float64(path[len(path)-1].Y-tip.Y)) < float64(head) {
		path = path[:len(path)-1]
	}
	back := path[len(path)-1]
	c.StrokeLines(line, path)
	side := vg.Point{X: -(tip.Y - back.Y) * 0.45, Y: (tip.X - back.X) * 0.45}
	c.FillPolygon(line.Color, []vg.Point{tip, back.Add(side), back.Sub(side)})
	return at(0.5)
}

// Keys explain the arrows.
func (w *WaitFor) Keys() []Key {
	var keys []Key
	if slices.Contains(w.cycle, false) {
		keys = append(keys, Key{"waits for", dim, Line})
	}
	if w.Deadlock() {
		keys = append(keys, Key{"waits in a circle, for ever", orange, Line})
	}
	return keys
}

// Note says whether there is a deadlock.
func (w *WaitFor) Note() string {
	if w.Deadlock() {
		return "deadlock: the thick arrows form a circle"
	}
	return "no circle, so no deadlock"
}

// Alt names every edge.
func (w *WaitFor) Alt() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Wait-for graph of %d nodes.", len(w.nodes))
	for _, e := range w.waits {
		fmt.Fprintf(&b, " %s waits for %s", e.From, e.To)
		if e.What != "" {
			fmt.Fprintf(&b, " (%s)", e.What)
		}
		b.WriteString(".")
	}
	if w.Deadlock() {
		return b.String() + " They wait in a circle: a deadlock."
	}
	return b.String() + " There is no circle."
}

// Table has one row per edge.
func (w *WaitFor) Table() (header []string, rows [][]string) {
	for i, e := range w.waits {
		rows = append(rows, []string{e.From, e.To, e.What, map[bool]string{true: "yes", false: "no"}[w.cycle[i]]})
	}
	return []string{"who", "waits for", "what", "in a circle"}, rows
}
