package session

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
)

// route says how requests of one type are served.
type route struct {
	lane  laneKind
	serve func(context.Context, *Request)
}

type laneKind int

const (
	freeLane laneKind = iota // at once, in a goroutine of its own
	cellLane                 // after the cells that came before
	talkLane                 // after the comm messages that came before
	nowLane                  // at once, before the next request of its channel is looked at; must not block
)

// makeRoutes is the table of message types. Each is served on shell and on control alike.
func (s *Session) makeRoutes() map[string]route {
	return map[string]route{
		"kernel_info_request": {freeLane, s.answer(s.kernelInfo)},
		"connect_request":     {freeLane, s.answer(s.connect)},
		"complete_request":    {freeLane, s.answer(s.complete)},
		"inspect_request":     {freeLane, s.answer(s.inspect)},
		"is_complete_request": {freeLane, s.answer(s.isComplete)},
		"history_request":     {freeLane, s.answer(s.historyReply)},
		"comm_info_request":   {freeLane, s.answer(s.commInfo)},
		"interrupt_request":   {nowLane, s.answer(s.interrupt)},
		"shutdown_request":    {freeLane, s.shutdown},
		"execute_request":     {cellLane, nil}, // see runCells
		"comm_open":           {talkLane, s.commOpen},
		"comm_msg":            {talkLane, s.commMsg},
		"comm_close":          {talkLane, s.commClose},
	}
}

// answer makes a route of a function that computes the content of a reply.
func (s *Session) answer(f func(context.Context, *Request) (object, error)) func(context.Context, *Request) {
	return func(ctx context.Context, req *Request) {
		content, err := object(nil), excess(req)
		if err == nil {
			content, err = f(ctx, req)
		}
		if err != nil {
			s.log.Warn("request", "type", req.Type, "err", err)
			s.reply(req, failure("InvalidRequest", err.Error()), nil)
			return
		}
		if content["status"] == nil {
			content["status"] = "ok"
		}
		s.reply(req, content, nil)
	}
}

// dispatch hands a request to its lane without waiting for it to be served.
func (s *Session) dispatch(ctx context.Context, req *Request) {
	r, known := s.routes[req.Type]
	if !known {
		s.log.Info("a message of unknown type", "type", req.Type)
		r = route{freeLane, func(context.Context, *Request) {}}
	}
	switch r.lane {
	case cellLane:
		s.cells.push(req)
	case talkLane:
		s.talk.push(req)
	case nowLane:
		s.bracket(ctx, req, r.serve)
	default:
		s.free.Go(func() {
			s.seats <- struct{}{}
			defer func() { <-s.seats }()
			s.bracket(ctx, req, r.serve)
		})
	}
}

// bracket serves one request other than a cell between busy and idle, whatever happens in it.
func (s *Session) bracket(ctx context.Context, req *Request, serve func(context.Context, *Request)) {
	s.busy(req, false)
	defer s.idle(req, false)
	defer s.survive(req)
	serve(ctx, req)
}

// survive is deferred where a request is served: a panic is ours, costs the client this one answer and no
// more.
func (s *Session) survive(req *Request) {
	p := recover()
	if p == nil {
		return
	}
	s.log.Error("panic", "type", req.Type, "panic", p, "stack", string(debug.Stack()))
	if strings.HasSuffix(req.Type, "_request") {
		s.reply(req, failure(internalError, fmt.Sprint(p)), nil)
	}
}

// internalError is the ename of a fault of ours. Those of the user are listed at Fault.
const internalError = "InternalError"

// excess is the error of a request whose content was too large to be read.
func excess(req *Request) error {
	if req.TooLarge == "" {
		return nil
	}
	return errors.New(req.TooLarge)
}

var errNoCode = errors.New("code is missing")

func failure(name, value string) object {
	return object{"status": "error", "ename": name, "evalue": value, "traceback": []string{}}
}

func replyType(request string) string {
	return strings.TrimSuffix(request, "_request") + "_reply"
}
