package wire

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/go-zeromq/zmq4"
	"github.com/go-zeromq/zmq4/security/null"
)

// itemCost is what a queued message costs beside its bytes.
const itemCost = 512

// item is a message in a queue. Its frames are shared between peers and never written to.
type item struct {
	frames [][]byte
	size   int64
}

func newItem(frames [][]byte) item {
	size := int64(itemCost)
	for _, f := range frames {
		size += int64(len(f))
	}
	return item{frames, size}
}

// peer is one connection of one socket: a reader that hands messages on, and a writer that empties a
// queue. The queue is bounded by whoever pushes.
type peer struct {
	sock  *socket
	guard *guard
	born  uint64 // order of arrival on the socket
	codec *zmq4.Conn
	id    string // ZMTP identity, set by the handshake

	wake  chan struct{} // something to write, or the end
	ended chan struct{} // closed with the connection
	wrote chan struct{} // closed when the writer has ended

	mu        sync.Mutex
	queue     []item
	held      int64 // bytes queued or being written
	full      bool  // held has been over the limit, and not yet well below it
	fullSince time.Time
	pong      []byte // the context of an unanswered PING; nil when there is none
	finishing bool   // write what is queued, then end
	reason    error  // why the connection ended; nil while it lives

	topics map[string]bool // subscriptions; guarded by iopub.mu
	bad    int             // messages dropped; the reader's own
}

func newPeer(s *socket, conn net.Conn, born uint64) *peer {
	p := &peer{
		sock:  s,
		guard: newGuard(conn, s.limits),
		born:  born,
		wake:  make(chan struct{}, 1),
		ended: make(chan struct{}),
		wrote: make(chan struct{}),
	}
	p.guard.command = p.command
	return p
}

// handshake exchanges greeting and READY under a deadline.
func (p *peer) handshake(deadline time.Duration) (err error) {
	defer recovered(&err)
	if err := p.guard.SetDeadline(time.Now().Add(deadline)); err != nil {
		return err
	}
	// During the handshake each write has to leave at once, before the guard buffers them.
	codec, err := zmq4.Open(unbuffered{p.guard}, null.Security(), p.sock.kind, nil, true, nil)
	if err != nil {
		return err
	}
	p.codec, p.id = codec, codec.Peer.Meta["Identity"]
	return p.guard.SetDeadline(time.Time{})
}

// unbuffered flushes after each write until the first message is read, which the codec does only once
// the handshake is over.
type unbuffered struct{ *guard }

func (u unbuffered) Write(p []byte) (int, error) {
	n, err := u.guard.Write(p)
	if err == nil && !u.guard.ready {
		err = u.Flush()
	}
	return n, err
}

// recovered turns a panic of the codec on a peer's bytes into the end of that connection.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("the codec panicked: %v", r)
	}
}

// receive returns the frames of the next message.
func (p *peer) receive() (frames [][]byte, err error) {
	defer recovered(&err)
	msg, err := p.codec.RecvMsg()
	return msg.Frames, err
}

// command handles a ZMTP command on the reader's goroutine.
func (p *peer) command(name string, body []byte) error {
	switch name {
	case "PING": // 2 bytes of time to live, up to 16 of context, which PONG returns
		if len(body) < 2 || len(body) > 18 {
			return fmt.Errorf("%w: PING of %d bytes", errCommand, len(body))
		}
		p.mu.Lock()
		p.pong = append([]byte{}, body[2:]...)
		p.mu.Unlock()
		p.signal()
	case "SUBSCRIBE":
		return p.sock.subscribe(p, string(body))
	case "CANCEL":
		p.sock.unsubscribe(p, string(body))
	case "ERROR":
		return fmt.Errorf("the peer reports an error: %.80q", body)
	}
	return nil // RFC 37: a peer shall ignore commands it does not know
}

// push queues a message, or ends the connection when the queue holds more than limit. It reports whether
// the message was queued.
func (p *peer) push(it item, limit int64) bool {
	err := p.offer(it, limit)
	if err == errUnread {
		p.end(err)
	}
	return err == nil
}

// offer is push that leaves the connection as it is. It returns errUnread when the queue holds more than
// limit; a single message may be of any size.
func (p *peer) offer(it item, limit int64) error {
	p.mu.Lock()
	if p.reason != nil || p.finishing {
		p.mu.Unlock()
		return ErrClosed
	}
	if p.held > limit {
		p.mu.Unlock()
		return errUnread
	}
	p.queue = append(p.queue, it)
	p.held += it.size
	if !p.full && p.held > p.sock.queueBytes {
		p.full, p.fullSince = true, time.Now()
	}
	p.mu.Unlock()
	p.signal()
	return nil
}

var errUnread = errors.New("the peer does not read what it is sent")

func (p *peer) signal() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// write empties the queue until the connection ends, or until finish.
func (p *peer) write() {
	defer close(p.wrote)
	var err error
	for err == nil {
		var batch []item
		var pong []byte
		var last bool
		p.mu.Lock()
		batch, p.queue = p.queue, nil
		pong, p.pong = p.pong, nil
		last = p.finishing
		p.mu.Unlock()
		if len(batch) == 0 && pong == nil {
			if err = p.guard.Flush(); err != nil {
				break
			}
			if last {
				p.closeWrite()
				return
			}
			select {
			case <-p.wake:
			case <-p.ended:
				return
			}
			continue
		}
		err = p.writeBatch(batch, pong)
	}
	p.end(fmt.Errorf("write: %w", err))
}

func (p *peer) writeBatch(batch []item, pong []byte) (err error) {
	defer recovered(&err)
	if pong != nil {
		if err := p.codec.SendCmd(zmq4.CmdPong, pong); err != nil {
			return err
		}
	}
	done := int64(0)
	for i, it := range batch {
		if err := p.codec.SendMsg(zmq4.NewMsgFrom(it.frames...)); err != nil {
			return err
		}
		batch[i] = item{}
		if done += it.size; done >= writeBuffer {
			p.release(done)
			done = 0
		}
	}
	p.release(done)
	return nil
}

// release gives back room in the queue, and tells the publisher when a full queue has room again.
func (p *peer) release(n int64) {
	p.mu.Lock()
	p.held -= n
	room := p.full && p.held <= p.sock.queueBytes/8*7
	if room {
		p.full = false
	}
	p.mu.Unlock()
	if room {
		p.sock.room()
	}
}

// closeWrite tells the peer that nothing more comes. The connection stays open until the peer closes its
// side: closing first, with bytes of the peer unread, would make the system discard ours.
func (p *peer) closeWrite() {
	if c, ok := p.guard.Conn.(interface{ CloseWrite() error }); ok && c.CloseWrite() == nil {
		return
	}
	p.end(errClosing)
}

var errClosing = errors.New("the kernel closes")

// finish lets the writer end once the queue is empty. A peer still in its handshake is ended at once.
func (p *peer) finish() {
	p.mu.Lock()
	p.finishing = true
	p.mu.Unlock()
	p.signal()
}

// end closes the connection, once. The first reason stays.
func (p *peer) end(reason error) {
	p.mu.Lock()
	if p.reason != nil {
		p.mu.Unlock()
		return
	}
	p.reason = reason
	p.queue, p.held, p.full = nil, 0, false
	p.mu.Unlock()
	close(p.ended)
	p.guard.Close()
	p.sock.room()
}

// why returns why the connection ended, nil while it lives.
func (p *peer) why() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reason
}
