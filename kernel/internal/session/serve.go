package session

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"interleave/kernel/internal/wire"
)

// ServeSockets is Serve over the sockets of a kernel. The sockets stay open, so that whoever opened them can
// let the last messages drain.
func (s *Session) ServeSockets(ctx context.Context, srv *wire.Server) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	t := &sockets{srv: srv}
	t.shell = t.pump(ctx, srv.Shell())
	t.control = t.pump(ctx, srv.Control())
	t.stdin = t.pump(ctx, srv.Stdin())
	defer t.pumps.Wait()
	defer cancel()
	return s.Serve(ctx, t)
}

// sockets is the Transport made of a wire.Server.
type sockets struct {
	srv                   *wire.Server
	shell, control, stdin <-chan *Request
	pumps                 sync.WaitGroup
}

// pump translates the requests of one socket until ctx ends or the socket is closed.
func (t *sockets) pump(ctx context.Context, from <-chan *wire.Request) <-chan *Request {
	to := make(chan *Request)
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
				case to <- request(r):
				case <-ctx.Done():
					return
				}
			}
		}
	})
	return to
}

func request(r *wire.Request) *Request {
	return &Request{
		Type:     r.Header.MsgType,
		ID:       r.Header.MsgID,
		Client:   r.Header.Session,
		ParentID: r.ParentID(),
		Header:   r.Header.Raw,
		Metadata: r.Metadata,
		Content:  r.Content,
		Buffers:  r.Buffers,
		TooLarge: tooLarge(r),
		Origin:   r,
	}
}

func (t *sockets) Shell() <-chan *Request   { return t.shell }
func (t *sockets) Control() <-chan *Request { return t.control }
func (t *sockets) Stdin() <-chan *Request   { return t.stdin }

func (t *sockets) Publish(parent json.RawMessage, m Message) error {
	var header *wire.Header
	if parent != nil {
		header = &wire.Header{Raw: parent}
	}
	return t.srv.Publish(header, m.Type, contentOf(m.Content), contentOf(m.Metadata), m.Buffers...)
}

func (t *sockets) Reply(to *Request, m Message) error {
	return to.Origin.(*wire.Request).ReplyMeta(m.Type, contentOf(m.Content), contentOf(m.Metadata))
}

func (t *sockets) Ask(to *Request, m Message) (string, <-chan struct{}, error) {
	return t.srv.Input(to.Origin.(*wire.Request), m.Type, contentOf(m.Content))
}

// contentOf makes no content a nil that wire knows.
func contentOf(raw json.RawMessage) any {
	if len(raw) == 0 {
		return nil
	}
	return raw
}

// tooLarge says that a request's content has not been read.
func tooLarge(r *wire.Request) string {
	if r.Excess == 0 {
		return ""
	}
	return fmt.Sprintf("this %s has %d MB, and the kernel reads at most %d MB: write large data to a file and read it in the cell",
		r.Header.MsgType, r.Excess>>20, wire.MaxContent>>20)
}
