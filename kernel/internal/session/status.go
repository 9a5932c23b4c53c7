package session

import (
	"encoding/json"
	"sync"
)

// statusLine publishes busy and idle. Requests other than cells are served while a cell runs, and front ends
// show the state they heard last: so after the idle of such a request the cell's busy is said again, or the
// kernel would look idle for the rest of a long cell.
type statusLine struct {
	mu   sync.Mutex // held while publishing: the cell's idle must be the last word on that cell
	cell json.RawMessage
}

func (s *Session) busy(req *Request, cell bool) {
	s.status.mu.Lock()
	defer s.status.mu.Unlock()
	if cell {
		s.status.cell = req.Header
	}
	s.say(req.Header, "busy")
}

func (s *Session) idle(req *Request, cell bool) {
	s.status.mu.Lock()
	defer s.status.mu.Unlock()
	s.say(req.Header, "idle")
	switch {
	case cell:
		s.status.cell = nil
	case s.status.cell != nil:
		s.say(s.status.cell, "busy")
	}
}

func (s *Session) say(parent json.RawMessage, state string) {
	s.publish(parent, "status", object{"execution_state": state}, nil, nil)
}
