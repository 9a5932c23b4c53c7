package client

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/go-zeromq/zmq4"
	"github.com/go-zeromq/zmq4/security/null"

	"interleave/kernel/internal/wire"
)

// link is one connection to one socket of a kernel.
type link struct {
	codec *zmq4.Conn
	conn  *bufferedConn

	mu sync.Mutex // writing
}

// bufferedConn saves the codec's many short reads and writes a system call each.
type bufferedConn struct {
	net.Conn
	r *bufio.Reader
	w *bufio.Writer
}

func (c *bufferedConn) Read(p []byte) (int, error) { return c.r.Read(p) }

func (c *bufferedConn) Write(p []byte) (int, error) { return c.w.Write(p) }

// handshaking flushes before each read, for the greetings take turns.
type handshaking struct {
	*bufferedConn
	over bool
}

func (c *handshaking) Read(p []byte) (int, error) {
	if !c.over {
		if err := c.w.Flush(); err != nil {
			return 0, err
		}
	}
	return c.r.Read(p)
}

// dial connects to a socket, again and again until somebody listens or ctx is done.
func dial(ctx context.Context, c wire.Connection, ch wire.Channel, id string) (*link, error) {
	kind := zmq4.Dealer
	switch ch {
	case wire.IOPub:
		kind = zmq4.Sub
	case wire.Heartbeat:
		kind = zmq4.Req
	}
	network, address := c.Address(ch)
	var conn net.Conn
	for {
		var err error
		if conn, err = (&net.Dialer{}).DialContext(ctx, network, address); err == nil {
			break
		}
		if !errors.Is(err, syscall.ECONNREFUSED) && !errors.Is(err, syscall.ENOENT) {
			return nil, err
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return nil, fmt.Errorf("nobody listens for %s: %w", ch, err)
		}
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	buffered := &handshaking{bufferedConn: &bufferedConn{conn, bufio.NewReaderSize(conn, 64<<10), bufio.NewWriterSize(conn, 64<<10)}}
	codec, err := zmq4.Open(buffered, null.Security(), kind, zmq4.SocketIdentity(id), false, nil)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("handshake with %s: %w", ch, err)
	}
	buffered.over = true
	return &link{codec: codec, conn: buffered.bufferedConn}, nil
}

func (l *link) send(frames [][]byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.codec.SendMsg(zmq4.NewMsgFrom(frames...)); err != nil {
		return err
	}
	return l.conn.w.Flush()
}

func (l *link) receive() ([][]byte, error) {
	msg, err := l.codec.RecvMsg()
	return msg.Frames, err
}

func (l *link) close() { l.conn.Close() }
