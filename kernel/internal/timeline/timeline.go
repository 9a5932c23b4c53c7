// Package timeline reads execution traces of package runtime/trace, as golang.org/x/exp/trace decodes them, into
// the intervals of goroutines and processors, and draws them. It knows nothing of cells: the caller says how a place
// in a file is called. It starts no goroutine.
//
// Three logs of the traced program are understood: category "lane" names the goroutine that writes it, "event"
// marks a moment, and "interleave" with "begin" and "end" marks the main goroutine and the span that is shown.
package timeline

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"golang.org/x/exp/trace"

	"interleave/plots/states"
)

// State is what a goroutine does.
type State int

const (
	Running State = iota
	Syscall
	Runnable
	Waiting
	stateCount = 4
)

func (s State) String() string {
	return [stateCount]string{"running", "syscall", "runnable", "waiting"}[s]
}

// Span is a stretch of time in one state. Times count from the trace's start.
type Span struct {
	Start, End time.Duration
	State      State
	Reason     string // of Waiting: "chan receive", "sync", "sleep"
	Other      int64  // the P a goroutine runs on, or the goroutine a P runs; -1 for none
}

// Lane is a goroutine or a P.
type Lane struct {
	ID    int64
	Name  string
	Spans []Span // in order, without overlaps
}

// Total is the time spent in a state.
func (l Lane) Total(s State) (d time.Duration) {
	for _, v := range l.Spans {
		if v.State == s {
			d += v.End - v.Start
		}
	}
	return d
}

// Mark is a moment with a name.
type Mark struct {
	At   time.Duration
	Name string
}

// Trace is what a trace tells. Goroutines are in the order in which they began, the main one first.
type Trace struct {
	Goroutines, Processors []Lane
	GC                     []Span
	Marks                  []Mark
	Length                 time.Duration
	Events                 int  // that were read
	Cut                    bool // MaxEvents was reached, or the trace breaks off: what came later is missing
}

// MaxEvents is how many events are read: about a second's work.
const MaxEvents = 600_000

// ErrEmpty is returned for a trace in which nothing ran.
var ErrEmpty = errors.New("the trace holds no goroutine")

// Read reads a trace. place names a line of a file, "" for one that shall not name a goroutine. A trace that
// breaks off is read as far as it goes.
func Read(r io.Reader, place func(file string, line int) string) (*Trace, error) {
	read, err := states.Read(r, MaxEvents)
	if read == nil {
		return nil, fmt.Errorf("read trace: %w", err)
	}
	b := newBuilder(read, place)
	t := &Trace{Length: b.window.To.Sub(b.window.From), Events: read.Events, Cut: err != nil}
	t.Goroutines, t.Processors = b.lanes()
	for _, c := range read.Collections {
		if part, ok := c.Within(b.window); ok {
			t.GC = append(t.GC, b.span(part))
		}
	}
	for _, l := range read.Logs {
		if l.Category == "event" && l.At >= b.window.From && l.At <= b.window.To {
			t.Marks = append(t.Marks, Mark{l.At.Sub(b.window.From), l.Text})
		}
	}
	if len(t.Goroutines) == 0 {
		return nil, ErrEmpty
	}
	return t, nil
}

// builder says what of a trace is shown, and by which names.
type builder struct {
	read   *states.Trace
	place  func(string, int) string
	window states.Period // that is shown
	main   trace.GoID
	said   map[trace.GoID]string // the names that goroutines have given themselves
}

func newBuilder(read *states.Trace, place func(string, int) string) *builder {
	b := &builder{
		read: read, place: place, window: states.Period{From: read.First, To: read.Last}, main: trace.NoGoroutine,
		said: map[trace.GoID]string{},
	}
	for _, l := range read.Logs {
		switch {
		case l.Category == "lane":
			b.said[l.Goroutine] = l.Text
		case l.Category == "interleave" && l.Text == "begin":
			b.window.From, b.main = l.At, l.Goroutine
		case l.Category == "interleave":
			b.window.To = l.At
		}
	}
	return b
}

// span is a period of the window in the times of a Trace.
func (b *builder) span(p states.Period) Span {
	return Span{Start: p.From.Sub(b.window.From), End: p.To.Sub(b.window.From)}
}

var known = map[trace.GoState]State{
	trace.GoRunning: Running, trace.GoRunnable: Runnable, trace.GoWaiting: Waiting, trace.GoSyscall: Syscall,
}

// lanes cuts everything to the window and names the lanes.
func (b *builder) lanes() (goroutines, processors []Lane) {
	list := slices.Clone(b.read.Goroutines)
	slices.SortFunc(list, func(x, y *states.Goroutine) int {
		return cmp.Or(cmp.Compare(order(x, b.main), order(y, b.main)), cmp.Compare(x.Born, y.Born), cmp.Compare(x.ID, y.ID))
	})
	procs := map[trace.ProcID][]Span{}
	for _, g := range list {
		name, visible := b.name(g)
		lane := Lane{ID: int64(g.ID), Name: name}
		for _, s := range g.Spans {
			part, ok := s.Within(b.window)
			if !ok {
				continue
			}
			v := b.span(part)
			v.State, v.Other = known[s.State], int64(s.Proc)
			if v.State == Waiting {
				v.Reason = s.Reason
			}
			lane.Spans = append(lane.Spans, v)
			if v.State == Running && s.Proc != trace.NoProc {
				procs[s.Proc] = append(procs[s.Proc], Span{v.Start, v.End, Running, lane.Name, lane.ID})
			}
		}
		if len(lane.Spans) > 0 && visible {
			goroutines = append(goroutines, lane)
		}
	}
	for id, spans := range procs {
		slices.SortFunc(spans, func(a, b Span) int { return cmp.Compare(a.Start, b.Start) })
		processors = append(processors, Lane{ID: int64(id), Name: fmt.Sprintf("P%d", id), Spans: spans})
	}
	slices.SortFunc(processors, func(a, b Lane) int { return cmp.Compare(a.ID, b.ID) })
	return goroutines, processors
}

func order(g *states.Goroutine, main trace.GoID) int {
	if g.ID == main {
		return 0
	}
	return 1
}

// name names a goroutine: as it named itself, or by the line that started it and its number. Neither the runtime's nor
// the worker's own, whose main only waits for commands, is visible.
func (b *builder) name(g *states.Goroutine) (name string, visible bool) {
	entry := ""
	if n := len(g.Stack); n > 0 {
		entry = g.Stack[n-1].Func
	}
	at := b.placeOf(g.Creator)
	if at == "" && !g.AtBirth {
		at = b.placeOf(g.Stack)
	}
	said := b.said[g.ID]
	host := strings.HasPrefix(entry, "runtime.") || strings.HasPrefix(entry, "runtime/") || entry == "main.main" ||
		strings.Contains(entry, "/worker/inmate.")
	visible = !host && entry+at+said != "" || g.ID == b.main
	switch {
	case g.ID == b.main && said == "":
		return "the cell", visible
	case said != "":
		return said, visible
	case at != "":
		return fmt.Sprintf("%s g%d", at, g.ID), visible
	case entry == "":
		return fmt.Sprintf("g%d", g.ID), visible
	}
	return fmt.Sprintf("%s g%d", entry[strings.LastIndexByte(entry, '/')+1:], g.ID), visible
}

// placeOf is the first place in a stack that has a name.
func (b *builder) placeOf(stack []trace.StackFrame) string {
	for _, f := range stack {
		if at := b.place(f.File, int(f.Line)); at != "" {
			return at
		}
	}
	return ""
}
