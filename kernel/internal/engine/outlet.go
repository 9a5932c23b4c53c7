package engine

import (
	"bytes"
	"context"
	"errors"
	"sync"

	"interleave/kernel/internal/address"
	"interleave/kernel/internal/events"
	"interleave/kernel/internal/magic"
	"interleave/kernel/internal/session"
	"interleave/kernel/internal/worker"
)

// outlet passes what the worker says to the output of the cell that runs, or ran last.
type outlet struct {
	mu      sync.Mutex
	out     session.Output
	places  func(text string) string // writes the places in a text as the reader knows them
	id      []byte                   // the content id of the cell that runs
	input   func(ctx context.Context, prompt string, password bool) (string, error)
	comm    func(events.Comm)
	capture *session.Bundle // set while a user expression is evaluated
}

func (o *outlet) attach(out session.Output, id string, input func(context.Context, string, bool) (string, error)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.out, o.id, o.input = out, []byte(id), input
}

func (o *outlet) current() session.Output {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.out
}

// Text implements worker.Handler. Package log and stacks that a cell prints itself name its file, which is its content id.
func (o *outlet) Text(name string, b []byte) {
	o.mu.Lock()
	out, id := o.out, o.id
	o.mu.Unlock()
	if out == nil {
		return
	}
	if bytes.Contains(b, cellFolder) || len(id) > 0 && bytes.Contains(b, id) {
		b = []byte(o.places(string(b)))
	}
	out.Stream(name, b)
}

var cellFolder = []byte(address.Folder)

// Event implements worker.Handler.
func (o *outlet) Event(ev worker.Event) {
	if ev.Kind == events.Comms {
		if ev.Comm != nil {
			o.comm(*ev.Comm)
		}
		return
	}
	out := o.current()
	if out == nil || ev.Kind == events.Result && o.captured(ev.Any()) {
		return
	}
	magic.Publish(out, ev)
}

// captured keeps a result for a user expression.
func (o *outlet) captured(b session.Bundle) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.capture == nil {
		return false
	}
	*o.capture = b
	return true
}

func (o *outlet) setCapture(b *session.Bundle) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.capture = b
}

// errNoInput is what a cell gets that asks a client which does not want to be asked.
var errNoInput error = noInput{"it runs the notebook with allow_stdin off"}

// noInput is why nobody can be asked.
type noInput struct{ why string }

func (e noInput) Error() string { return "this front end cannot be asked for input (" + e.why + ")" }

// Is makes it the worker's ErrNoInput.
func (noInput) Is(target error) bool { return target == worker.ErrNoInput }

// Input implements worker.Handler.
func (o *outlet) Input(ctx context.Context, prompt string, password bool) (string, error) {
	o.mu.Lock()
	ask := o.input
	o.mu.Unlock()
	if ask == nil {
		return "", errNoInput
	}
	line, err := ask(ctx, prompt, password)
	if not := new(session.NotAskedError); errors.As(err, &not) {
		err = noInput{not.Err.Error()}
	}
	return line, err
}
