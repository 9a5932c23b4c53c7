// Package stage is where the cells of a notebook, the display package and the worker meet: the one place
// through which rich output leaves a worker and through which a cell learns its context.
//
// It knows nothing of Jupyter or MIME types. The worker connects a sink once, before the first cell runs. A
// program that the kernel runs as a child (%%program) connects itself to pipes that it inherits. In any other
// program Emit reports ErrNotConnected, unless Otherwise has given it a sink. The package starts no goroutine.
package stage

import (
	"context"
	"errors"
	"sync/atomic"

	"interleave/kernel/internal/events"
)

// ErrNotConnected is returned outside of a notebook.
var ErrNotConnected = errors.New("cannot display: connection with Jupyter not available")

// Sink takes events in the order in which one goroutine sends them and returns when the front end's side has
// taken this one, so text printed afterwards comes after it. For Input it returns the reader's line.
type Sink func(events.Event[any]) (reply string, err error)

var (
	sink    atomic.Pointer[Sink]
	current atomic.Pointer[context.Context]
	onShow  atomic.Pointer[func() func()]
)

// Connect sets the sink. Only the worker calls it.
func Connect(s Sink) {
	hosted.Store(true)
	sink.Store(&s)
}

// Otherwise sets the sink of a program that runs outside of a notebook. Where a front end listens it changes nothing.
func Otherwise(s Sink) {
	if !Connected() {
		sink.CompareAndSwap(nil, &s)
	}
}

// Hosted reports whether this process is a notebook's worker, not a program with a way to a front end.
func Hosted() bool { return hosted.Load() }

// Connected reports whether a front end listens.
func Connected() bool { return listener() != nil }

func listener() *Sink {
	if s := sink.Load(); s != nil {
		return s
	}
	inherited()
	return sink.Load()
}

// Emit sends one event. It is safe for concurrent use.
func Emit(e events.Event[any]) (string, error) {
	s := listener()
	if s == nil {
		return "", ErrNotConnected
	}
	return (*s)(e)
}

// OnShow has begin called before the value of a cell's last expression is shown, and what it returns thereafter, until stop is
// called or another takes its place. Only the worker calls it.
func OnShow(begin func() (end func())) (stop func()) {
	onShow.Store(&begin)
	return func() { onShow.CompareAndSwap(&begin, nil) }
}

// Show has the value of a cell's last expression shown by f.
func Show(f func()) {
	if begin := onShow.Load(); begin != nil {
		defer (*begin)()()
	}
	f()
}

// SetContext sets the context of the cell that runs now. Only the worker calls it.
func SetContext(ctx context.Context) { current.Store(&ctx) }

// Context is the context of the cell that runs now, or of the one that ran last: it is cancelled by an
// interrupt and when its cell ends. Outside of a notebook it is context.Background.
func Context() context.Context {
	if c := current.Load(); c != nil {
		return *c
	}
	return context.Background()
}
