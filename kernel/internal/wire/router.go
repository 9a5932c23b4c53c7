package wire

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// Request is a verified message of shell, control or stdin, and the way back to who sent it.
type Request struct {
	Message
	Channel Channel

	srv  *Server
	peer *peer
}

// The reasons for which a client cannot be reached.
var (
	ErrPeerGone = errors.New("the client that asked is gone, or does not read")
	ErrNoStdin  = errors.New("the client that asked has no stdin connection")
)

// receive verifies what a router socket read and hands it on. It blocks while the channel is full, which
// holds up this connection only.
func (s *Server) receive(channel Channel, p *peer, frames [][]byte) {
	m, err := s.codec.decode(frames, MaxContent)
	if err == nil && m.Header.Session == s.Session() {
		err = ErrReflected
	}
	if err != nil {
		p.badMessage(err)
		return
	}
	p.guard.proven.Store(true)
	if m.Excess > 0 {
		go debug.FreeOSMemory() // else it would be held until something else needs memory
	}
	select {
	case s.requests[channel] <- &Request{Message: m, Channel: channel, srv: s, peer: p}:
	case <-s.closing:
	case <-p.ended:
	}
}

// badMessage logs a message that is dropped: the first ten of a peer, then ever fewer, so that junk cannot
// fill the log.
func (p *peer) badMessage(err error) {
	p.bad++
	if p.bad <= 10 || p.bad&(p.bad-1) == 0 {
		p.sock.log.Warn("message dropped", "peer", p.guard.RemoteAddr().String(), "err", err, "dropped", p.bad)
	}
}

// Reply answers on the connection that asked. It never waits.
func (r *Request) Reply(msgType string, content any, buffers ...[]byte) error {
	return r.ReplyMeta(msgType, content, nil, buffers...)
}

// ReplyMeta is Reply with metadata.
func (r *Request) ReplyMeta(msgType string, content, metadata any, buffers ...[]byte) error {
	_, err := r.srv.send(r, r.peer, msgType, content, metadata, buffers)
	return err
}

// Input sends a message, as a rule input_request, to the stdin connection of the client that sent req, and
// returns its msg_id. The answer comes from Stdin, with that id in its parent header; none comes any more when
// gone is closed. When several connections have the client's identity, the newest gets it.
func (s *Server) Input(req *Request, msgType string, content any) (id string, gone <-chan struct{}, err error) {
	p := s.sockets[Stdin].newest(req.peer.id)
	if p == nil {
		return "", nil, ErrNoStdin
	}
	id, err = s.send(req, p, msgType, content, nil, nil)
	return id, p.ended, err
}

func (s *Server) send(req *Request, to *peer, msgType string, content, metadata any, buffers [][]byte) (id string, err error) {
	if s.isClosing() {
		return "", ErrClosed
	}
	frames, id, err := s.codec.Encode(Outgoing{
		IDs: req.IDs, Type: msgType, Parent: &req.Header, Metadata: metadata, Content: content, Buffers: buffers,
	})
	if err != nil {
		return "", err
	}
	if !to.push(newItem(frames), s.opts.QueueBytes) {
		return "", fmt.Errorf("send %s: %w", msgType, ErrPeerGone)
	}
	return id, nil
}
