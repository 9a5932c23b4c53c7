package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// fakeEngine runs Go functions in place of cells.
type fakeEngine struct {
	run       func(ctx context.Context, c Cell, out Output) Outcome
	interrupt func()
	complete  func(ctx context.Context, code string, cursor int) Completion
	inspect   func(ctx context.Context, code string, cursor, detail int) Inspection
	check     func(code string) (string, string)
	close     func() error

	mu    sync.Mutex
	cells []Cell
}

func (e *fakeEngine) Execute(ctx context.Context, c Cell, out Output) Outcome {
	e.mu.Lock()
	e.cells = append(e.cells, c)
	e.mu.Unlock()
	if e.run == nil {
		return Outcome{}
	}
	return e.run(ctx, c, out)
}

func (e *fakeEngine) Interrupt() {
	if e.interrupt != nil {
		e.interrupt()
	}
}

func (e *fakeEngine) IsComplete(code string) (string, string) {
	if e.check == nil {
		return "complete", ""
	}
	return e.check(code)
}

func (e *fakeEngine) Complete(ctx context.Context, code string, cursor int) Completion {
	if e.complete == nil {
		return Completion{}
	}
	return e.complete(ctx, code, cursor)
}

func (e *fakeEngine) Inspect(ctx context.Context, code string, cursor, detail int) Inspection {
	if e.inspect == nil {
		return Inspection{}
	}
	return e.inspect(ctx, code, cursor, detail)
}

func (e *fakeEngine) Info() Info {
	return Info{Implementation: "fake", Version: "1.2.3", GoVersion: "1.26.8", Banner: "a fake"}
}

func (e *fakeEngine) Close() error {
	if e.close == nil {
		return nil
	}
	return e.close()
}

// ran returns the code of the cells the engine was given.
func (e *fakeEngine) ran() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var all []string
	for _, c := range e.cells {
		all = append(all, c.Code)
	}
	return all
}

// sent is one message of the session.
type sent struct {
	Message
	via    string // iopub, reply or stdin
	parent string // the id of the request
	header string // the parent header, of what was published
	fields map[string]any
}

// fakeTransport records.
type fakeTransport struct {
	shell, control, stdin chan *Request

	mu   sync.Mutex
	all  []sent
	asks int

	// Set by tests: called before a message is recorded.
	onPublish, onReply func(Message)
	noInput            bool // Ask fails
}

func (t *fakeTransport) Shell() <-chan *Request   { return t.shell }
func (t *fakeTransport) Control() <-chan *Request { return t.control }
func (t *fakeTransport) Stdin() <-chan *Request   { return t.stdin }

func (t *fakeTransport) record(s sent) {
	m := s.Message
	if err := json.Unmarshal(m.Content, &s.fields); err != nil {
		panic(fmt.Sprintf("%s is not an object: %s", m.Type, m.Content))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, s)
}

func (t *fakeTransport) Publish(parent json.RawMessage, m Message) error {
	var h struct {
		ID string `json:"msg_id"`
	}
	if parent == nil {
		h.ID = "-"
	} else if err := json.Unmarshal(parent, &h); err != nil {
		return err
	}
	if t.onPublish != nil {
		t.onPublish(m)
	}
	t.record(sent{Message: m, via: "iopub", parent: h.ID, header: string(parent)})
	return nil
}

func (t *fakeTransport) Reply(to *Request, m Message) error {
	if t.onReply != nil {
		t.onReply(m)
	}
	t.record(sent{Message: m, via: "reply", parent: to.ID})
	return nil
}

func (t *fakeTransport) Ask(to *Request, m Message) (string, error) {
	if t.noInput {
		return "", errors.New("no stdin")
	}
	t.record(sent{Message: m, via: "stdin", parent: to.ID})
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asks++
	return fmt.Sprintf("ask%d", t.asks), nil
}

// harness is a session between the fakes. It lives in a synctest bubble.
type harness struct {
	*Session
	t      *testing.T
	fake   *fakeTransport
	engine *fakeEngine
	ids    int
	served chan error
	cancel context.CancelFunc
}

// quiet drops what the session logs.
var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// bubble runs a test with a session in a synctest bubble. The session must end by itself when its context
// does, and leave no goroutine behind.
func bubble(t *testing.T, e *fakeEngine, o Options, test func(h *harness)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		o.Log = quiet
		h := &harness{
			Session: New(e, o),
			t:       t,
			fake: &fakeTransport{
				shell:   make(chan *Request, 1000),
				control: make(chan *Request, 1000),
				stdin:   make(chan *Request, 1000),
			},
			engine: e,
			served: make(chan error, 1),
			cancel: cancel,
		}
		go func() { h.served <- h.Serve(ctx, h.fake) }()
		h.settle()
		test(h)
		cancel()
		<-h.served
	})
}

// settle lets everything happen that will happen within a second of the bubble's time.
func (h *harness) settle() {
	time.Sleep(time.Second)
	synctest.Wait()
}

func (h *harness) request(msgType, content string) *Request {
	h.ids++
	id := fmt.Sprint(h.ids)
	header := fmt.Sprintf(`{"msg_id":%q,"msg_type":%q,"session":"client","unknown":[1]}`, id, msgType)
	return &Request{Type: msgType, ID: id, Client: "client", Header: json.RawMessage(header), Content: json.RawMessage(content)}
}

// send sends on shell without waiting and returns the id.
func (h *harness) send(msgType, content string) string {
	r := h.request(msgType, content)
	h.fake.shell <- r
	return r.ID
}

func (h *harness) onControl(msgType, content string) string {
	r := h.request(msgType, content)
	h.fake.control <- r
	return r.ID
}

// cell sends an execute_request; more is further fields.
func (h *harness) cell(code string, more ...string) string {
	fields := append([]string{fmt.Sprintf(`"code":%q`, code)}, more...)
	return h.send("execute_request", "{"+strings.Join(fields, ",")+"}")
}

// ask sends a request, and returns its reply.
func (h *harness) ask(msgType, content string) map[string]any {
	h.t.Helper()
	id := h.send(msgType, content)
	h.settle()
	return h.reply(id).fields
}

// reply is the one reply to a request.
func (h *harness) reply(id string) sent {
	h.t.Helper()
	var found []sent
	for _, m := range h.messages() {
		if m.via == "reply" && m.parent == id {
			found = append(found, m)
		}
	}
	if len(found) != 1 {
		h.t.Fatalf("request %s has %d replies", id, len(found))
	}
	return found[0]
}

func (h *harness) messages() []sent {
	h.fake.mu.Lock()
	defer h.fake.mu.Unlock()
	return slices.Clone(h.fake.all)
}

// forget drops what was sent so far.
func (h *harness) forget() {
	h.fake.mu.Lock()
	defer h.fake.mu.Unlock()
	h.fake.all = nil
}

// want compares everything sent, a line each: see sent.String.
func (h *harness) want(lines ...string) {
	h.t.Helper()
	var got []string
	for _, m := range h.messages() {
		got = append(got, m.String())
	}
	if !slices.Equal(got, lines) {
		h.t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(lines, "\n\t"))
	}
}

// of compares what was sent for one request.
func (h *harness) of(id string, lines ...string) {
	h.t.Helper()
	var got []string
	for _, m := range h.messages() {
		if m.parent == id {
			got = append(got, strings.TrimPrefix(m.String(), id+" "))
		}
	}
	if !slices.Equal(got, lines) {
		h.t.Errorf("request %s: got\n\t%s\nwant\n\t%s", id, strings.Join(got, "\n\t"), strings.Join(lines, "\n\t"))
	}
}

// String is the parent's id, the type and what matters of the content.
func (m sent) String() string {
	f := m.fields
	s := m.parent + " "
	switch m.Type {
	case "status":
		return s + f["execution_state"].(string)
	case "stream":
		return s + fmt.Sprintf("%s %q", f["name"], f["text"])
	case "execute_input":
		return s + fmt.Sprintf("execute_input [%v] %s", f["execution_count"], f["code"])
	case "execute_result":
		return s + fmt.Sprintf("execute_result [%v] %v", f["execution_count"], f["data"].(map[string]any)["text/plain"])
	case "display_data", "update_display_data":
		return s + fmt.Sprintf("%s %v", m.Type, f["data"].(map[string]any)["text/plain"])
	case "error":
		return s + fmt.Sprintf("error %s: %s", f["ename"], f["evalue"])
	case "execute_reply":
		return s + fmt.Sprintf("execute_reply %s [%v]", f["status"], f["execution_count"])
	}
	if m.via == "reply" {
		return s + fmt.Sprintf("%s %s", m.Type, f["status"])
	}
	return s + m.Type + " " + string(m.Content)
}

// plain is a bundle of text.
func plain(s string) Bundle { return Bundle{Data: map[string]any{"text/plain": s}} }

// printing is an engine whose cells print their code, fail if it begins with fail, and have a result if it
// begins with =.
func printing() *fakeEngine {
	return &fakeEngine{run: func(_ context.Context, c Cell, out Output) Outcome {
		if value, ok := strings.CutPrefix(c.Code, "="); ok {
			out.Result(plain(value))
			return Outcome{}
		}
		out.Stream("stdout", []byte(c.Code))
		if strings.HasPrefix(c.Code, "fail") {
			return Outcome{Fault: &Fault{Name: "Panic", Value: "boom", Traceback: []string{"a", "b"}}}
		}
		return Outcome{}
	}}
}
