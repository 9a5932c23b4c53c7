package wire

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/go-zeromq/zmq4"
)

// socket is one listening socket and its peers. What it does with a message is a function, given before
// start.
type socket struct {
	channel     Channel
	kind        zmq4.SocketType
	limits      limits
	queueBytes  int64 // a peer with more is full
	srv         *Server
	log         *slog.Logger
	message     func(p *peer, frames [][]byte)
	subscribe   func(p *peer, topic string) error
	unsubscribe func(p *peer, topic string)
	left        func(p *peer) // its reader has ended
	room        func()        // a full peer has room again, or is gone
	listener    net.Listener

	mu      sync.Mutex
	peers   map[*peer]bool // true once the handshake is over
	arrived uint64
	stopped bool
}

func (s *socket) start(l net.Listener) {
	s.listener = l
	s.srv.running.Go(func() { s.accept(l) })
}

// accept hands each connection to a goroutine of its own, so that a silent one holds up nobody. It
// outlives every error but the closing of the listener: with no file descriptor left it waits.
func (s *socket) accept(l net.Listener) {
	const shortest, longest = 5 * time.Millisecond, time.Second
	delay := time.Duration(0)
	for {
		conn, err := l.Accept()
		if err == nil {
			delay = 0
			s.add(conn)
			continue
		}
		if errors.Is(err, net.ErrClosed) || s.srv.isClosing() {
			return
		}
		if delay == 0 {
			s.log.Warn("cannot accept connections for now", "err", err)
		}
		delay = min(max(2*delay, shortest), longest)
		select {
		case <-time.After(delay):
		case <-s.srv.closing:
			return
		}
	}
}

// add takes in a connection. When there are too many, the oldest that has proven nothing makes room.
func (s *socket) add(conn net.Conn) {
	s.mu.Lock()
	if s.stopped {
		s.mu.Unlock()
		conn.Close()
		return
	}
	var oldest *peer
	if len(s.peers) >= s.srv.opts.MaxPeers {
		for p := range s.peers {
			if !p.guard.proven.Load() && (oldest == nil || p.born < oldest.born) {
				oldest = p
			}
		}
		if oldest == nil {
			s.mu.Unlock()
			s.log.Warn("connection refused: too many peers", "limit", s.srv.opts.MaxPeers)
			conn.Close()
			return
		}
		delete(s.peers, oldest)
	}
	s.arrived++
	p := newPeer(s, conn, s.arrived)
	s.peers[p] = false
	s.srv.running.Go(func() { s.serve(p) })
	s.mu.Unlock()
	if oldest != nil {
		oldest.end(errors.New("made room for a newer peer"))
	}
}

// serve runs the reader of a peer.
func (s *socket) serve(p *peer) {
	defer s.remove(p)
	if err := p.handshake(s.srv.opts.Handshake); err != nil {
		p.end(err)
		s.logEnd(p, "handshake failed", err)
		return
	}
	if !s.opened(p) {
		p.end(errClosing)
		return
	}
	s.srv.running.Go(p.write)
	for {
		frames, err := p.receive()
		if err != nil {
			p.end(err)
			s.logEnd(p, "connection closed", p.why())
			return
		}
		if !s.srv.isClosing() { // else read on, to see the peer close its side
			s.message(p, frames)
		}
	}
}

func (s *socket) opened(p *peer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.peers[p]; !ok || s.stopped {
		return false
	}
	s.peers[p] = true
	return true
}

func (s *socket) remove(p *peer) {
	p.guard.endMessage()
	s.left(p)
	s.mu.Lock()
	delete(s.peers, p)
	s.mu.Unlock()
}

// logEnd reports what a peer did wrong. A connection that is opened and closed at once is a front end
// looking whether the port is up, and leaves no trace.
func (s *socket) logEnd(p *peer, what string, err error) {
	for _, ordinary := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE, net.ErrClosed, errClosing} {
		if errors.Is(err, ordinary) {
			if p.guard.read.Load() {
				s.log.Debug(what, "peer", p.guard.RemoteAddr().String(), "err", err)
			}
			return
		}
	}
	s.log.Warn(what, "peer", p.guard.RemoteAddr().String(), "err", err)
}

// stop closes the listener, ends the peers in their handshake, and returns the others, which write what
// they have queued and then end.
func (s *socket) stop() []*peer {
	s.mu.Lock()
	s.stopped = true
	var open, raw []*peer
	for p, opened := range s.peers {
		if opened {
			open = append(open, p)
		} else {
			raw = append(raw, p)
		}
	}
	s.mu.Unlock()
	s.listener.Close()
	for _, p := range raw {
		p.end(errClosing)
	}
	for _, p := range open {
		p.finish()
	}
	return open
}

// newest returns the last peer to arrive under an identity, or nil. With an empty identity it returns the
// only peer there is.
func (s *socket) newest(id string) *peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found *peer
	for p, opened := range s.peers {
		if !opened || p.id != id && id != "" {
			continue
		}
		if id == "" && found != nil {
			return nil
		}
		if found == nil || p.born > found.born {
			found = p
		}
	}
	return found
}
