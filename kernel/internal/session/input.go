package session

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"
)

// prompts asks readers for lines, one at a time. Its goroutine, run, alone reads the stdin channel: a reply
// nobody waits for is dropped there, so it cannot answer a later question.
type prompts struct {
	turn  chan struct{} // holds a token while somebody asks
	asks  chan *prompt
	gone  chan *prompt // given up by who asked
	ended chan struct{}
}

type prompt struct {
	req      *Request // whose client is asked
	text     string
	password bool
	id       string          // of the input_request
	left     <-chan struct{} // closed when the client is gone
	answer   chan answer     // room for one
}

type answer struct {
	value string
	err   error
}

// NotAskedError is why Cell.Input returns no line when the client lets itself be asked but cannot be reached, as one without a stdin
// connection, or is gone before it has answered.
type NotAskedError struct{ Err error }

func (e *NotAskedError) Error() string { return "the client cannot be asked: " + e.Err.Error() }

// Unwrap returns what the transport said.
func (e *NotAskedError) Unwrap() error { return e.Err }

var (
	errInterrupted = errors.New("interrupted")
	errEnded       = errors.New("the session has ended")
	errGone        = errors.New("the client that was asked is gone")
)

// lateReply is how long a reply may take from its connection to here.
const lateReply = 200 * time.Millisecond

// endOfFile is what front ends send for Ctrl-D.
const endOfFile = "\x04"

func newPrompts() *prompts {
	return &prompts{
		turn:  make(chan struct{}, 1),
		asks:  make(chan *prompt),
		gone:  make(chan *prompt),
		ended: make(chan struct{}),
	}
}

// input is Cell.Input of a cell: it works while the cell runs, ends with an interrupt, and returns io.EOF when
// the reader has ended the input.
func (x *execution) input(cell context.Context, out Output) func(context.Context, string, bool) (string, error) {
	return func(ctx context.Context, text string, password bool) (string, error) {
		if o, ok := out.(*output); ok {
			o.sync()
		}
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		defer context.AfterFunc(cell, func() { cancel(context.Cause(cell)) })()
		p := &prompt{req: x.req, text: text, password: password, answer: make(chan answer, 1)}
		return x.s.prompts.ask(ctx, p, x.run.stop)
	}
}

func (ps *prompts) ask(ctx context.Context, p *prompt, stop <-chan struct{}) (string, error) {
	select {
	case ps.turn <- struct{}{}:
		defer func() { <-ps.turn }()
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case <-stop:
		return "", errInterrupted
	}
	select {
	case ps.asks <- p:
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case <-stop:
		return "", errInterrupted
	case <-ps.ended:
		return "", errEnded
	}
	var err error
	select {
	case a := <-p.answer:
		return a.value, a.err
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-stop:
		err = errInterrupted
	case <-ps.ended:
		return "", errEnded
	}
	select {
	case ps.gone <- p:
	case <-ps.ended:
	}
	return "", err
}

// run serves prompts, which the requests of the stdin channel answer, until ctx ends.
func (ps *prompts) run(ctx context.Context, replies <-chan *Request, log *slog.Logger) {
	defer close(ps.ended)
	var open *prompt
	var left <-chan struct{}  // of what is open
	var late <-chan time.Time // a reply that was sent before its client left has come by then
	for {
		if open == nil {
			left, late = nil, nil
		}
		select {
		case <-ctx.Done():
			return
		case p := <-ps.asks:
			discard(replies)
			if err := p.send(); err != nil {
				p.answer <- answer{err: &NotAskedError{err}}
				continue
			}
			open, left = p, p.left
		case p := <-ps.gone:
			if open == p {
				open = nil
			}
		case <-left:
			left, late = nil, time.After(lateReply)
		case <-late:
			open.answer <- answer{err: &NotAskedError{errGone}}
			open = nil
		case reply, ok := <-replies:
			switch {
			case !ok:
				replies = nil
				if open != nil {
					open.answer <- answer{err: ErrClosed}
				}
				open = nil
			case open == nil || !open.answeredBy(reply):
				log.Debug("an input_reply nobody waits for was dropped")
			default:
				open.answer <- reply.line()
				open = nil
			}
		}
	}
}

// discard drops the replies that wait.
func discard(replies <-chan *Request) {
	for {
		select {
		case _, ok := <-replies:
			if !ok {
				return
			}
		default:
			return
		}
	}
}

func (p *prompt) send() error {
	m, err := message("input_request", object{"prompt": p.text, "password": p.password}, nil)
	if err != nil {
		return err
	}
	p.id, p.left, err = p.req.Ask(m)
	return err
}

// answeredBy says whether a reply belongs to this prompt. Not every client names what it answers.
func (p *prompt) answeredBy(r *Request) bool {
	return r.Type == "input_reply" &&
		(r.ParentID == "" || p.id == "" || r.ParentID == p.id) &&
		(r.Client == "" || p.req.Client == "" || r.Client == p.req.Client)
}

func (r *Request) line() answer {
	var content struct {
		Value string `json:"value"`
	}
	if err := decode(r.Content, &content); err != nil {
		return answer{err: err}
	}
	if content.Value == endOfFile {
		return answer{err: io.EOF}
	}
	return answer{value: content.Value}
}
