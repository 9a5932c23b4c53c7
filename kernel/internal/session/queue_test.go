package session

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"
)

// held is an engine whose cells wait: a cell ends when its code is sent on release, or by an interrupt.
type held struct {
	*fakeEngine
	release chan string
	stop    chan struct{}
	stops   int
}

func newHeld() *held {
	h := &held{fakeEngine: &fakeEngine{}}
	h.run = func(ctx context.Context, c Cell, out Output) Outcome {
		for {
			select {
			case code := <-h.release:
				if code == "fail" {
					return Outcome{Fault: &Fault{Name: "Panic", Value: c.Code}}
				}
				return Outcome{}
			case <-h.stop:
				return Outcome{Fault: &Fault{Name: "Interrupted", Value: c.Code}}
			case <-ctx.Done():
				return Outcome{}
			}
		}
	}
	h.interrupt = func() {
		h.stops++
		select {
		case h.stop <- struct{}{}:
		default:
		}
	}
	return h
}

// open makes the channels, inside of the bubble.
func (h *held) open() { h.release, h.stop = make(chan string), make(chan struct{}, 1) }

func TestAbortAfterError(t *testing.T) {
	e := newHeld()
	bubble(t, e.fakeEngine, Options{}, func(h *harness) {
		e.open()
		h.cell("one")
		h.settle()
		h.cell("two")
		h.send("kernel_info_request", `{}`)
		h.cell("three", `"silent":true`)
		h.settle()
		h.forget()
		e.release <- "fail"
		h.settle()
		h.want("1 error Panic: one", "1 execute_reply error [1]", "1 idle",
			"2 busy", "2 execute_reply aborted [<nil>]", "2 idle",
			"4 busy", "4 execute_reply aborted [<nil>]", "4 idle")
		h.forget()
		later := h.cell("four")
		h.settle()
		e.release <- ""
		h.settle()
		h.of(later, "busy", "execute_input [2] four", "execute_reply ok [2]", "idle")
		if got := e.ran(); !slices.Equal(got, []string{"one", "four"}) {
			t.Errorf("the engine ran %v", got)
		}
	})
}

// A cell whose error does not abort: stop_on_error is false, or it is silent.
func TestNoAbort(t *testing.T) {
	for _, option := range []string{`"stop_on_error":false`, `"silent":true`} {
		bubble(t, printing(), Options{}, func(h *harness) {
			h.cell("fail", option)
			second := h.cell("=2")
			h.settle()
			if got := h.reply(second).fields["status"]; got != "ok" {
				t.Errorf("with %s the next cell is %v", option, got)
			}
		})
	}
}

// What the client had sent, but the transport not yet handed over when the cell failed, is aborted as well;
// what the client sends on hearing of the error is not.
func TestAbortDrainsTheTransport(t *testing.T) {
	bubble(t, printing(), Options{}, func(h *harness) {
		client := &slowClient{h: h}
		client.run()
		for i, id := range client.queued {
			if got := h.reply(id).fields["status"]; got != "aborted" {
				t.Errorf("cell %d is %v", i, got)
			}
		}
		if got := h.reply(client.after).fields["status"]; got != "ok" {
			t.Errorf("the cell sent after the error is %v", got)
		}
	})
}

// slowClient sends a failing cell and nine more, a millisecond apart, and one when it sees the error.
type slowClient struct {
	h      *harness
	queued []string
	after  string
}

func (c *slowClient) run() {
	failed := c.h.cell("fail")
	for range 9 {
		time.Sleep(time.Millisecond)
		c.queued = append(c.queued, c.h.cell("next"))
	}
	for c.after == "" {
		time.Sleep(10 * time.Microsecond)
		for _, m := range c.h.messages() {
			if m.parent == failed && m.Type == "error" && c.after == "" {
				c.after = c.h.cell("after")
			}
		}
	}
	c.h.settle()
}

func TestInterrupt(t *testing.T) {
	e := newHeld()
	bubble(t, e.fakeEngine, Options{}, func(h *harness) {
		e.open()
		h.forget()
		id := h.onControl("interrupt_request", `{}`)
		h.settle()
		h.want(id+" busy", id+" interrupt_reply ok", id+" idle")
		if e.stops != 1 { // it may have a cell in the background, which this ends
			t.Error("an interrupt while nothing runs did not reach the engine")
		}
		<-e.stop
		h.forget()
		cell := h.cell("loop", `"stop_on_error":false`)
		next := h.cell("next")
		h.settle()
		id = h.onControl("interrupt_request", `{}`)
		h.settle()
		h.of(cell, "busy", "execute_input [1] loop", "busy", "error Interrupted: loop", "execute_reply error [1]", "idle")
		h.of(next, "busy", "execute_reply aborted [<nil>]", "idle")
		h.of(id, "busy", "interrupt_reply ok", "idle")
		if e.stops != 2 {
			t.Errorf("the engine was interrupted %d times", e.stops)
		}
		cell = h.cell("again")
		h.settle()
		h.Session.Interrupt() // as by SIGINT
		h.settle()
		if got := h.reply(cell).fields["ename"]; got != "Interrupted" {
			t.Errorf("after SIGINT the cell's error is %v", got)
		}
		cell = h.cell("ends")
		h.settle()
		e.release <- ""
		h.settle()
		if got := h.reply(cell).fields["status"]; got != "ok" {
			t.Errorf("after an interrupt the next cell is %v", got)
		}
	})
}

// What is sent between an interrupt and the end of its cell is aborted with the rest, stop_on_error or not.
func TestQueuedAfterInterrupt(t *testing.T) {
	e := newHeld()
	bubble(t, e.fakeEngine, Options{}, func(h *harness) {
		e.open()
		stop := make(chan struct{})
		e.run = func(context.Context, Cell, Output) Outcome {
			<-stop
			return Outcome{Fault: &Fault{Name: "Interrupted"}}
		}
		h.cell("slow to end", `"stop_on_error":false`)
		h.settle()
		h.Session.Interrupt()
		next := h.cell("next")
		h.settle()
		close(stop)
		h.settle()
		h.of(next, "busy", "execute_reply aborted [<nil>]", "idle")
	})
}

// An interrupt that comes before the engine has the cell holds for that cell, and ends it without the engine.
func TestInterruptBeforeTheEngine(t *testing.T) {
	e := newHeld()
	bubble(t, e.fakeEngine, Options{}, func(h *harness) {
		e.open()
		h.fake.onPublish = func(m Message) {
			if m.Type == "execute_input" {
				h.Session.Interrupt()
			}
		}
		cell := h.cell("x")
		h.settle()
		h.of(cell, "busy", "execute_input [1] x", "error Interrupted: the cell was interrupted before it started", "execute_reply error [1]", "idle")
		if len(e.ran()) != 0 || e.stops != 0 {
			t.Error("the engine had to do with it")
		}
	})
}

// An interrupt when the cell has just ended aborts what is queued and does not reach the engine.
func TestInterruptAfterTheEngine(t *testing.T) {
	e := printing()
	e.interrupt = func() { t.Error("the engine was interrupted") }
	bubble(t, e, Options{}, func(h *harness) {
		once := false
		h.fake.onReply = func(m Message) {
			if m.Type == "execute_reply" && !once {
				once = true
				h.Session.Interrupt()
			}
		}
		first, second := h.cell("=1"), h.cell("=2")
		h.settle()
		if a, b := h.reply(first).fields["status"], h.reply(second).fields["status"]; a != "ok" || b != "aborted" {
			t.Errorf("the cells are %v and %v", a, b)
		}
	})
}

func TestManyQueued(t *testing.T) {
	e := printing()
	bubble(t, e, Options{}, func(h *harness) {
		var want []string
		for i := range 500 {
			code := fmt.Sprint("=", i)
			want = append(want, code)
			h.cell(code)
		}
		h.settle()
		if !slices.Equal(e.ran(), want) {
			t.Error("the cells did not run in the order they came")
		}
	})
}
