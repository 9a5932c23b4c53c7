package trace

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	xtrace "golang.org/x/exp/trace"

	"interleave/plots"
)

// stretch is a time in one state of one goroutine.
type stretch struct {
	from, to xtrace.Time
	state    xtrace.GoState
	reason   string
	proc     xtrace.ProcID
}

// goroutine is what the trace told about one goroutine.
type goroutine struct {
	id      xtrace.GoID
	name    string // from trace.Log
	named   int    // when it named itself, from 1; 0 if it did not
	entry   string // its function
	runtime bool   // the function is the runtime's
	done    []stretch
	now     stretch // open; state GoUndetermined or GoNotExist if there is none
}

type mark struct {
	at   xtrace.Time
	goer xtrace.GoID
	proc xtrace.ProcID
	text string
}

// collector takes the events of a trace in order.
type collector struct {
	goers         map[xtrace.GoID]*goroutine
	first, last   xtrace.Time
	begun         bool
	start, finish xtrace.Time // the marks of Record; 0 if there are none
	names         int
	steps, events []mark
}

func newCollector() *collector { return &collector{goers: make(map[xtrace.GoID]*goroutine)} }

func (c *collector) take(e xtrace.Event) {
	if !c.begun {
		c.first, c.begun = e.Time(), true
	}
	c.last = max(c.last, e.Time())
	switch e.Kind() {
	case xtrace.EventLog:
		c.log(e)
	case xtrace.EventStateTransition:
		if s := e.StateTransition(); s.Resource.Kind == xtrace.ResourceGoroutine {
			c.transition(e, s)
		}
	}
}

func (c *collector) log(e xtrace.Event) {
	l := e.Log()
	m := mark{at: e.Time(), goer: e.Goroutine(), proc: e.Proc(), text: l.Message}
	switch l.Category {
	case "lane":
		if g := c.goers[e.Goroutine()]; g != nil && g.named == 0 {
			c.names++
			g.name, g.named = l.Message, c.names
		}
	case "step":
		c.steps = append(c.steps, m)
	case "event":
		c.events = append(c.events, m)
	case category:
		if l.Message == begin {
			c.start = e.Time()
		} else {
			c.finish = e.Time()
		}
	}
}

func (c *collector) transition(e xtrace.Event, s xtrace.StateTransition) {
	id := s.Resource.Goroutine()
	g := c.goers[id]
	if g == nil {
		g = &goroutine{id: id}
		c.goers[id] = g
	}
	from, to := s.Goroutine()
	if g.entry == "" {
		for f := range s.Stack.Frames() {
			g.entry = f.Func // the last one is where the goroutine began
		}
		g.runtime = strings.HasPrefix(g.entry, "runtime.") && g.entry != "runtime.main" ||
			strings.HasPrefix(g.entry, "runtime/trace.")
	}
	if from == to {
		return // the trace repeats the state at the start of each part
	}
	g.close(e.Time())
	g.now = stretch{from: e.Time(), state: to, reason: s.Reason, proc: xtrace.NoProc}
	if to == xtrace.GoRunning {
		g.now.proc = e.Proc()
	}
}

func (g *goroutine) close(at xtrace.Time) {
	switch g.now.state {
	case xtrace.GoRunnable, xtrace.GoRunning, xtrace.GoWaiting, xtrace.GoSyscall:
		if g.now.to = at; at > g.now.from {
			g.done = append(g.done, g.now)
		}
	}
	g.now = stretch{}
}

var states = map[xtrace.GoState]plots.State{
	xtrace.GoRunnable: plots.Runnable, xtrace.GoRunning: plots.Running,
	xtrace.GoWaiting: plots.Waiting, xtrace.GoSyscall: plots.Syscall,
}

// recording cuts everything to the marks of Record, if there are any, and names the lanes.
func (c *collector) recording() (*Recording, error) {
	from, to := c.first, c.last
	if c.start != 0 {
		from = c.start
	}
	if c.finish != 0 {
		to = c.finish
	}
	list := make([]*goroutine, 0, len(c.goers))
	for _, g := range c.goers {
		g.close(c.last)
		if g.named > 0 || !g.runtime {
			list = append(list, g)
		}
	}
	slices.SortFunc(list, func(a, b *goroutine) int {
		return cmp.Or(cmp.Compare(order(a), order(b)), cmp.Compare(a.id, b.id))
	})
	rec := &Recording{Length: to.Sub(from)}
	lanes := lanes(list)
	for _, g := range list {
		for _, s := range g.done {
			start, stop := max(s.from, from), min(s.to, to)
			if stop <= start {
				continue
			}
			v := plots.Interval{
				Lane: lanes[g.id], Start: start.Sub(from), End: stop.Sub(from), State: states[s.state], Reason: s.reason,
			}
			rec.Goroutines = append(rec.Goroutines, v)
			if s.proc != xtrace.NoProc {
				rec.Processors = append(rec.Processors, plots.Interval{
					Lane: fmt.Sprintf("P%d", s.proc), Start: v.Start, End: v.End, State: plots.State(v.Lane),
				})
			}
		}
	}
	slices.SortStableFunc(rec.Processors, func(a, b plots.Interval) int {
		return cmp.Or(cmp.Compare(len(a.Lane), len(b.Lane)), cmp.Compare(a.Lane, b.Lane), cmp.Compare(a.Start, b.Start))
	})
	for _, m := range c.events {
		rec.Events = append(rec.Events, plots.Event{At: clamp(m.at.Sub(from), rec.Length), Name: m.text})
	}
	for _, m := range c.steps {
		rec.Steps = append(rec.Steps, Step{
			At: clamp(m.at.Sub(from), rec.Length), Name: m.text, Lane: lanes[m.goer], Processor: int(m.proc),
		})
	}
	if len(rec.Goroutines) == 0 {
		return nil, fmt.Errorf("read trace: %w", ErrNoEvents)
	}
	return rec, nil
}

func clamp(d, length time.Duration) time.Duration { return min(max(d, 0), length) }

// order puts goroutines with names first.
func order(g *goroutine) int {
	if g.named == 0 {
		return 1 << 30
	}
	return g.named
}

// lanes names each goroutine: by what it logged, else by its function and number. A name that two goroutines chose
// is followed by the number of the second one.
func lanes(list []*goroutine) map[xtrace.GoID]string {
	names := make(map[xtrace.GoID]string)
	taken := make(map[string]bool)
	for _, g := range list {
		name := g.name
		if g.named == 0 {
			name = fmt.Sprintf("%s G%d", short(g.entry), g.id)
		} else if taken[name] {
			name = fmt.Sprintf("%s G%d", name, g.id)
		}
		taken[name] = true
		names[g.id] = name
	}
	return names
}

// short drops the directories of a function's package.
func short(function string) string {
	if function == "" {
		return "goroutine"
	}
	return path.Base(function)
}
