package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Options are the settings of a session; the zero value is usable.
type Options struct {
	Log *slog.Logger // nil means slog.Default
	// HistoryFile keeps the history of all sessions; empty means this session's only, in memory.
	HistoryFile string
	// StreamLimit is how many bytes of text one cell may print before the rest is counted instead of shown:
	// 0 means DefaultStreamLimit, less than 0 no limit.
	StreamLimit int64
	// Targets are the comm targets clients may open.
	Targets map[string]CommTarget
	// Ports answers connect_request: shell_port and so on.
	Ports map[string]int
}

// DefaultStreamLimit is 20 MB of text for each cell.
const DefaultStreamLimit = 20_000_000

// Session serves clients for one engine. Make it with New.
type Session struct {
	engine  Engine
	opts    Options
	log     *slog.Logger
	routes  map[string]route
	history *history
	comms   *comms
	cells   *lane
	talk    *lane // comm messages
	prompts *prompts
	drains  chan chan struct{}
	free    sync.WaitGroup // requests served in goroutines of their own
	seats   chan struct{}  // bounds how many of them work at a time
	end     context.CancelCauseFunc
	status  statusLine

	transport Transport // set once, by Serve
	last      *output   // of the cell that ran last; used by the goroutine of cells only
	count     int       // the number of the last cell kept; used by the goroutine of cells only
}

// New returns a session for an engine. The session does not start before Serve.
func New(e Engine, o Options) *Session {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.StreamLimit == 0 {
		o.StreamLimit = DefaultStreamLimit
	}
	s := &Session{
		engine:  e,
		opts:    o,
		log:     o.Log,
		history: newHistory(o.HistoryFile, o.Log),
		cells:   newLane(),
		talk:    newLane(),
		prompts: newPrompts(),
		drains:  make(chan chan struct{}),
		seats:   make(chan struct{}, 16),
	}
	s.comms = newComms(s, o.Targets)
	if c, ok := e.(CommEngine); ok {
		c.ServeComms(s)
	}
	s.routes = s.makeRoutes()
	return s
}

var (
	// ErrClosed is returned by Serve when the transport's channels were closed.
	ErrClosed = errors.New("the transport is closed")

	errShutdown = errors.New("shutdown was requested")
)

// patience is how long Serve waits, after the engine was closed, for what still runs.
const patience = 2 * time.Second

// Serve answers requests until a client asks for shutdown (nil), ctx ends (its cause) or the transport is
// closed (ErrClosed). It closes the engine, not the transport. It is called once.
func (s *Session) Serve(ctx context.Context, t Transport) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	s.transport, s.end = t, end
	s.publish(nil, "status", object{"execution_state": "starting"}, nil, nil)

	var loops sync.WaitGroup
	loops.Go(func() { s.history.load() })
	loops.Go(func() { s.receive(ctx, t.Shell(), s.drains) })
	loops.Go(func() { s.receive(ctx, t.Control(), nil) })
	loops.Go(func() { s.prompts.run(ctx, t.Stdin(), s.log) })
	loops.Go(func() { s.runCells(ctx) })
	loops.Go(func() { s.runTalk(ctx) })
	<-ctx.Done()

	if err := s.engine.Close(); err != nil {
		s.log.Error("close engine", "err", err)
	}
	ended := make(chan struct{})
	go func() {
		loops.Wait()
		s.free.Wait()
		s.history.save()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(patience):
		s.log.Warn("the engine did not end its cell in time")
	}
	if cause := context.Cause(ctx); cause != errShutdown {
		return cause
	}
	return nil
}

// Interrupt ends the running cell and aborts the queued ones, as interrupt_request and SIGINT ask. Without a
// cell it is the engine's alone. It does not wait, and may be called at any time.
func (s *Session) Interrupt() {
	s.cells.interrupt(s.engine.Interrupt)
}

// receive hands the requests of one channel to their lanes. It never waits for one to be served. A request
// on drains asks that everything the transport has already delivered be handed out first.
func (s *Session) receive(ctx context.Context, from <-chan *Request, drains <-chan chan struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case req, ok := <-from:
			if !ok {
				s.end(ErrClosed)
				return
			}
			s.dispatch(ctx, req)
		case done := <-drains:
			s.drain(ctx, from)
			close(done)
		}
	}
}

// What a client sent at once arrives within moments of each other: after an error the queue is taken to be
// complete when nothing came for drainQuiet. The client has not been told of the error at that time, so
// nothing it sends in answer to it can be among what is aborted.
const (
	drainQuiet = 10 * time.Millisecond
	drainLimit = 50 * time.Millisecond
)

func (s *Session) drain(ctx context.Context, from <-chan *Request) {
	limit := time.After(drainLimit)
	for {
		select {
		case req, ok := <-from:
			if !ok {
				s.end(ErrClosed)
				return
			}
			s.dispatch(ctx, req)
		case <-time.After(drainQuiet):
			return
		case <-limit:
			return
		case <-ctx.Done():
			return
		}
	}
}

// publish sends one IOPub message. What cannot be sent is logged: no client is left to be told.
func (s *Session) publish(parent json.RawMessage, msgType string, content, metadata any, buffers [][]byte) {
	m, err := message(msgType, content, metadata)
	if err == nil {
		m.Buffers = buffers
		err = s.transport.Publish(parent, m)
	}
	if err != nil {
		s.log.Warn("publish", "type", msgType, "err", err)
	}
}

// reply answers a request. A client waits for a reply, so content that cannot be encoded becomes an error.
func (s *Session) reply(to *Request, content object, metadata any) {
	m, err := message(replyType(to.Type), content, metadata)
	if err != nil {
		s.log.Error("reply", "type", to.Type, "err", err)
		instead := failure(internalError, err.Error())
		if count, ok := content["execution_count"]; ok {
			instead["execution_count"] = count
		}
		m, err = message(m.Type, instead, metadata)
	}
	if err == nil {
		err = to.Reply(m)
	}
	if err != nil {
		s.log.Warn("reply", "type", m.Type, "err", err)
	}
}

func message(msgType string, content, metadata any) (Message, error) {
	m := Message{Type: msgType}
	var err error
	if m.Content, err = encode(content); err != nil {
		return m, fmt.Errorf("encode content of %s: %w", msgType, err)
	}
	if metadata != nil {
		if m.Metadata, err = encode(metadata); err != nil {
			return m, fmt.Errorf("encode metadata of %s: %w", msgType, err)
		}
	}
	return m, nil
}
