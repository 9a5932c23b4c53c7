// Package trace turns Go execution traces into the intervals that plots.NewGantt, plots.TwoLanes and
// plots.NewZigZag draw. Every picture of goroutines and processors is of an execution that took place.
//
// The traced program says what the picture should call things, through runtime/trace:
//
//	trace.Log(ctx, "lane", "worker A") // names the goroutine that calls it
//	trace.Log(ctx, "step", "A1")       // marks a step: it appears in Recording.Steps, in the order of the trace
//	trace.Log(ctx, "event", "cancel")  // marks a moment: it appears in Recording.Events
//
// The format is read by golang.org/x/exp/trace, which follows the runtime's. The package has no state; [Record]
// turns the process-wide tracer on for the time of one call.
package trace

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/trace"
	"slices"
	"time"

	"interleave/plots"
	"interleave/plots/states"
)

// ErrNoEvents is returned for a trace in which nothing ran.
var ErrNoEvents = errors.New("trace holds no goroutine")

// Recording is what a trace says. Times count from its start.
type Recording struct {
	// Goroutines are the states of the goroutines: first those that named their lane, in the order in which they
	// did, then the others, except the runtime's own, by number.
	Goroutines []plots.Interval
	// Processors has a lane for each P that ran something; State is the lane of the goroutine that it ran.
	Processors []plots.Interval
	Events     []plots.Event
	Steps      []Step
	Length     time.Duration
}

// Step is a moment marked by the category "step".
type Step struct {
	At        time.Duration
	Name      string // what was logged
	Lane      string // of the goroutine that logged it
	Processor int    // the P on which it ran
}

// Only returns the intervals of the given lanes, in the order of the names; an unknown name has none.
func (r *Recording) Only(lanes ...string) []plots.Interval {
	var list []plots.Interval
	for _, lane := range lanes {
		for _, v := range slices.Concat(r.Goroutines, r.Processors) {
			if v.Lane == lane {
				list = append(list, v)
			}
		}
	}
	return list
}

// The marks that [Record] sets around f.
const (
	category = "interleave/plots/trace"
	begin    = "begin"
	end      = "end"
)

// Record traces the process while f runs and returns the recording of that time. It returns the runtime's error if
// a trace is already on.
func Record(f func()) (*Recording, error) {
	var buf bytes.Buffer
	if err := trace.Start(&buf); err != nil {
		return nil, fmt.Errorf("record trace: %w", err)
	}
	func() {
		defer trace.Stop() // also when f panics
		trace.Log(context.Background(), category, begin)
		f()
		trace.Log(context.Background(), category, end)
	}()
	return Read(&buf)
}

// Read reads a whole trace, as written by runtime/trace.Start or a flight recorder. Bytes that are no trace are an
// error; so is a trace without goroutines, [ErrNoEvents]. It never panics on its input.
func Read(r io.Reader) (*Recording, error) {
	t, err := states.Read(r, 0)
	if err != nil {
		return nil, fmt.Errorf("read trace: %w", err)
	}
	return recording(t)
}
