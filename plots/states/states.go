// Package states reads Go execution traces into the states of goroutines: who ran when, on which processor, and what
// for the others waited. What of it a picture shows, and by which names, is up to the packages above: plots/trace,
// lessons/timeline and the kernel's %%trace.
//
// The format is read by golang.org/x/exp/trace, which follows the runtime's; times are the trace's own. The package
// draws nothing and starts no goroutine.
package states

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/exp/trace"
)

// Trace is what a trace tells.
type Trace struct {
	First, Last trace.Time
	Goroutines  []*Goroutine // in the order in which they appear
	Collections []Period     // in which the garbage collector marked
	Logs        []Log        // in the order of the trace
	Events      int          // that were read

	byID map[trace.GoID]*Goroutine
}

// Goroutine is what a trace tells of one goroutine.
type Goroutine struct {
	ID      trace.GoID
	Born    trace.Time         // when it appears
	Creator []trace.StackFrame // of the go statement, if that is in the trace
	Stack   []trace.StackFrame // the first of its own that is known; the last frame is the function that it began with
	AtBirth bool               // Stack is of its beginning, when nothing of it had run
	Spans   []Span             // in order, without overlaps
	Ended   bool

	now Span // open; its state is one that is not shown if there is none
}

// Period is a stretch of time.
type Period struct{ From, To trace.Time }

// Within returns the part of the period that lies in another one; ok is false if there is none.
func (p Period) Within(window Period) (part Period, ok bool) {
	part = Period{max(p.From, window.From), min(p.To, window.To)}
	return part, part.From < part.To
}

// Span is a time in one of the states runnable, running, waiting and in a system call.
type Span struct {
	Period
	State  trace.GoState
	Reason string       // of the change to this state
	Proc   trace.ProcID // the P of a goroutine that runs or enters a system call, else trace.NoProc
}

// Log is what the traced program said by runtime/trace.Log.
type Log struct {
	At             trace.Time
	Goroutine      trace.GoID
	Proc           trace.ProcID
	Category, Text string
}

// Goroutine returns a goroutine by its number, nil if the trace does not have it.
func (t *Trace) Goroutine(id trace.GoID) *Goroutine { return t.byID[id] }

// ErrTooLong says that a trace has more events than were to be read.
var ErrTooLong = errors.New("the trace has more events than are read")

// Read reads a trace, as written by runtime/trace.Start or a flight recorder, but no more than most events, unless that
// is 0. Beside an error it returns what it has read until then, nil when that is nothing. It never panics on its input.
func Read(r io.Reader, most int) (t *Trace, err error) {
	defer func() {
		if p := recover(); p != nil { // the decoder says that it may on input that no runtime wrote
			t, err = nil, fmt.Errorf("%v", p)
		}
	}()
	in, err := trace.NewReader(r)
	if err != nil {
		return nil, err
	}
	b := builder{t: &Trace{byID: map[trace.GoID]*Goroutine{}}}
	for err == nil {
		var e trace.Event
		if e, err = in.ReadEvent(); err != nil {
			break
		}
		if b.t.Events == most && most > 0 {
			err = ErrTooLong
			break
		}
		b.take(e)
	}
	if err == io.EOF {
		err = nil
	}
	if b.t.Events == 0 && err != nil {
		return nil, err
	}
	return b.finish(), err
}

// builder takes the events of a trace in order.
type builder struct {
	t          *Trace
	marks      bool // a garbage collection is open
	collection Period
}

// marking is the runtime's name for the part of a garbage collection that runs beside the program.
const marking = "GC concurrent mark phase"

func (b *builder) take(e trace.Event) {
	t := b.t
	if t.Events == 0 {
		t.First = e.Time()
	}
	t.Events++
	t.Last = max(t.Last, e.Time())
	switch e.Kind() {
	case trace.EventLog:
		l := e.Log()
		t.Logs = append(t.Logs, Log{e.Time(), e.Goroutine(), e.Proc(), l.Category, l.Message})
	case trace.EventRangeBegin, trace.EventRangeActive:
		if e.Range().Name == marking && !b.marks {
			b.marks, b.collection.From = true, e.Time()
		}
	case trace.EventRangeEnd:
		if e.Range().Name == marking && b.marks {
			b.marks, b.collection.To = false, e.Time()
			t.Collections = append(t.Collections, b.collection)
		}
	case trace.EventStateTransition:
		if s := e.StateTransition(); s.Resource.Kind == trace.ResourceGoroutine {
			b.transition(e, s)
		}
	}
}

func (b *builder) transition(e trace.Event, s trace.StateTransition) {
	id := s.Resource.Goroutine()
	from, to := s.Goroutine()
	g := b.t.byID[id]
	if g == nil {
		g = &Goroutine{ID: id, Born: e.Time()}
		if from == trace.GoNotExist {
			g.Creator = slices.Collect(e.Stack().Frames())
		}
		b.t.byID[id] = g
		b.t.Goroutines = append(b.t.Goroutines, g)
	}
	if len(g.Stack) == 0 {
		g.Stack, g.AtBirth = slices.Collect(s.Stack.Frames()), from == trace.GoNotExist
	}
	if from == to {
		return // the trace repeats the state at the start of each part
	}
	g.close(e.Time())
	g.Ended = to == trace.GoNotExist
	g.now = Span{Period: Period{From: e.Time()}, State: to, Reason: s.Reason, Proc: trace.NoProc}
	if to == trace.GoRunning || to == trace.GoSyscall {
		g.now.Proc = e.Proc()
	}
}

// close ends the open span.
func (g *Goroutine) close(at trace.Time) {
	switch g.now.State {
	case trace.GoRunnable, trace.GoRunning, trace.GoWaiting, trace.GoSyscall:
		if g.now.To = at; at > g.now.From {
			g.Spans = append(g.Spans, g.now)
		}
	}
	g.now = Span{}
}

// finish closes what is open at the end of the trace.
func (b *builder) finish() *Trace {
	for _, g := range b.t.Goroutines {
		g.close(b.t.Last)
	}
	if b.marks {
		b.collection.To = b.t.Last
		b.t.Collections = append(b.t.Collections, b.collection)
	}
	return b.t
}
