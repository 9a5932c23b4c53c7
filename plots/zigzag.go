package plots

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Step is one step of a task, in the order in which steps were measured to run.
type Step struct {
	Task   int // from 0
	Worker int // from 0: the processor or thread that ran it
}

// Order is one way of running the tasks: a panel of the picture.
type Order struct {
	Name  string
	Steps []Step
}

// ZigZag shows the order in which steps of tasks ran: in each panel a column of dots per task, each dot with the
// position of its step, and a line for each worker through its steps. One worker that alternates draws a
// zig-zag; two workers draw two lines side by side.
type ZigZag struct {
	orders []Order
	tasks  int
	rows   int // most steps that any task has
}

// NewZigZag makes the picture from measured orders. It returns [ErrEmpty], or [ErrShape] for a negative task or
// worker, more than 6 tasks, or more than 12 steps of one task.
func NewZigZag(orders ...Order) (*ZigZag, error) {
	if len(orders) == 0 {
		return nil, fmt.Errorf("zig-zag: %w", ErrEmpty)
	}
	z := &ZigZag{orders: slices.Clone(orders)}
	for i, o := range orders {
		if len(o.Steps) == 0 {
			return nil, fmt.Errorf("zig-zag: order %q: %w", o.Name, ErrEmpty)
		}
		z.orders[i].Steps = slices.Clone(o.Steps)
		count := map[int]int{}
		for _, s := range o.Steps {
			if s.Task < 0 || s.Task > 5 || s.Worker < 0 {
				return nil, fmt.Errorf("zig-zag: order %q: task %d on worker %d: %w", o.Name, s.Task, s.Worker, ErrShape)
			}
			count[s.Task]++
			z.tasks, z.rows = max(z.tasks, s.Task+1), max(z.rows, count[s.Task])
		}
	}
	if z.rows > 12 {
		return nil, fmt.Errorf("zig-zag: %d steps in one task: %w", z.rows, ErrShape)
	}
	return z, nil
}

// DataRange covers the panels, each tasks wide with a gap of one.
func (z *ZigZag) DataRange() (xmin, xmax, ymin, ymax float64) {
	return -0.7, float64(len(z.orders)*(z.tasks+1)) - 1.3, -float64(z.rows) - 0.7, 0.9
}

// Layout hides the axes: position says only which task, and which of its steps.
func (z *ZigZag) Layout(p *plot.Plot, t Theme) {
	p.X.Label.Text, p.Y.Label.Text = "", ""
	p.HideAxes()
}

// dot returns where step i of an order is drawn.
func (z *ZigZag) dot(panel, i int) (x, y float64) {
	row := 0
	for _, s := range z.orders[panel].Steps[:i] {
		if s.Task == z.orders[panel].Steps[i].Task {
			row++
		}
	}
	return float64(panel*(z.tasks+1) + z.orders[panel].Steps[i].Task), -float64(row) - 0.5
}

// Draw draws the panels.
func (z *ZigZag) Draw(c draw.Canvas, p *plot.Plot, t Theme) {
	xy := func(x, y float64) vg.Point { return vg.Point{X: c.X(p.X.Norm(x)), Y: c.Y(p.Y.Norm(y))} }
	radius := min(t.em(1.15), (c.Max.Y-c.Min.Y)/vg.Length(z.rows+2)*0.32) // the lines between dots stay visible
	number := bold(at(t.letters(float64(radius)/pointsPerPixel*0.95, white), text.XCenter, text.YCenter))
	name := bold(at(t.letters(t.Label, ink), text.XCenter, text.YCenter))
	for panel, o := range z.orders {
		left := float64(panel * (z.tasks + 1))
		low, high := xy(left-0.6, -float64(z.rows)-0.1), xy(left+float64(z.tasks)-0.4, 0.1)
		outline(c, draw.LineStyle{Color: model, Width: px(t.Line / 2)}, low.X, low.Y, high.X, high.Y)
		c.FillText(name, xy(left+float64(z.tasks-1)/2, 0.55), o.Name)
		for task := range z.tasks {
			c.FillText(at(t.letters(t.Tick*0.9, dim), text.XCenter, text.YCenter), xy(left+float64(task), -float64(z.rows)-0.4), "task "+string(rune('A'+task)))
		}
		paths := map[int][]vg.Point{}
		for i, s := range o.Steps {
			paths[s.Worker] = append(paths[s.Worker], xy(z.dot(panel, i)))
		}
		for w := range z.workers(panel) {
			style := draw.LineStyle{Color: dim, Width: px(t.Line * 1.4)}
			if w%2 == 1 {
				style.Dashes = []vg.Length{px(t.Line * 4), px(t.Line * 2.5)}
			}
			c.StrokeLines(style, paths[w])
		}
		for i, s := range o.Steps {
			pt := xy(z.dot(panel, i))
			disc(c, Color(s.Task), pt, radius)
			number.Color = on(Color(s.Task))
			c.FillText(number, pt.Add(vg.Point{Y: radius * 0.08}), fmt.Sprint(i+1))
		}
	}
}

// workers is one more than the largest worker of a panel.
func (z *ZigZag) workers(panel int) (n int) {
	for _, s := range z.orders[panel].Steps {
		n = max(n, s.Worker+1)
	}
	return n
}

// Keys name the lines.
func (z *ZigZag) Keys() []Key {
	most := 0
	for i := range z.orders {
		most = max(most, z.workers(i))
	}
	keys := []Key{{"path of worker 1", dim, Line}}
	if most > 1 {
		keys = append(keys, Key{"path of worker 2", dim, Dash})
	}
	return keys
}

// Note says what the numbers are.
func (z *ZigZag) Note() string {
	return "the number in a dot is the position at which the step started"
}

// Alt spells each order, such as "A1 B1 A2".
func (z *ZigZag) Alt() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Order of the steps of %d tasks in %d runs.", z.tasks, len(z.orders))
	for i, o := range z.orders {
		fmt.Fprintf(&b, " %s, %d at work: %s.", o.Name, z.workers(i), strings.Join(z.spell(i), " "))
	}
	return b.String()
}

func (z *ZigZag) spell(panel int) []string {
	var list []string
	count := map[int]int{}
	for _, s := range z.orders[panel].Steps {
		count[s.Task]++
		list = append(list, fmt.Sprintf("%c%d", 'A'+s.Task, count[s.Task]))
	}
	return list
}

// Table has one row per step.
func (z *ZigZag) Table() (header []string, rows [][]string) {
	for i, o := range z.orders {
		for k, name := range z.spell(i) {
			rows = append(rows, []string{o.Name, fmt.Sprint(k + 1), name, fmt.Sprint(o.Steps[k].Worker + 1)})
		}
	}
	return []string{"run", "position", "step", "worker"}, rows
}
