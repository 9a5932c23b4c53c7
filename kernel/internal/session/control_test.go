package session

import (
	"context"
	"fmt"
	"testing"
	"time"
)

func TestShutdown(t *testing.T) {
	for _, restart := range []bool{false, true} {
		for _, control := range []bool{false, true} {
			t.Run(fmt.Sprintf("restart=%t control=%t", restart, control), func(t *testing.T) {
				closed := false
				e := &fakeEngine{close: func() error { closed = true; return nil }}
				bubble(t, e, Options{}, func(h *harness) {
					h.forget()
					send := h.send
					if control {
						send = h.onControl
					}
					send("shutdown_request", fmt.Sprintf(`{"restart":%t}`, restart))
					if err := <-h.served; err != nil {
						t.Errorf("Serve returned %v", err)
					}
					h.served <- nil
					h.want("1 busy", "1 shutdown_reply ok", fmt.Sprintf(`1 shutdown_reply {"restart":%t,"status":"ok"}`, restart), "1 idle")
					if !closed {
						t.Error("the engine was not closed")
					}
				})
			})
		}
	}
}

// Shutdown during a cell: the engine is closed, which ends the cell, and what is queued is answered.
func TestShutdownDuringACell(t *testing.T) {
	e := &fakeEngine{run: func(ctx context.Context, _ Cell, _ Output) Outcome {
		<-ctx.Done()
		return Outcome{Fault: &Fault{Name: "WorkerDied"}}
	}}
	bubble(t, e, Options{}, func(h *harness) {
		h.cell("long", `"stop_on_error":false`)
		h.cell("queued")
		h.settle()
		h.onControl("shutdown_request", `{}`)
		if err := <-h.served; err != nil {
			t.Errorf("Serve returned %v", err)
		}
		h.served <- nil
		h.ofOnce("1", "busy", "execute_input [1] long", "error WorkerDied: ", "execute_reply error [1]", "idle")
		h.of("2", "busy", "execute_reply aborted [<nil>]", "idle")
	})
}

// An engine that does not end its cell does not keep the session.
func TestShutdownOfAStuckEngine(t *testing.T) {
	var release chan struct{}
	e := &fakeEngine{run: func(context.Context, Cell, Output) Outcome {
		<-release
		return Outcome{}
	}}
	bubble(t, e, Options{}, func(h *harness) {
		release = make(chan struct{})
		h.cell("stuck")
		h.settle()
		h.onControl("shutdown_request", `{}`)
		began := time.Now()
		if err := <-h.served; err != nil {
			t.Errorf("Serve returned %v", err)
		}
		h.served <- nil
		if took := time.Since(began); took > patience {
			t.Errorf("it took %v", took)
		}
		close(release)
	})
}

func TestServeEnds(t *testing.T) {
	bubble(t, printing(), Options{}, func(h *harness) {
		close(h.fake.shell)
		if err := <-h.served; err != ErrClosed {
			t.Errorf("after the transport closed Serve returned %v", err)
		}
		h.served <- nil
	})
	bubble(t, printing(), Options{}, func(h *harness) {
		h.cancel()
		if err := <-h.served; err != context.Canceled {
			t.Errorf("after its context ended Serve returned %v", err)
		}
		h.served <- nil
	})
}
