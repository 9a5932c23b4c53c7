package schedule

import "fmt"

// Play is a program under a reader's hand: choose the next thread, take a step back, try to break it.
type Play struct {
	program  *Program
	schedule Schedule
	run      *Run
}

// Choice is a thread and the step it would take next.
type Choice struct {
	Thread int
	Name   string
	Step   string // in the words of the table
	Why    string // why it cannot be chosen; "" if it can
}

// Play begins at the start.
func (p *Program) Play() *Play {
	g := &Play{program: p}
	g.again(nil)
	return g
}

// again replays a schedule and makes it the current one; it changes nothing when the schedule cannot be run.
func (g *Play) again(s Schedule) error {
	run, err := g.program.replay(s)
	if err != nil {
		return err
	}
	g.schedule, g.run = s, run
	return nil
}

// Choose lets threads take the next steps, one each, in the order given. At the first that cannot it stops with
// an error that says what that thread waits for; the steps before it stay taken.
func (g *Play) Choose(threads ...int) error {
	for _, n := range threads {
		if err := g.again(append(g.schedule[:len(g.schedule):len(g.schedule)], n)); err != nil {
			return err
		}
	}
	return nil
}

// Undo takes the last step back and reports whether there was one.
func (g *Play) Undo() bool {
	n := len(g.schedule)
	if n == 0 {
		return false
	}
	if err := g.again(g.schedule[: n-1 : n-1]); err != nil {
		panic(fmt.Sprint("schedule: the program does not repeat itself: ", err))
	}
	return true
}

// Choices lists the threads that have not ended, with their next steps.
func (g *Play) Choices() []Choice {
	m := g.program.boot()
	defer m.close()
	for _, n := range g.schedule {
		m.step(n)
	}
	var out []Choice
	for _, t := range m.unfinished() {
		c := Choice{Thread: t.number, Name: m.nameOf(t), Step: m.label(t, English())}
		if err := m.check(t.number); err != nil {
			c.Why = err.Error()
		}
		out = append(out, c)
	}
	return out
}

// Run is the play so far: its end says whether the reader has broken the program.
func (g *Play) Run() *Run { return g.run }

// Table is the play so far.
func (g *Play) Table(words ...Words) *Table { return g.run.Table(words...) }

// SimpleRender is what a notebook shows: the table so far.
func (g *Play) SimpleRender() map[string]any { return g.Table().SimpleRender() }
