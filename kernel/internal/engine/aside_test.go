package engine

import (
	"context"
	"strings"
	"testing"

	"interleave/kernel/internal/session"
)

// A step that never ends is left behind by an interrupt; some of them stand in nobody's way, and more make the next step
// wait, which an interrupt ends too.
func TestAside(t *testing.T) {
	e := &Engine{asides: make(chan struct{}, asideMost)}
	end := make(chan struct{})
	interrupted := func(step func() int) *session.Fault {
		ctx, cancel := context.WithCancel(t.Context())
		began := make(chan struct{})
		go func() {
			select {
			case <-began:
			case <-t.Context().Done():
			}
			cancel()
		}()
		if step == nil { // no place is left for it to begin
			close(began)
			step = func() int { t.Error("a step began beside too many"); return 0 }
		} else {
			inner := step
			step = func() int { close(began); return inner() }
		}
		n, fault := aside(&run{e: e, ctx: ctx}, "waiting", step)
		if n != 0 {
			t.Errorf("an interrupted step gave %d", n)
		}
		return fault
	}
	for range asideMost {
		if f := interrupted(func() int { <-end; return 1 }); f == nil || f.Name != "Interrupted" || !strings.Contains(f.Value, "while waiting; nothing has changed") {
			t.Errorf("%+v", f)
		}
	}
	if f := interrupted(nil); f == nil || f.Name != "Interrupted" {
		t.Errorf("%+v", f)
	}
	close(end)
	for range 3 {
		if n, f := aside(&run{e: e, ctx: t.Context()}, "counting", func() int { return 3 }); n != 3 || f != nil {
			t.Errorf("%d %+v", n, f)
		}
	}
	defer func() {
		if p := recover(); p == nil || !strings.Contains(p.(string), "broken") || !strings.Contains(p.(string), "aside_test.go") {
			t.Errorf("a panic of a step became %v", p)
		}
	}()
	aside(&run{e: e, ctx: t.Context()}, "breaking", func() int { panic("broken") })
}
