package session

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

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
	r := &Request{Type: msgType, ID: id, Client: "client", Header: json.RawMessage(header), Content: json.RawMessage(content)}
	r.Reply = func(m Message) error { return h.fake.reply(r, m) }
	r.Ask = func(m Message) (string, <-chan struct{}, error) { return h.fake.ask(r, m) }
	return r
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
	h.compare(id, h.answers(id), lines)
}

// ofOnce is of, with a busy that is said again left out: when a cell and a request beside it end at one time,
// it may come before or behind the cell's reply.
func (h *harness) ofOnce(id string, lines ...string) {
	h.t.Helper()
	var got []string
	for i, l := range h.answers(id) {
		if i == 0 || l != "busy" {
			got = append(got, l)
		}
	}
	h.compare(id, got, lines)
}

func (h *harness) answers(id string) (got []string) {
	for _, m := range h.messages() {
		if m.parent == id {
			got = append(got, strings.TrimPrefix(m.String(), id+" "))
		}
	}
	return got
}

func (h *harness) compare(id string, got, lines []string) {
	h.t.Helper()
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
