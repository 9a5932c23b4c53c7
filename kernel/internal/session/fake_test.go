package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
)

// fakeEngine runs Go functions in place of cells.
type fakeEngine struct {
	run       func(ctx context.Context, c Cell, out Output) Outcome
	interrupt func()
	complete  func(ctx context.Context, code string, cursor int) Completion
	inspect   func(ctx context.Context, code string, cursor, detail int) Inspection
	check     func(code string) (string, string)
	close     func() error

	mu    sync.Mutex
	cells []Cell
}

func (e *fakeEngine) Execute(ctx context.Context, c Cell, out Output) Outcome {
	e.mu.Lock()
	e.cells = append(e.cells, c)
	e.mu.Unlock()
	if e.run == nil {
		return Outcome{}
	}
	return e.run(ctx, c, out)
}

func (e *fakeEngine) Interrupt() {
	if e.interrupt != nil {
		e.interrupt()
	}
}

func (e *fakeEngine) IsComplete(code string) (string, string) {
	if e.check == nil {
		return "complete", ""
	}
	return e.check(code)
}

func (e *fakeEngine) Complete(ctx context.Context, code string, cursor int) Completion {
	if e.complete == nil {
		return Completion{}
	}
	return e.complete(ctx, code, cursor)
}

func (e *fakeEngine) Inspect(ctx context.Context, code string, cursor, detail int) Inspection {
	if e.inspect == nil {
		return Inspection{}
	}
	return e.inspect(ctx, code, cursor, detail)
}

func (e *fakeEngine) Info() Info {
	return Info{Implementation: "fake", Version: "1.2.3", GoVersion: "1.26.8", Banner: "a fake"}
}

func (e *fakeEngine) Close() error {
	if e.close == nil {
		return nil
	}
	return e.close()
}

// ran returns the code of the cells the engine was given.
func (e *fakeEngine) ran() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var all []string
	for _, c := range e.cells {
		all = append(all, c.Code)
	}
	return all
}

// sent is one message of the session.
type sent struct {
	Message
	via    string // iopub, reply or stdin
	parent string // the id of the request
	header string // the parent header, of what was published
	fields map[string]any
}

// fakeTransport records.
type fakeTransport struct {
	shell, control, stdin chan *Request

	mu   sync.Mutex
	all  []sent
	asks int

	// Set by tests: called before a message is recorded.
	onPublish, onReply func(Message)
	noInput            bool          // Ask fails
	left               chan struct{} // the client of Ask is gone
}

func (t *fakeTransport) Shell() <-chan *Request   { return t.shell }
func (t *fakeTransport) Control() <-chan *Request { return t.control }
func (t *fakeTransport) Stdin() <-chan *Request   { return t.stdin }

func (t *fakeTransport) record(s sent) {
	m := s.Message
	if err := json.Unmarshal(m.Content, &s.fields); err != nil {
		panic(fmt.Sprintf("%s is not an object: %s", m.Type, m.Content))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, s)
}

func (t *fakeTransport) Publish(parent json.RawMessage, m Message) error {
	var h struct {
		ID string `json:"msg_id"`
	}
	if parent == nil {
		h.ID = "-"
	} else if err := json.Unmarshal(parent, &h); err != nil {
		return err
	}
	if t.onPublish != nil {
		t.onPublish(m)
	}
	t.record(sent{Message: m, via: "iopub", parent: h.ID, header: string(parent)})
	return nil
}

func (t *fakeTransport) reply(to *Request, m Message) error {
	if t.onReply != nil {
		t.onReply(m)
	}
	t.record(sent{Message: m, via: "reply", parent: to.ID})
	return nil
}

func (t *fakeTransport) ask(to *Request, m Message) (string, <-chan struct{}, error) {
	if t.noInput {
		return "", nil, errors.New("no stdin")
	}
	t.record(sent{Message: m, via: "stdin", parent: to.ID})
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asks++
	return fmt.Sprintf("ask%d", t.asks), t.left, nil
}
