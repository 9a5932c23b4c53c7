package engine

import (
	"errors"
	"fmt"
	"sync"

	"interleave/kernel/internal/events"
	"interleave/kernel/internal/session"
)

// comms are the comms whose end is in the worker. A worker that ends takes its targets and its open comms along.
type comms struct {
	e *Engine

	mu      sync.Mutex
	host    *session.Session
	targets map[string]bool
	open    map[string]*session.Comm
}

var errNoWorker = errors.New("the worker has ended")

// ServeComms implements session.CommEngine.
func (e *Engine) ServeComms(s *session.Session) {
	e.comms.mu.Lock()
	defer e.comms.mu.Unlock()
	e.comms.host = s
}

// take serves what a cell does with comms. It is called by the worker's reader.
func (cs *comms) take(m events.Comm) {
	cs.mu.Lock()
	host, c := cs.host, cs.open[m.ID]
	cs.mu.Unlock()
	if host == nil {
		return
	}
	message := session.CommMessage{Data: m.Data, Metadata: m.Metadata, Buffers: m.Buffers}
	switch m.Op {
	case events.CommRegister:
		cs.mu.Lock()
		cs.targets[m.Target] = true
		cs.mu.Unlock()
		host.RegisterComm(m.Target, cs.opened)
	case events.CommOpen:
		c := host.NewComm(m.ID, m.Target, &commPeer{cs, m.ID})
		c.Detach()
		cs.keep(c)
		host.AnnounceComm(c, message)
	case events.CommMessage:
		if c != nil {
			c.Send(message) // one that the client has closed meanwhile
		}
	case events.CommClose:
		if c != nil {
			cs.forget(m.ID)
			c.Close(message)
		}
	}
}

// opened is the session.CommTarget of what cells have registered.
func (cs *comms) opened(c *session.Comm, m session.CommMessage) (session.CommPeer, error) {
	c.Detach()
	cs.keep(c)
	p := &commPeer{cs, c.ID}
	if err := p.send(events.CommOpen, c.Target, m); err != nil {
		cs.forget(c.ID)
		return nil, fmt.Errorf("open comm: %w", err)
	}
	return p, nil
}

func (cs *comms) keep(c *session.Comm) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.open[c.ID] = c
}

func (cs *comms) forget(id string) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	delete(cs.open, id)
}

// workerEnded closes every comm and forgets the targets.
func (cs *comms) workerEnded() {
	cs.mu.Lock()
	host, targets, open := cs.host, cs.targets, cs.open
	cs.targets, cs.open = map[string]bool{}, map[string]*session.Comm{}
	cs.mu.Unlock()
	for t := range targets {
		host.RegisterComm(t, nil)
	}
	for _, c := range open {
		c.Close(session.CommMessage{}) // an error says that the client was first
	}
}

// commPeer passes a client's messages on to the worker.
type commPeer struct {
	cs *comms
	id string
}

// Message implements session.CommPeer.
func (p *commPeer) Message(m session.CommMessage) {
	if err := p.send(events.CommMessage, "", m); err != nil {
		p.cs.e.log.Info("a comm's message was not delivered", "comm", p.id, "err", err)
	}
}

// Close implements session.CommPeer.
func (p *commPeer) Close(m session.CommMessage) {
	p.cs.forget(p.id)
	if err := p.send(events.CommClose, "", m); err != nil {
		p.cs.e.log.Info("a comm's end was not delivered", "comm", p.id, "err", err)
	}
}

func (p *commPeer) send(op, target string, m session.CommMessage) error {
	p.cs.e.mu.Lock()
	w := p.cs.e.worker
	p.cs.e.mu.Unlock()
	if w == nil {
		return errNoWorker
	}
	return w.Comm(events.Comm{Op: op, ID: p.id, Target: target, Data: m.Data, Metadata: m.Metadata, Buffers: m.Buffers})
}
