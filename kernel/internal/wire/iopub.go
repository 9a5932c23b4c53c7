package wire

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// maxTopics and maxTopic bound the subscriptions of one peer, which needs no key for them. Jupyter clients have one, to everything.
const (
	maxTopics = 64
	maxTopic  = 1 << 10
)

var (
	errStalled = errors.New("the subscriber has stopped reading")
	errTopics  = errors.New("the peer has too many subscriptions, or too long ones")
)

// iopub is the XPUB socket. Its lock orders messages: all peers get them in the same order.
type iopub struct {
	srv  *Server
	sock *socket

	mu     sync.Mutex
	cond   sync.Cond // a full peer has room, or is gone, or has been stalled too long
	peers  map[*peer]bool
	closed bool
}

func newIOPub(s *Server, k *socket) *iopub {
	b := &iopub{srv: s, sock: k, peers: make(map[*peer]bool)}
	b.cond.L = &b.mu
	k.message = b.message
	k.subscribe = b.subscribe
	k.unsubscribe = b.cancel
	k.left = b.forget
	k.room = b.wakeAll
	return b
}

// message takes the subscriptions of ZMTP 3.0, which are messages. All else that subscribers say is
// ignored.
func (b *iopub) message(p *peer, frames [][]byte) {
	if len(frames) != 1 || len(frames[0]) == 0 {
		return
	}
	topic := string(frames[0][1:])
	switch frames[0][0] {
	case 0:
		b.cancel(p, topic)
	case 1:
		if err := b.subscribe(p, topic); err != nil {
			p.end(err)
		}
	}
}

// subscribe queues iopub_welcome and lets every later message follow it.
func (b *iopub) subscribe(p *peer, topic string) error {
	frames, _, err := b.srv.codec.Encode(Outgoing{
		IDs: [][]byte{[]byte(topic)}, Type: "iopub_welcome",
		Content: map[string]any{"subscription": strings.ToValidUTF8(topic, "\uFFFD")},
	})
	if err != nil {
		return err
	}
	added, err := b.enter(p, topic, newItem(frames))
	if added && b.srv.opts.OnSubscribe != nil {
		b.srv.opts.OnSubscribe(topic)
	}
	return err
}

// enter adds a subscription, unless the peer has it. No message can come between it and its welcome.
func (b *iopub) enter(p *peer, topic string, welcome item) (added bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case p.topics[topic] || b.closed:
		return false, nil
	case len(p.topics) >= maxTopics || len(topic) > maxTopic:
		return false, errTopics
	case p.topics == nil:
		p.topics = make(map[string]bool)
	}
	if err := p.offer(welcome, 2*b.srv.opts.QueueBytes); err != nil {
		return false, err
	}
	p.topics[topic] = true
	b.peers[p] = true
	p.guard.proven.Store(true)
	return true, nil
}

func (b *iopub) cancel(p *peer, topic string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(p.topics, topic)
	if len(p.topics) == 0 {
		delete(b.peers, p)
	}
}

func (b *iopub) forget(p *peer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.peers, p)
}

func (b *iopub) wakeAll() {
	b.mu.Lock()
	b.cond.Broadcast()
	b.mu.Unlock()
}

func (b *iopub) close() {
	b.mu.Lock()
	b.closed = true
	b.cond.Broadcast()
	b.mu.Unlock()
}

// Publish sends a message to every subscriber. Messages of one goroutine arrive in its order, and all
// subscribers see the same order. It waits while a subscriber that still reads has QueueBytes unread, unless
// msgType is status, which must not hold up control. A nil parent means that no request caused it.
func (s *Server) Publish(parent *Header, msgType string, content, metadata any, buffers ...[]byte) error {
	frames, _, err := s.codec.Encode(Outgoing{
		IDs:    [][]byte{[]byte("kernel." + s.codec.session + "." + msgType)},
		Type:   msgType,
		Parent: parent, Metadata: metadata, Content: content, Buffers: buffers,
	})
	if err != nil {
		return err
	}
	b := s.iopub
	b.mu.Lock()
	stalled := b.push(newItem(frames), string(frames[0]), msgType == "status")
	closed := b.closed
	b.mu.Unlock()
	for _, p := range stalled {
		p.end(errStalled) // outside the lock, which end takes to wake others
	}
	if closed {
		return fmt.Errorf("publish %s: %w", msgType, ErrClosed)
	}
	return nil
}

// push queues a message for each subscriber of its topic, and returns the peers to be ended.
func (b *iopub) push(it item, topic string, urgent bool) (stalled []*peer) {
	if !urgent {
		stalled = b.waitRoom()
	}
	if b.closed {
		return stalled
	}
	for p := range b.peers {
		if p.subscribed(topic) && p.offer(it, 2*b.srv.opts.QueueBytes) == errUnread {
			delete(b.peers, p)
			stalled = append(stalled, p)
		}
	}
	return stalled
}

// subscribed is called with iopub.mu held.
func (p *peer) subscribed(topic string) bool {
	if p.topics[""] {
		return true
	}
	for t := range p.topics {
		if strings.HasPrefix(topic, t) {
			return true
		}
	}
	return false
}

// waitRoom waits until no subscriber is full. One that has read nothing for too long is taken off the list
// and returned. It is called with mu held.
func (b *iopub) waitRoom() (stalled []*peer) {
	for !b.closed {
		full, since, others := b.firstFull()
		if full == nil {
			return stalled
		}
		limit := b.srv.opts.StallAlone
		if others {
			limit = min(limit, b.srv.opts.StallShared)
		}
		left := limit - time.Since(since)
		if left <= 0 {
			delete(b.peers, full)
			stalled = append(stalled, full)
			continue
		}
		timer := time.AfterFunc(left, b.wakeAll)
		b.cond.Wait()
		timer.Stop()
	}
	return stalled
}

// firstFull returns a full peer, when it last read anything, and whether another peer has room.
func (b *iopub) firstFull() (full *peer, since time.Time, others bool) {
	for p := range b.peers {
		isFull, at := p.fullness()
		switch {
		case !isFull:
			others = true
		case full == nil || at.Before(since):
			full, since = p, at
		}
	}
	return full, since, others
}

// fullness reports whether the peer is full, and since when it has read nothing.
func (p *peer) fullness() (full bool, since time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	since = p.fullSince
	if progress := p.guard.lastProgress(); progress.After(since) {
		since = progress
	}
	return p.full, since
}
