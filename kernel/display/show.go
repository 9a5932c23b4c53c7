package display

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"

	"interleave/kernel/internal/events"
	"interleave/kernel/internal/stage"
)

// Show shows any value, by the rule for the last expression of a cell: in the middle of a cell, in a loop, in
// a goroutine. A nil shows nothing.
func Show(v any) error {
	d, ok := Bundle(v)
	if !ok && stage.Connected() {
		return nil
	}
	return send(events.Display, d)
}

// ShowID shows a value as Show does, under an id by which [Update] can replace it.
func ShowID(id string, v any) error { return sendID(events.Display, id, v) }

// Update replaces what is shown under an id, wherever it is shown: also in the outputs of earlier cells.
func Update(id string, v any) error { return sendID(events.Update, id, v) }

// sendID shows something even for a value without output: an empty output can be updated later.
func sendID(kind events.Kind, id string, v any) error {
	if id == "" {
		return fmt.Errorf("cannot display: the display id is empty")
	}
	d, ok := Bundle(v)
	if !ok {
		d = Data{Data: MIMEMap{MIMETypeText: ""}}
	}
	d.Transient = overlay(d.Transient, MIMEMap{"display_id": id})
	return send(kind, d)
}

// Handle is one output that changes in place. It is safe for concurrent use; of concurrent updates the last
// to be sent is seen.
type Handle struct {
	id string

	mu    sync.Mutex // held while sending, so that updates arrive in order
	shown bool
}

// New returns a handle for an output that is not shown yet. Without an id it gets one of its own; with the
// id of another handle or of ShowID it stands for the same output.
func New(id ...string) *Handle {
	if len(id) > 0 && id[0] != "" {
		return &Handle{id: id[0]}
	}
	return &Handle{id: fmt.Sprintf("%016x", rand.Uint64())}
}

// ID is the display id.
func (h *Handle) ID() string { return h.id }

// String names the handle.
func (h *Handle) String() string { return "display " + h.id }

// Show shows v here and now, and makes this output (too) the one that Update changes.
func (h *Handle) Show(v any) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.send(events.Display, v)
}

// Update changes the output to v; the first call shows it.
func (h *Handle) Update(v any) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.shown {
		return h.send(events.Display, v)
	}
	return h.send(events.Update, v)
}

// Clear empties the output, if it is shown; it keeps its place.
func (h *Handle) Clear() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.shown {
		return nil
	}
	return h.send(events.Update, nil)
}

func (h *Handle) send(kind events.Kind, v any) error {
	err := sendID(kind, h.id, v)
	h.shown = h.shown || err == nil
	return err
}

// ClearOutput removes what the cell has shown and printed so far. With wait it does so only when the next
// output arrives, so that a picture that changes does not flicker.
func ClearOutput(wait bool) error {
	_, err := stage.Emit(events.Event[any]{Kind: events.Clear, Wait: wait})
	return err
}

// Context is the context of the cell that runs now: it is cancelled when the cell is interrupted and when it
// ends. Long work that watches it can be interrupted without leaving a goroutine behind. Outside of a
// notebook it is context.Background.
func Context() context.Context { return stage.Context() }

// Input asks the reader for a line of text and waits for it. It returns an error when the question is
// interrupted, or when nobody can be asked, as in a notebook that is run by a program.
func Input(prompt string) (string, error) {
	return stage.Emit(events.Event[any]{Kind: events.Input, Prompt: prompt})
}

// Password is Input for what must not be seen: what is typed is not shown and not saved.
func Password(prompt string) (string, error) {
	return stage.Emit(events.Event[any]{Kind: events.Input, Prompt: prompt, Password: true})
}
