package session

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"sync"

	"github.com/google/uuid"
)

// CommTarget is asked when a client opens a comm. It returns what takes the client's messages, or an error,
// which closes the comm at once.
type CommTarget func(c *Comm, m CommMessage) (CommPeer, error)

// CommPeer is the kernel's end of a comm. Its methods are called one at a time for all comms of a session.
type CommPeer interface {
	Message(m CommMessage)
	Close(m CommMessage) // the client has closed it
}

// CommMessage is what passes over a comm. Data is a JSON object; nil is an empty one.
type CommMessage struct {
	Data     json.RawMessage
	Metadata json.RawMessage
	Buffers  [][]byte
}

// Comm is an open comm. It is safe for concurrent use.
type Comm struct {
	ID, Target string

	comms *comms
	peer  CommPeer
}

// errNoComm is returned for a comm that was closed.
var errNoComm = errors.New("the comm is closed")

// comms are the open comms of a session.
type comms struct {
	s       *Session
	targets map[string]CommTarget

	mu     sync.Mutex
	open   map[string]*Comm
	parent json.RawMessage // of messages from the kernel: the comm message being served
}

func newComms(s *Session, targets map[string]CommTarget) *comms {
	return &comms{s: s, targets: maps.Clone(targets), open: map[string]*Comm{}}
}

// OpenComm opens a comm from the kernel's side. It needs a session that serves.
func (s *Session) OpenComm(target string, m CommMessage, peer CommPeer) *Comm {
	c := &Comm{ID: uuid.NewString(), Target: target, comms: s.comms, peer: peer}
	s.comms.put(c)
	s.comms.send("comm_open", object{"comm_id": c.ID, "target_name": target}, m)
	return c
}

// Send sends a comm_msg to the clients.
func (c *Comm) Send(m CommMessage) error {
	if c.comms.get(c.ID) != c {
		return errNoComm
	}
	c.comms.send("comm_msg", object{"comm_id": c.ID}, m)
	return nil
}

// Close closes the comm and tells the clients.
func (c *Comm) Close(m CommMessage) error {
	if !c.comms.drop(c) {
		return errNoComm
	}
	c.comms.send("comm_close", object{"comm_id": c.ID}, m)
	return nil
}

func (cs *comms) put(c *Comm) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.open[c.ID] = c
}

func (cs *comms) get(id string) *Comm {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return cs.open[id]
}

func (cs *comms) drop(c *Comm) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.open[c.ID] != c {
		return false
	}
	delete(cs.open, c.ID)
	return true
}

// send publishes for a comm; data is always there, since clients read it unasked.
func (cs *comms) send(msgType string, content object, m CommMessage) {
	content["data"] = m.Data
	if len(m.Data) == 0 {
		content["data"] = object{}
	}
	var metadata any
	if len(m.Metadata) > 0 {
		metadata = m.Metadata
	}
	cs.mu.Lock()
	parent := cs.parent
	cs.mu.Unlock()
	cs.s.publish(parent, msgType, content, metadata, m.Buffers)
}

func (cs *comms) serve(parent json.RawMessage) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.parent = parent
}

// runTalk serves the lane of comm messages until ctx ends.
func (s *Session) runTalk(ctx context.Context) {
	for r := s.talk.next(ctx); r != nil; r = s.talk.next(ctx) {
		if !r.aborted {
			s.comms.serve(r.req.Header)
			s.bracket(ctx, r.req, s.routes[r.req.Type].serve)
			s.comms.serve(nil)
		}
		s.talk.done()
	}
}

// commContent is the content of comm_open, comm_msg and comm_close.
type commContent struct {
	ID     string          `json:"comm_id"`
	Target string          `json:"target_name"`
	Data   json.RawMessage `json:"data"`
}

func (s *Session) readComm(req *Request) (commContent, CommMessage, bool) {
	var content commContent
	if err := decode(req.Content, &content); err != nil || content.ID == "" {
		s.log.Warn("comm message cannot be read", "type", req.Type, "err", err)
		return content, CommMessage{}, false
	}
	return content, CommMessage{Data: content.Data, Metadata: req.Metadata, Buffers: req.Buffers}, true
}

func (s *Session) commOpen(_ context.Context, req *Request) {
	content, m, ok := s.readComm(req)
	if !ok {
		return
	}
	c := &Comm{ID: content.ID, Target: content.Target, comms: s.comms}
	refuse := func() { s.comms.send("comm_close", object{"comm_id": c.ID}, CommMessage{}) }
	target := s.comms.targets[content.Target]
	if target == nil {
		s.log.Info("a comm for an unknown target", "target", content.Target)
		refuse()
		return
	}
	s.comms.put(c)
	peer, err := target(c, m)
	if err != nil {
		s.log.Info("a comm was refused", "target", content.Target, "err", err)
		if s.comms.drop(c) {
			refuse()
		}
		return
	}
	c.peer = peer
}

func (s *Session) commMsg(_ context.Context, req *Request) {
	content, m, ok := s.readComm(req)
	if !ok {
		return
	}
	c := s.comms.get(content.ID)
	if c == nil {
		s.log.Info("a message for an unknown comm", "comm", content.ID)
		return
	}
	if c.peer != nil {
		c.peer.Message(m)
	}
}

func (s *Session) commClose(_ context.Context, req *Request) {
	content, m, ok := s.readComm(req)
	if !ok {
		return
	}
	if c := s.comms.get(content.ID); c != nil && s.comms.drop(c) && c.peer != nil {
		c.peer.Close(m)
	}
}

func (s *Session) commInfo(_ context.Context, req *Request) (object, error) {
	var ask struct {
		Target string `json:"target_name"`
	}
	if err := decode(req.Content, &ask); err != nil {
		return nil, err
	}
	s.comms.mu.Lock()
	defer s.comms.mu.Unlock()
	all := map[string]object{}
	for id, c := range s.comms.open {
		if ask.Target == "" || ask.Target == c.Target {
			all[id] = object{"target_name": c.Target}
		}
	}
	return object{"comms": all}, nil
}
