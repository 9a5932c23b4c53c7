package display

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"interleave/kernel/internal/events"
	"interleave/kernel/internal/stage"
)

// Comm is a channel between a cell's code and code in the front end, which may be a JupyterLab extension or a
// script: either side opens it, both send, either closes. It lives while the worker lives. Its methods may be
// called by several goroutines at once.
type Comm struct {
	id, target string

	// Guarded by comms.mu.
	message func(CommMessage)
	closing func(CommMessage)
	early   []events.Comm // came before OnMessage
	closed  bool
}

// CommMessage is what a front end has sent: a JSON object, and bytes beside it.
type CommMessage struct {
	Data     json.RawMessage
	Metadata json.RawMessage
	Buffers  [][]byte
}

// ErrCommClosed is returned by a comm that one side has closed.
var ErrCommClosed = errors.New("the comm is closed")

// comms are the process's. Callbacks are called one at a time, in the order of the messages, by a goroutine that
// is there while messages wait.
var comms struct {
	mu      sync.Mutex
	targets map[string]func(*Comm, CommMessage)
	open    map[string]*Comm
	queue   []events.Comm
	running bool
}

// RegisterComm has opened called for each comm that a front end opens for target; first is what came with it. A
// comm for a target that nobody has registered is closed at once. All callbacks of comms (opened, and those given to
// OnMessage and OnClose) are called one at a time, by a goroutine of their own: also while a cell runs, so what they
// share with cells needs a lock. It fails outside of a notebook.
func RegisterComm(target string, opened func(c *Comm, first CommMessage)) error {
	if opened == nil {
		return errors.New("cannot register comm: no function is given")
	}
	if err := stage.OnComm(deliverComm); err != nil {
		return err
	}
	comms.mu.Lock()
	if comms.targets == nil {
		comms.targets = map[string]func(*Comm, CommMessage){}
	}
	comms.targets[target] = opened
	comms.mu.Unlock()
	return emitComm(events.Comm{Op: events.CommRegister, Target: target})
}

// OpenComm opens a comm from the cell's side. data is a value whose JSON is an object, or nil.
func OpenComm(target string, data any, buffers ...[]byte) (*Comm, error) {
	if err := stage.OnComm(deliverComm); err != nil {
		return nil, err
	}
	c := &Comm{id: rand.Text(), target: target}
	keepComm(c)
	if err := c.emit(events.CommOpen, data, buffers); err != nil {
		c.end()
		return nil, err
	}
	return c, nil
}

// ID names the comm, on both sides.
func (c *Comm) ID() string { return c.id }

// Target is what it was opened for.
func (c *Comm) Target() string { return c.target }

// Send sends a value whose JSON is an object, and bytes beside it, to every front end that is connected.
func (c *Comm) Send(data any, buffers ...[]byte) error {
	comms.mu.Lock()
	closed := c.closed
	comms.mu.Unlock()
	if closed {
		return ErrCommClosed
	}
	return c.emit(events.CommMessage, data, buffers)
}

// OnMessage sets what takes the front end's messages. Those that came before are given to it first.
func (c *Comm) OnMessage(f func(CommMessage)) {
	comms.mu.Lock()
	defer comms.mu.Unlock()
	if c.message = f; f != nil && len(c.early) > 0 {
		comms.queue = append(c.early, comms.queue...)
		c.early = nil
		wakeComms()
	}
}

// OnClose sets what is called when the front end closes the comm.
func (c *Comm) OnClose(f func(CommMessage)) {
	comms.mu.Lock()
	defer comms.mu.Unlock()
	c.closing = f
}

// Close closes the comm on both sides.
func (c *Comm) Close() error {
	if !c.end() {
		return ErrCommClosed
	}
	return c.emit(events.CommClose, nil, nil)
}

// end forgets the comm; false means that it was closed before.
func (c *Comm) end() bool {
	comms.mu.Lock()
	defer comms.mu.Unlock()
	delete(comms.open, c.id)
	was := c.closed
	c.closed = true
	return !was
}

func (c *Comm) emit(op string, data any, buffers [][]byte) error {
	m := events.Comm{Op: op, ID: c.id, Target: c.target, Buffers: buffers}
	if data != nil {
		b, err := json.Marshal(data)
		if err != nil {
			return fmt.Errorf("cannot send over comm: %w", err)
		}
		if string(b) != "null" {
			if b[0] != '{' {
				return fmt.Errorf("cannot send over comm: the JSON of %T is no object", data)
			}
			m.Data = b
		}
	}
	return emitComm(m)
}

func emitComm(m events.Comm) error {
	_, err := stage.Emit(events.Event[any]{Kind: events.Comms, Comm: &m})
	return err
}

func keepComm(c *Comm) {
	comms.mu.Lock()
	defer comms.mu.Unlock()
	if comms.open == nil {
		comms.open = map[string]*Comm{}
	}
	comms.open[c.id] = c
}

// deliverComm takes a front end's message and leaves at once.
func deliverComm(m events.Comm) {
	comms.mu.Lock()
	defer comms.mu.Unlock()
	comms.queue = append(comms.queue, m)
	wakeComms()
}

// wakeComms is called with comms.mu held.
func wakeComms() {
	if !comms.running {
		comms.running = true
		go serveComms()
	}
}

// serveComms ends when no message waits.
func serveComms() {
	for {
		comms.mu.Lock()
		if len(comms.queue) == 0 {
			comms.running = false
			comms.mu.Unlock()
			return
		}
		m := comms.queue[0]
		comms.queue = comms.queue[1:]
		serve := serving(m)
		comms.mu.Unlock()
		if serve != nil {
			serve(CommMessage{m.Data, m.Metadata, m.Buffers})
		}
	}
}

// serving returns what a message is for, nil if nothing is there now. It is called with comms.mu held.
func serving(m events.Comm) func(CommMessage) {
	c, opened := comms.open[m.ID], comms.targets[m.Target]
	switch {
	case m.Op == events.CommOpen && opened != nil:
		if comms.open == nil {
			comms.open = map[string]*Comm{}
		}
		c := &Comm{id: m.ID, target: m.Target}
		comms.open[c.id] = c
		return func(first CommMessage) { opened(c, first) }
	case c == nil: // closed here meanwhile
	case m.Op == events.CommClose:
		delete(comms.open, m.ID)
		c.closed = true
		return c.closing
	case m.Op == events.CommMessage && c.message == nil:
		c.early = append(c.early, m)
	case m.Op == events.CommMessage:
		return c.message
	}
	return nil
}
