package fetch

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// InMemory starts a server whose connections are pipes in memory, and the only client that reaches it. Nothing of
// them knows a socket, so both can live in a bubble, where their latencies take no time. Close the server, and the
// idle connections of the client, before the bubble ends.
func InMemory(capacity int) (*Server, *http.Client) {
	p := &pipes{accepted: make(chan net.Conn), closed: make(chan struct{})}
	c := NewClient(1000)
	c.Transport.(*http.Transport).DialContext = p.dial
	return serve(p, "http://memory", capacity), c
}

// pipes is a listener to which one dials within the process.
type pipes struct {
	accepted chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.accepted <- server:
		return client, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accepted:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return address{} }

type address struct{}

func (address) Network() string { return "memory" }
func (address) String() string  { return "memory" }
