// Package timeline records which goroutine ran when, from the execution trace of the runtime itself.
//
// [Record] runs a function under runtime/trace; each goroutine that calls [Name] gets a [Lane] with its states.
// A program in another process can write its own trace, with [Category] as the category of its names, and have it
// read by [Read]. Nothing is drawn and nothing is sampled: the spans are the scheduler's own events.
//
// Only one trace can be recorded at a time in a process, as runtime/trace has it. The package starts no goroutine;
// the tracer's own end before Record returns.
package timeline

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"runtime/trace"
	"slices"
	"time"

	"interleave/plots/states"
)

// Category is the category of the log events by which goroutines say who they are. The messages "begin" and "end"
// of category Category+".window" bound what is shown.
const Category = "lane"

const window = Category + ".window"

// State is what a goroutine was doing.
type State string

// The states.
const (
	Running  State = "running"
	Runnable State = "runnable" // ready, waiting for a P
	Waiting  State = "waiting"  // blocked, for the span's reason
	Syscall  State = "syscall"
)

// Span is a time in one state.
type Span struct {
	State      State
	Reason     string        // why it waits, in the runtime's words such as "sleep" or "chan receive"; else ""
	Proc       int           // the P it ran on; -1 unless running
	Start, End time.Duration // since the begin of the window
}

// Length is how long the span took.
func (s Span) Length() time.Duration { return s.End - s.Start }

// Lane is the life of one goroutine within the window.
type Lane struct {
	Name      string
	Goroutine int64
	Spans     []Span
	Ended     bool // the goroutine ended within the window
}

// Total is how long the goroutine was in a state.
func (l Lane) Total(s State) time.Duration {
	var sum time.Duration
	for _, x := range l.Spans {
		if x.State == s {
			sum += x.Length()
		}
	}
	return sum
}

// Mark is an instant that the program named by [Note].
type Mark struct {
	Lane string // of the goroutine that marked it; "" if that has no lane
	Text string
	At   time.Duration
}

// Timeline is what happened in the window. Lanes are in the order in which goroutines named themselves.
type Timeline struct {
	Wall  time.Duration
	Lanes []Lane
	Marks []Mark
}

// Lane finds a lane by its name; nil if there is none.
func (t *Timeline) Lane(name string) *Lane {
	for i := range t.Lanes {
		if t.Lanes[i].Name == name {
			return &t.Lanes[i]
		}
	}
	return nil
}

// SortByName puts the lanes in the order of their names, for goroutines that name themselves as they come to run.
func (t *Timeline) SortByName() {
	slices.SortStableFunc(t.Lanes, func(a, b Lane) int { return cmp.Compare(a.Name, b.Name) })
}

// Order is the names of the lanes in the order in which their running spans began.
func (t *Timeline) Order() []string {
	type begin struct {
		name string
		at   time.Duration
	}
	var all []begin
	for _, l := range t.Lanes {
		for _, s := range l.Spans {
			if s.State == Running {
				all = append(all, begin{l.Name, s.Start})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b begin) int { return cmp.Compare(a.at, b.at) })
	names := make([]string, len(all))
	for i, b := range all {
		names[i] = b.name
	}
	return names
}

// Name gives the calling goroutine a lane.
func Name(name string) { trace.Log(context.Background(), Category, name) }

// Note marks this instant in the lane of the calling goroutine.
func Note(text string) { trace.Log(context.Background(), Category+".mark", text) }

// Record runs f under the tracer. The window is the time that f takes.
func Record(f func()) (*Timeline, error) {
	var buf bytes.Buffer
	if err := trace.Start(&buf); err != nil {
		return nil, fmt.Errorf("timeline: %w", err)
	}
	func() {
		defer trace.Stop()
		trace.Log(context.Background(), window, "begin")
		defer trace.Log(context.Background(), window, "end")
		f()
	}()
	return Read(&buf)
}

// Read makes a timeline of a trace that runtime/trace has written.
func Read(r io.Reader) (*Timeline, error) {
	t, err := states.Read(r, 0)
	if err != nil {
		return nil, fmt.Errorf("timeline: %w", err)
	}
	return build(t)
}
