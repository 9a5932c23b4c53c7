package session

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"sync"
	"sync/atomic"

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

	comms    *comms
	peer     CommPeer
	detached atomic.Bool
}

// Detach makes later messages of the kernel's side belong to no request: its peer answers when it likes, perhaps
// after the request that is being served is done.
func (c *Comm) Detach() { c.detached.Store(true) }

// errNoComm is returned for a comm that was closed.
var errNoComm = errors.New("the comm is closed")

// comms are the open comms of a session.
type comms struct {
	s *Session

	mu      sync.Mutex
	targets map[string]CommTarget
	open    map[string]*Comm
	parent  json.RawMessage // of messages from the kernel: the comm message being served
}

func newComms(s *Session, targets map[string]CommTarget) *comms {
	own := map[string]CommTarget{}
	maps.Copy(own, targets)
	return &comms{s: s, targets: own, open: map[string]*Comm{}}
}

// OpenComm opens a comm from the kernel's side. It needs a session that serves.
func (s *Session) OpenComm(target string, m CommMessage, peer CommPeer) *Comm {
	c := s.NewComm(uuid.NewString(), target, peer)
	s.AnnounceComm(c, m)
	return c
}

// NewComm is the first half of OpenComm, with an id of the caller's; AnnounceComm is the second.
func (s *Session) NewComm(id, target string, peer CommPeer) *Comm {
	c := &Comm{ID: id, Target: target, comms: s.comms, peer: peer}
	s.comms.put(c)
	return c
}

// AnnounceComm tells the clients of a comm.
func (s *Session) AnnounceComm(c *Comm, m CommMessage) {
	c.send("comm_open", object{"target_name": c.Target}, m)
}

// RegisterComm lets clients open comms for a target; nil ends that.
func (s *Session) RegisterComm(target string, t CommTarget) {
	s.comms.mu.Lock()
	defer s.comms.mu.Unlock()
	if t == nil {
		delete(s.comms.targets, target)
		return
	}
	s.comms.targets[target] = t
}

// CommEngine is an Engine whose code may register targets and open comms. New hands it the session.
type CommEngine interface {
	ServeComms(s *Session)
}

// Send sends a comm_msg to the clients.
func (c *Comm) Send(m CommMessage) error {
	if c.comms.get(c.ID) != c {
		return errNoComm
	}
	c.send("comm_msg", object{}, m)
	return nil
}

// Close closes the comm and tells the clients.
func (c *Comm) Close(m CommMessage) error {
	if !c.comms.drop(c) {
		return errNoComm
	}
	c.send("comm_close", object{}, m)
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
func (c *Comm) send(msgType string, content object, m CommMessage) {
	cs := c.comms
	content["comm_id"] = c.ID
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
	if c.detached.Load() {
		parent = nil
	}
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
	if earlier := s.comms.get(c.ID); earlier != nil && s.comms.drop(earlier) && earlier.peer != nil {
		earlier.peer.Close(CommMessage{}) // an id means one comm: the client has forgotten that it had this one
	}
	refuse := func() { c.send("comm_close", object{}, CommMessage{}) }
	s.comms.mu.Lock()
	target := s.comms.targets[content.Target]
	s.comms.mu.Unlock()
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
