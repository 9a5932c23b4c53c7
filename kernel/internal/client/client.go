package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/google/uuid"

	"interleave/kernel/internal/wire"
)

// Client is a front end connected to all sockets of a kernel. It is safe for concurrent use.
type Client struct {
	codec *wire.Codec
	links map[wire.Channel]*link
	wg    sync.WaitGroup

	mu      sync.Mutex
	calls   map[string]*Call
	others  []wire.Message         // IOPub messages that no call of this client caused, in order
	changed chan struct{}          // closed and replaced when calls or others change
	ended   map[wire.Channel]error // why a connection ended
	err     error                  // what the kernel did against the protocol; the first fault
	echoes  chan []byte
}

// Dial connects to a kernel and waits until its IOPub messages arrive: after Dial no message is missed.
// It tries until ctx is done, so the kernel may still be starting.
func Dial(ctx context.Context, conn wire.Connection) (*Client, error) {
	codec, err := wire.NewCodec(conn, "interleave")
	if err != nil {
		return nil, err
	}
	c := &Client{
		codec: codec, links: make(map[wire.Channel]*link), calls: make(map[string]*Call), ended: make(map[wire.Channel]error),
		changed: make(chan struct{}), echoes: make(chan []byte, 16),
	}
	id := uuid.NewString() // one identity on all sockets, as jupyter_client does
	for _, ch := range []wire.Channel{wire.Heartbeat, wire.IOPub, wire.Shell, wire.Control, wire.Stdin} {
		l, err := dial(ctx, conn, ch, id)
		if err != nil {
			c.Close()
			return nil, err
		}
		c.links[ch] = l
	}
	if err := c.subscribe(ctx); err != nil {
		c.Close()
		return nil, err
	}
	for ch, l := range c.links {
		c.wg.Go(func() { c.read(ch, l) })
	}
	return c, nil
}

// subscribe asks for all topics and waits for iopub_welcome.
func (c *Client) subscribe(ctx context.Context) error {
	iopub := c.links[wire.IOPub]
	stop := context.AfterFunc(ctx, iopub.close)
	defer stop()
	if err := iopub.send([][]byte{{1}}); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	frames, err := iopub.receive()
	if err != nil {
		return fmt.Errorf("wait for iopub_welcome: %w", errors.Join(err, ctx.Err()))
	}
	m, err := c.codec.Decode(frames)
	if err != nil {
		return fmt.Errorf("first IOPub message: %w", err)
	}
	if m.Header.MsgType != "iopub_welcome" {
		return fmt.Errorf("the first IOPub message is %s, not iopub_welcome", m.Header.MsgType)
	}
	return nil
}

// Close ends all connections.
func (c *Client) Close() {
	for _, l := range c.links {
		l.close()
	}
	c.wg.Wait()
}

// HangUp ends the connection to one socket.
func (c *Client) HangUp(ch wire.Channel) { c.links[ch].close() }

// read files the messages of one connection until it ends. It closes its side at once then: a kernel that
// ends waits for that.
func (c *Client) read(ch wire.Channel, l *link) {
	defer l.close()
	for {
		frames, err := l.receive()
		if err != nil {
			c.mu.Lock()
			c.ended[ch] = fmt.Errorf("%s connection: %w", ch, err)
			c.notify()
			c.mu.Unlock()
			return
		}
		if ch == wire.Heartbeat {
			c.echoes <- bytes.Join(frames, nil)
			continue
		}
		m, err := c.codec.Decode(frames)
		if err != nil {
			c.fail(fmt.Errorf("message on %s: %w", ch, err))
			return
		}
		c.file(ch, m)
	}
}

func (c *Client) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
	}
	c.notify()
}

// notify is called with mu held.
func (c *Client) notify() {
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *Client) file(ch wire.Channel, m wire.Message) {
	c.mu.Lock()
	call := c.calls[m.ParentID()]
	c.mu.Unlock()
	if call == nil {
		if ch == wire.IOPub {
			c.mu.Lock()
			c.others = append(c.others, m)
			c.notify()
			c.mu.Unlock()
		}
		return
	}
	if ch == wire.Stdin && call.opts.OnInput != nil {
		go call.answer(m) // OnInput may take its time; output goes on
	}
	if ch == wire.IOPub && call.opts.OnMessage != nil {
		call.opts.OnMessage(m)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch ch {
	case wire.IOPub:
		if !call.opts.Discard {
			call.iopub = append(call.iopub, m)
		}
		call.idle = call.idle || state(m) == "idle"
	case wire.Stdin:
		call.inputs = append(call.inputs, m)
	default:
		call.replies = append(call.replies, m)
	}
	c.notify()
}

// state returns the execution state of a status message, or the empty string.
func state(m wire.Message) string {
	if m.Header.MsgType != "status" {
		return ""
	}
	var content struct {
		State string `json:"execution_state"`
	}
	if json.Unmarshal(m.Content, &content) != nil {
		return ""
	}
	return content.State
}

// wait returns once ready is true. It fails when ctx is done, or when the connection that ready says it
// waits for has ended: others may end before, while a kernel shuts down. ready is called with mu held.
func (c *Client) wait(ctx context.Context, what string, ready func() (ok bool, missing wire.Channel)) error {
	for {
		c.mu.Lock()
		ok, missing := ready()
		err, changed := errors.Join(c.err, c.ended[missing]), c.changed
		c.mu.Unlock()
		switch {
		case ok:
			return nil
		case err != nil:
			return fmt.Errorf("wait for %s: %w", what, err)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", what, ctx.Err())
		}
	}
}

// WaitOther waits for an IOPub message that matches and that no call of this client caused: status
// starting, or the doings of another client. Messages up to it are forgotten.
func (c *Client) WaitOther(ctx context.Context, match func(wire.Message) bool) (wire.Message, error) {
	var found wire.Message
	err := c.wait(ctx, "an IOPub message", func() (bool, wire.Channel) {
		for i, m := range c.others {
			if match(m) {
				found = m
				c.others = append([]wire.Message(nil), c.others[i+1:]...)
				return true, ""
			}
		}
		return false, wire.IOPub
	})
	return found, err
}

// Ping sends a heartbeat and waits for its echo.
func (c *Client) Ping(ctx context.Context) error {
	if err := c.links[wire.Heartbeat].send([][]byte{{}, []byte("ping")}); err != nil {
		return fmt.Errorf("heartbeat: %w", err)
	}
	select {
	case echo := <-c.echoes:
		if string(echo) != "ping" {
			return fmt.Errorf("heartbeat: the echo of ping is %q", echo)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("heartbeat: %w", ctx.Err())
	}
}
