package session

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
	"time"
)

// executeRequest is the content of execute_request with the protocol's defaults.
type executeRequest struct {
	Code            *string `json:"code"`
	Silent          bool    `json:"silent"`
	StoreHistory    bool    `json:"store_history"`
	UserExpressions any     `json:"user_expressions"`
	AllowStdin      bool    `json:"allow_stdin"`
	StopOnError     bool    `json:"stop_on_error"`
}

// execution is one execute_request while it is served.
type execution struct {
	s       *Session
	run     *run
	req     *Request
	ask     executeRequest
	code    string
	blank   bool
	keep    bool // it has a number of its own and a place in the history
	count   int
	started time.Time
}

// runCells serves the lane of cells until ctx ends.
func (s *Session) runCells(ctx context.Context) {
	for r := s.cells.next(ctx); r != nil; r = s.cells.next(ctx) {
		s.serveCell(ctx, r)
		s.cells.done()
	}
}

func (s *Session) serveCell(ctx context.Context, r *run) {
	x := &execution{s: s, run: r, req: r.req, count: s.count, started: time.Now()}
	s.busy(r.req, true)
	defer s.history.save()
	defer s.idle(r.req, true)
	defer func() {
		if p := recover(); p != nil {
			x.finish(Outcome{Fault: s.panicked(p)})
		}
	}()
	switch err := x.read(); {
	case r.aborted:
		// A number here would be shown as that of a cell which never ran: JupyterLab takes it from any reply.
		x.reply(object{"status": "aborted", "execution_count": nil})
	case err != nil:
		s.log.Warn("request", "type", r.req.Type, "err", err)
		x.finish(Outcome{Fault: &Fault{Name: "InvalidRequest", Value: err.Error()}})
	default:
		x.begin()
		x.execute(ctx)
	}
}

// read decodes the request. A cell without code but with expressions to evaluate is not skipped.
func (x *execution) read() error {
	x.ask = executeRequest{StoreHistory: true, StopOnError: true}
	if err := excess(x.req); err != nil {
		return err
	}
	if err := decode(x.req.Content, &x.ask); err != nil {
		return fmt.Errorf("read execute_request: %w", err)
	}
	if x.ask.Code == nil {
		return errNoCode
	}
	x.code = *x.ask.Code
	x.blank = strings.TrimSpace(x.code) == ""
	x.keep = x.ask.StoreHistory && !x.ask.Silent && !x.blank
	return nil
}

// begin gives the cell its number and announces it.
func (x *execution) begin() {
	s := x.s
	if x.keep {
		s.count++
		s.history.add(s.count, x.code)
	}
	x.count = s.count
	if !x.ask.Silent {
		s.publish(x.req.Header, "execute_input", object{"code": x.code, "execution_count": x.count}, nil, nil)
	}
}

func (x *execution) execute(ctx context.Context) {
	s := x.s
	c := Cell{
		Code:            x.code,
		Count:           x.count,
		ID:              cellID(x.req),
		Silent:          x.ask.Silent,
		UserExpressions: stringsOf(x.ask.UserExpressions),
	}
	if x.blank && len(c.UserExpressions) == 0 {
		x.finish(Outcome{})
		return
	}
	out, end := x.output()
	outcome := x.runEngine(ctx, c, out)
	interrupted := s.cells.leave(x.run)
	end()
	if outcome.Fault != nil && (interrupted || x.ask.StopOnError && !x.ask.Silent) {
		s.abortQueued(ctx)
	}
	x.finish(outcome)
}

// output returns where the cell's output goes, and what to call when the cell has ended. The output of the
// cell before is closed, that is, flushed.
func (x *execution) output() (out Output, end func()) {
	s := x.s
	if x.ask.Silent {
		m := &muted{after: s.last}
		return m, m.end
	}
	if s.last != nil {
		s.last.end()
	}
	o := newOutput(s.opts.StreamLimit, x.count, func(msgType string, content any) {
		s.publish(x.req.Header, msgType, content, nil, nil)
	})
	s.last = o
	return o, func() {
		o.end()
		if text := o.resultText(); x.keep && text != "" {
			s.history.setOutput(text)
		}
	}
}

// runEngine runs the cell unless an interrupt came first.
func (x *execution) runEngine(ctx context.Context, c Cell, out Output) (o Outcome) {
	if !x.s.cells.enter(x.run) {
		const why = "the cell was interrupted before it started"
		return Outcome{Fault: &Fault{Name: "Interrupted", Value: why, Traceback: []string{"Interrupted: " + why}}}
	}
	defer func() {
		if p := recover(); p != nil {
			o = Outcome{Fault: x.s.panicked(p)}
		}
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if x.ask.AllowStdin {
		c.Input = x.input(ctx, out)
	}
	return x.s.engine.Execute(ctx, c, out)
}

// abortQueued marks every cell that the client had sent by now.
func (s *Session) abortQueued(ctx context.Context) {
	done := make(chan struct{})
	select {
	case s.drains <- done:
		<-done
	case <-ctx.Done():
	}
	s.cells.abort()
}

// finish tells how the cell ended: to all, if it failed, and to the client that asked.
func (x *execution) finish(o Outcome) {
	content := object{
		"status":           "ok",
		"execution_count":  x.count,
		"payload":          payload(o.Payload),
		"user_expressions": expressions(o.Expressions),
	}
	if o.Fault != nil {
		fault := faultContent(o.Fault)
		if !x.ask.Silent {
			x.s.publish(x.req.Header, "error", fault, nil, nil)
		}
		content["status"] = "error"
		for k, v := range fault {
			content[k] = v
		}
	}
	x.reply(content)
}

// dateLayout has six digits of fraction, as the headers do.
const dateLayout = "2006-01-02T15:04:05.000000Z"

func (x *execution) reply(content object) {
	x.s.reply(x.req, content, object{
		"started": x.started.UTC().Format(dateLayout),
		"status":  content["status"],
	})
}

func (s *Session) panicked(p any) *Fault {
	s.log.Error("panic", "type", "execute_request", "panic", p, "stack", string(debug.Stack()))
	value := fmt.Sprint(p)
	return &Fault{Name: internalError, Value: value, Traceback: []string{internalError + ": " + value}}
}

func faultContent(f *Fault) object {
	traceback := f.Traceback
	if traceback == nil {
		traceback = []string{}
	}
	return object{"ename": f.Name, "evalue": f.Value, "traceback": traceback}
}

func payload(p []map[string]any) []map[string]any {
	if p == nil {
		return []map[string]any{}
	}
	return p
}

func expressions(values map[string]ExpressionValue) object {
	all := object{}
	for name, v := range values {
		if v.Fault != nil {
			all[name] = faultContent(v.Fault)
			all[name].(object)["status"] = "error"
			continue
		}
		all[name] = object{"status": "ok", "data": encodeEach(v.Bundle.Data), "metadata": encodeEach(v.Bundle.Metadata)}
	}
	return all
}

// cellID is the front end's id of the cell a request comes from, or empty.
func cellID(req *Request) string {
	var m struct {
		CellID any `json:"cellId"`
	}
	_ = decode(req.Metadata, &m) // metadata is the client's own; what cannot be read is not there
	id, _ := m.CellID.(string)
	return id
}

// stringsOf reads user_expressions, leaving out what is not text.
func stringsOf(v any) map[string]string {
	m, _ := v.(map[string]any)
	all := make(map[string]string, len(m))
	for name, e := range m {
		if text, ok := e.(string); ok {
			all[name] = text
		}
	}
	return all
}
