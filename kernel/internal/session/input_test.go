package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// asking is an engine whose cells print "before", ask once and print what they got.
func asking() *fakeEngine {
	return &fakeEngine{run: func(ctx context.Context, c Cell, out Output) Outcome {
		write(out, "stdout", "before")
		line, err := c.Input(ctx, "name?", true)
		write(out, "stdout", fmt.Sprint("got ", line, " ", err))
		return Outcome{}
	}}
}

func (h *harness) answer(content string, change ...func(*Request)) {
	r := h.request("input_reply", content)
	for _, f := range change {
		f(r)
	}
	h.fake.stdin <- r
	h.settle()
}

const mayAsk = `"allow_stdin":true`

func TestInput(t *testing.T) {
	bubble(t, asking(), Options{}, func(h *harness) {
		// Replies nobody waits for: kept by no one.
		h.answer(`{"value":"stale"}`)
		id := h.cell("x", mayAsk)
		h.settle()
		asked := []string{"busy", "execute_input [1] x", `stdout "before"`, `input_request {"password":true,"prompt":"name?"}`}
		h.of(id, asked...)
		if m := h.messages()[len(h.messages())-1]; m.via != "stdin" {
			t.Errorf("input_request went by %s", m.via)
		}
		h.answer(`{"value":"from another client"}`, func(r *Request) { r.Client = "other" })
		h.answer(`{"value":"to another question"}`, func(r *Request) { r.ParentID = "ask0" })
		h.answer(`{"value":"not a reply"}`, func(r *Request) { r.Type = "execute_request" })
		h.of(id, asked...)
		h.answer(`{"value":"Ann"}`, func(r *Request) { r.ParentID = "ask1" })
		h.of(id, append(asked, `stdout "got Ann <nil>"`, "execute_reply ok [1]", "idle")...)
	})
}

func TestInputAnswers(t *testing.T) {
	tests := map[string]string{
		`{"value":""}`:       " <nil>",
		`{"value":"\u0004"}`: " EOF",
		`{}`:                 " <nil>",
		`{"value":"ü"}`:      "ü <nil>",
	}
	for content, want := range tests {
		bubble(t, asking(), Options{}, func(h *harness) {
			h.cell("x", mayAsk)
			h.settle()
			h.answer(content)
			if text, _ := h.streams("stdout"); text != "beforegot "+want {
				t.Errorf("%s: %q", content, text)
			}
		})
	}
	bubble(t, asking(), Options{}, func(h *harness) {
		id := h.cell("x", mayAsk)
		h.settle()
		h.answer(`{"value":7}`)
		h.reply(id)
		if text, _ := h.streams("stdout"); text == "beforegot  <nil>" {
			t.Error("a value that is no text is no error")
		}
	})
}

// A prompt ends with an interrupt, with its context, with its cell and with the session; a later reply to it
// answers nothing.
func TestInputEnds(t *testing.T) {
	bubble(t, asking(), Options{}, func(h *harness) {
		first := h.cell("x", mayAsk)
		h.settle()
		h.Session.Interrupt()
		h.settle()
		h.reply(first)
		h.answer(`{"value":"too late"}`)
		h.forget()
		h.cell("y", mayAsk)
		h.settle()
		h.answer(`{"value":"right"}`)
		if text, _ := h.streams("stdout"); text != "beforegot right <nil>" {
			t.Errorf("%q", text)
		}
	})
	e := &fakeEngine{}
	var err error
	bubble(t, e, Options{}, func(h *harness) {
		late := make(chan error, 1)
		e.run = func(ctx context.Context, c Cell, out Output) Outcome {
			short, cancel := context.WithTimeout(ctx, time.Millisecond)
			defer cancel()
			_, err = c.Input(short, "", false)
			go func() { _, err := c.Input(context.Background(), "", false); late <- err }()
			time.Sleep(time.Millisecond)
			return Outcome{}
		}
		id := h.cell("x", mayAsk)
		h.settle()
		h.reply(id)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after its time Input returned %v", err)
		}
		if err := <-late; !errors.Is(err, context.Canceled) {
			t.Errorf("after its cell Input returned %v", err)
		}
	})
	bubble(t, asking(), Options{}, func(h *harness) {
		h.cell("x", mayAsk)
		h.settle()
		h.onControl("shutdown_request", `{}`)
		if err := <-h.served; err != nil {
			t.Error(err)
		}
		h.served <- nil
	})
}

func TestInputWithoutStdin(t *testing.T) {
	e := &fakeEngine{run: func(ctx context.Context, c Cell, out Output) Outcome {
		line, err := c.Input(ctx, "name?", true)
		var not *NotAskedError
		write(out, "stdout", fmt.Sprint("got ", line, " ", err, " ", errors.As(err, &not)))
		return Outcome{}
	}}
	bubble(t, e, Options{}, func(h *harness) {
		h.fake.noInput = true
		h.cell("x", mayAsk)
		h.settle()
		if text, _ := h.streams("stdout"); text != "got  the client cannot be asked: no stdin true" {
			t.Errorf("%q", text)
		}
	})
	bubble(t, e, Options{}, func(h *harness) { // the client goes while it is asked, and another comes
		h.fake.left = make(chan struct{})
		h.cell("x", mayAsk)
		h.settle()
		close(h.fake.left)
		h.settle()
		if text, _ := h.streams("stdout"); text != "got  the client cannot be asked: the client that was asked is gone true" {
			t.Errorf("%q", text)
		}
		h.forget()
		h.fake.left = make(chan struct{})
		h.cell("y", mayAsk)
		h.settle()
		close(h.fake.left)
		time.Sleep(lateReply / 2)
		h.answer(`{"value":"line"}`) // sent before it went
		if text, _ := h.streams("stdout"); text != "got line <nil> false" {
			t.Errorf("%q", text)
		}
	})
	bubble(t, asking(), Options{}, func(h *harness) {
		h.cell("x", mayAsk)
		h.settle()
		close(h.fake.stdin)
		h.settle()
		if text, _ := h.streams("stdout"); text != "beforegot  "+ErrClosed.Error() {
			t.Errorf("%q", text)
		}
	})
}

// Replies that lie on the channel when a question comes are stale, whichever of the two is seen first.
func TestStaleRepliesAreDiscarded(t *testing.T) {
	for range 50 {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			fake := &fakeTransport{stdin: make(chan *Request, 10)}
			reply := func(value string) {
				fake.stdin <- &Request{Type: "input_reply", Content: fmt.Appendf(nil, `{"value":%q}`, value)}
			}
			reply("stale")
			reply("stale too")
			req := &Request{}
			req.Ask = func(m Message) (string, <-chan struct{}, error) { return fake.ask(req, m) }
			ps, got := newPrompts(), make(chan string, 1)
			go func() {
				line, err := ps.ask(ctx, &prompt{req: req, answer: make(chan answer, 1)}, nil)
				got <- fmt.Sprint(line, err)
			}()
			synctest.Wait()
			go ps.run(ctx, fake.stdin, quiet)
			synctest.Wait()
			reply("fresh")
			if line := <-got; line != "fresh<nil>" {
				t.Errorf("the question was answered by %s", line)
			}
			cancel()
		})
	}
}

// Two goroutines that ask take turns.
func TestInputTakesTurns(t *testing.T) {
	e := &fakeEngine{}
	bubble(t, e, Options{}, func(h *harness) {
		e.run = func(ctx context.Context, c Cell, out Output) Outcome {
			lines := make(chan string)
			for range 2 {
				go func() {
					line, err := c.Input(ctx, "", false)
					if err != nil && err != io.EOF {
						line = err.Error()
					}
					lines <- line
				}()
			}
			write(out, "stdout", <-lines+<-lines)
			return Outcome{}
		}
		h.cell("x", mayAsk)
		h.settle()
		if n := h.fake.asks; n != 1 {
			t.Errorf("%d prompts are open", n)
		}
		h.answer(`{"value":"a"}`)
		h.answer(`{"value":"b"}`)
		if text, _ := h.streams("stdout"); text != "ab" {
			t.Errorf("%q", text)
		}
	})
}
