package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"interleave/kernel/internal/session"
	"interleave/kernel/internal/wire"
)

// serveSockets serves a session over the sockets of a kernel. It leaves the sockets open, so that the caller can
// let the last messages drain.
func serveSockets(ctx context.Context, s *session.Session, srv *wire.Server) error {
	ctx, cancel := context.WithCancel(ctx)
	t := &sockets{srv: srv}
	t.shell = t.pump(ctx, srv.Shell())
	t.control = t.pump(ctx, srv.Control())
	t.stdin = t.pump(ctx, srv.Stdin())
	defer t.pumps.Wait()
	defer cancel()
	return s.Serve(ctx, t)
}

// sockets is the session.Transport made of a wire.Server.
type sockets struct {
	srv                   *wire.Server
	shell, control, stdin <-chan *session.Request
	pumps                 sync.WaitGroup
}

// pump translates the requests of one socket until ctx ends or the socket is closed.
func (t *sockets) pump(ctx context.Context, from <-chan *wire.Request) <-chan *session.Request {
	to := make(chan *session.Request)
	t.pumps.Go(func() {
		defer close(to)
		for {
			select {
			case <-ctx.Done():
				return
			case r, ok := <-from:
				if !ok {
					return
				}
				select {
				case to <- t.request(r):
				case <-ctx.Done():
					return
				}
			}
		}
	})
	return to
}

func (t *sockets) request(r *wire.Request) *session.Request {
	return &session.Request{
		Type:     r.Header.MsgType,
		ID:       r.Header.MsgID,
		Client:   r.Header.Session,
		ParentID: r.ParentID(),
		Header:   r.Header.Raw,
		Metadata: r.Metadata,
		Content:  r.Content,
		Buffers:  r.Buffers,
		TooLarge: tooLarge(r),
		Reply: func(m session.Message) error {
			return r.ReplyMeta(m.Type, contentOf(m.Content), contentOf(m.Metadata))
		},
		Ask: func(m session.Message) (string, <-chan struct{}, error) {
			return t.srv.Input(r, m.Type, contentOf(m.Content))
		},
	}
}

func (t *sockets) Shell() <-chan *session.Request   { return t.shell }
func (t *sockets) Control() <-chan *session.Request { return t.control }
func (t *sockets) Stdin() <-chan *session.Request   { return t.stdin }

func (t *sockets) Publish(parent json.RawMessage, m session.Message) error {
	var header *wire.Header
	if parent != nil {
		header = &wire.Header{Raw: parent}
	}
	return t.srv.Publish(header, m.Type, contentOf(m.Content), contentOf(m.Metadata), m.Buffers...)
}

// contentOf turns empty content into the nil that wire expects.
func contentOf(raw json.RawMessage) any {
	if len(raw) == 0 {
		return nil
	}
	return raw
}

// tooLarge says that a request's content was not read.
func tooLarge(r *wire.Request) string {
	if r.Excess == 0 {
		return ""
	}
	const text = "this %s has %d MB, and the kernel reads at most %d MB: write large data to a file and read it in the cell"
	return fmt.Sprintf(text, r.Header.MsgType, r.Excess>>20, wire.MaxContent>>20)
}
