package display

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"interleave/kernel/internal/events"
	"interleave/kernel/internal/stage"
)

func TestComm(t *testing.T) {
	f := connect(t)
	said := make(chan string, 10)
	kept := make(chan *Comm, 10)
	err := RegisterComm("t", func(c *Comm, first CommMessage) {
		said <- fmt.Sprintf("%s %s opened with %s", c.Target(), c.ID(), string(first.Data))
		kept <- c
	})
	if err != nil {
		t.Fatal(err)
	}
	if e := f.taken(); len(e) != 1 || e[0].Kind != events.Comms || e[0].Comm.Op != "register" || e[0].Comm.Target != "t" {
		t.Errorf("registered by %+v", e)
	}
	heard := func(want string) {
		t.Helper()
		if got := <-said; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	stage.DeliverComm(events.Comm{Op: "open", ID: "x", Target: "unknown"})
	stage.DeliverComm(events.Comm{Op: "open", ID: "a", Target: "t", Data: []byte(`{"n":1}`)})
	heard(`t a opened with {"n":1}`)
	c := <-kept

	// What comes before OnMessage waits for it; all else comes in order.
	for i := range 3 {
		stage.DeliverComm(events.Comm{Op: "message", ID: "a", Data: fmt.Appendf(nil, "%d", i)})
	}
	stage.DeliverComm(events.Comm{Op: "open", ID: "b", Target: "t"})
	heard("t b opened with ")
	c.OnClose(func(CommMessage) { said <- "closed" })
	c.OnMessage(func(m CommMessage) { said <- string(m.Data) })
	for i := range 3 {
		heard(fmt.Sprint(i))
	}
	if err := c.Send(map[string]int{"y": 2}, []byte{1}); err != nil {
		t.Fatal(err)
	}
	if e := f.taken(); len(e) != 1 || string(e[0].Comm.Data) != `{"y":2}` || e[0].Comm.ID != "a" || len(e[0].Comm.Buffers) != 1 {
		t.Errorf("sent %+v", e)
	}
	for _, bad := range []any{1, "text", []int{1}, math.NaN(), func() {}} {
		if err := c.Send(bad); err == nil {
			t.Errorf("%T was sent", bad)
		}
	}
	stage.DeliverComm(events.Comm{Op: "close", ID: "a"})
	heard("closed")
	if err := c.Send(nil); !errors.Is(err, ErrCommClosed) {
		t.Errorf("a closed comm sends: %v", err)
	}
	if err := c.Close(); !errors.Is(err, ErrCommClosed) {
		t.Errorf("a closed comm closes: %v", err)
	}

	o, err := OpenComm("other", struct{ A int }{7})
	if err != nil {
		t.Fatal(err)
	}
	if e := f.taken(); len(e) != 1 || e[0].Comm.Op != "open" || e[0].Comm.Target != "other" || string(e[0].Comm.Data) != `{"A":7}` {
		t.Errorf("opened by %+v", e)
	}
	if err := o.Close(); err != nil {
		t.Error(err)
	}
	if e := f.taken(); len(e) != 1 || e[0].Comm.Op != "close" || e[0].Comm.ID != o.ID() {
		t.Errorf("closed by %+v", e)
	}
	if RegisterComm("nil", nil) == nil {
		t.Error("no function was registered")
	}
	if _, err := OpenComm("bad", 1); err == nil {
		t.Error("opened with a number")
	}
}
