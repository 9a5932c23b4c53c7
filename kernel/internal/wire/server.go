package wire

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/go-zeromq/zmq4"
)

// Channel names one of the five sockets.
type Channel string

// The sockets of a kernel.
const (
	Shell     Channel = "shell"
	Control   Channel = "control"
	Stdin     Channel = "stdin"
	IOPub     Channel = "iopub"
	Heartbeat Channel = "heartbeat"
)

// Options configure a Server. The zero value of each field means the default in brackets.
type Options struct {
	Logger   *slog.Logger // [slog.Default]; gets what peers do wrong, and never the key
	Username string       // the username field of headers [kernel]

	// OnSubscribe is called for each new subscription, once its iopub_welcome is queued.
	OnSubscribe func(topic string)

	MaxPeers        int           // connections to one socket [256]
	Handshake       time.Duration // for a peer to complete greeting and READY [5 s]
	MaxMessage      int64         // bytes of a message of a peer that has sent a signed one [1 GiB]
	MaxFirstMessage int64         // bytes of a message of a peer that has not [16 MiB]
	MaxFrames       int           // frames of one message [1024]
	QueueBytes      int64         // of unread messages held for one peer [64 MiB]
	StallAlone      time.Duration // a full subscriber that reads nothing is dropped after this [10 s] ...
	StallShared     time.Duration // ... and after this when another subscriber keeps up [2 s]
	BindWait        time.Duration // for the ports of an earlier process to become free [3 s]
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	o.Username = cmp.Or(o.Username, "kernel")
	o.MaxPeers = cmp.Or(o.MaxPeers, 256)
	o.Handshake = cmp.Or(o.Handshake, 5*time.Second)
	o.MaxMessage = cmp.Or(o.MaxMessage, 1<<30)
	o.MaxFirstMessage = cmp.Or(o.MaxFirstMessage, 16<<20)
	o.MaxFrames = cmp.Or(o.MaxFrames, 1024)
	o.QueueBytes = cmp.Or(o.QueueBytes, 64<<20)
	o.StallAlone = cmp.Or(o.StallAlone, 10*time.Second)
	o.StallShared = cmp.Or(o.StallShared, 2*time.Second)
	o.BindWait = cmp.Or(o.BindWait, 3*time.Second)
	return o
}

// ErrClosed is returned by a Server that is closing or closed.
var ErrClosed = errors.New("the sockets are closed")

// unreadEchoes is how many bytes of echoes are held for a peer of the heartbeat, which needs no key.
const unreadEchoes = 1 << 20

// eofGrace is how long Close waits for peers to close their side once everything is written.
const eofGrace = time.Second

// Server is the five sockets of a kernel. It is safe for concurrent use.
type Server struct {
	conn    Connection
	opts    Options
	log     *slog.Logger
	codec   *Codec
	iopub   *iopub
	sockets map[Channel]*socket

	requests map[Channel]chan *Request // of shell, control and stdin

	closeOnce sync.Once
	closing   chan struct{}
	closed    chan struct{}
	running   sync.WaitGroup
}

// Listen binds the five sockets and begins to serve. When ports were 0 it chooses them and rewrites the
// file the connection was read from. ctx bounds the binding only.
func Listen(ctx context.Context, c Connection, opts Options) (*Server, error) {
	opts = opts.withDefaults()
	if c.Transport == "" {
		c.Transport = "tcp"
	}
	if err := c.validate(); err != nil {
		return nil, err
	}
	codec, err := NewCodec(c, opts.Username)
	if err != nil {
		return nil, err
	}
	if c.Key == "" {
		opts.Logger.Warn("the key is empty: every local user who can connect can run code")
	}
	listeners, c, err := bindAll(ctx, c, opts.BindWait)
	if err != nil {
		return nil, err
	}
	s := &Server{
		conn: c, opts: opts, log: opts.Logger, codec: codec,
		sockets:  make(map[Channel]*socket),
		requests: map[Channel]chan *Request{Shell: make(chan *Request, 64), Control: make(chan *Request, 16), Stdin: make(chan *Request, 16)},
		closing:  make(chan struct{}),
		closed:   make(chan struct{}),
	}
	s.addSockets()
	for channel, l := range listeners {
		s.sockets[channel].start(l)
	}
	return s, nil
}

func (s *Server) addSockets() {
	shared := limits{
		unproven: s.opts.MaxFirstMessage, proven: s.opts.MaxMessage, frames: s.opts.MaxFrames,
		message: 30 * time.Second, budget: newBudget(4 * s.opts.MaxFirstMessage),
	}
	small := shared
	small.unproven, small.proven, small.frames = smallFrame, smallFrame, 16
	add := func(channel Channel, kind zmq4.SocketType, l limits) *socket {
		k := &socket{
			channel: channel, kind: kind, limits: l, srv: s, log: s.log.With("socket", string(channel)),
			queueBytes: s.opts.QueueBytes, peers: make(map[*peer]bool),
			subscribe:   func(*peer, string) error { return nil },
			unsubscribe: func(*peer, string) {},
			left:        func(*peer) {},
			room:        func() {},
		}
		s.sockets[channel] = k
		return k
	}
	for _, channel := range []Channel{Shell, Control, Stdin} {
		k := add(channel, zmq4.Router, shared)
		k.message = func(p *peer, frames [][]byte) { s.receive(channel, p, frames) }
	}
	pub := add(IOPub, zmq4.XPub, small)
	s.iopub = newIOPub(s, pub)
	hb := add(Heartbeat, zmq4.Router, small)
	hb.message = func(p *peer, frames [][]byte) {
		p.guard.proven.Store(true)
		p.push(newItem(frames), unreadEchoes)
	}
}

// Connection returns where the server listens, with the ports chosen.
func (s *Server) Connection() Connection { return s.conn }

// Session is the value of the session field of every message this process sends.
func (s *Server) Session() string { return s.codec.Session() }

// Shell returns the verified messages of the shell socket. The three channels are independent: control is
// never behind shell. They are closed by Close.
func (s *Server) Shell() <-chan *Request { return s.requests[Shell] }

// Control returns the verified messages of the control socket.
func (s *Server) Control() <-chan *Request { return s.requests[Control] }

// Stdin returns the verified messages of the stdin socket: the answers to Input.
func (s *Server) Stdin() <-chan *Request { return s.requests[Stdin] }

// Close stops listening and receiving, writes what is queued for each peer until ctx is done, and ends.
// A second call waits for the first.
func (s *Server) Close(ctx context.Context) error {
	s.closeOnce.Do(func() { s.shut(ctx) })
	<-s.closed
	return nil
}

func (s *Server) shut(ctx context.Context) {
	defer close(s.closed)
	close(s.closing)
	s.iopub.close()
	var peers []*peer
	for _, k := range s.sockets {
		peers = append(peers, k.stop()...)
	}
	for _, p := range peers {
		select {
		case <-p.wrote:
		case <-p.ended:
		case <-ctx.Done():
		}
	}
	grace, cancel := context.WithTimeout(ctx, eofGrace)
	defer cancel()
	for _, p := range peers {
		select {
		case <-p.ended:
		case <-grace.Done():
			p.end(errClosing)
		}
	}
	s.running.Wait()
	for _, requests := range s.requests {
		close(requests)
	}
}

// isClosing reports whether Close was called.
func (s *Server) isClosing() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}

// bindAll binds every socket or none. Ports that are 0 are chosen, and then the connection file is
// rewritten.
func bindAll(ctx context.Context, c Connection, wait time.Duration) (map[Channel]net.Listener, Connection, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	listeners := make(map[Channel]net.Listener)
	undo := func(err error) (map[Channel]net.Listener, Connection, error) {
		for _, l := range listeners {
			l.Close()
		}
		return nil, c, err
	}
	chosen := false
	// Given ports first, so that a chosen one cannot take the place of a given one.
	for _, zero := range []bool{false, true} {
		for _, k := range c.sockets() {
			if (k.port == 0) != zero {
				continue
			}
			l, port, err := bind(ctx, c, k)
			if err != nil {
				return undo(fmt.Errorf("listen for %s: %w", k.channel, err))
			}
			listeners[k.channel] = l
			c = c.withPort(k.channel, port)
			chosen = chosen || zero
		}
	}
	if chosen && c.path != "" {
		if err := c.Write(c.path); err != nil {
			return undo(err)
		}
	}
	return listeners, c, nil
}
