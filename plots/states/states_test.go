package states_test

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	rtrace "runtime/trace"
	"strings"
	"testing"

	"golang.org/x/exp/trace"

	"interleave/plots/states"
)

// record traces two goroutines that hand over to each other, of which one has a name, and a garbage collection.
func record(t testing.TB, rounds int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := rtrace.Start(&b); err != nil {
		t.Fatal(err)
	}
	defer rtrace.Stop()
	ping, pong := make(chan int), make(chan int)
	go func() {
		rtrace.Log(context.Background(), "lane", "ponger")
		for v := range ping {
			pong <- v
		}
		close(pong)
	}()
	for i := range rounds {
		ping <- i
		<-pong
	}
	close(ping)
	<-pong
	runtime.GC()
	rtrace.Stop()
	return b.Bytes()
}

func TestRead(t *testing.T) {
	got, err := states.Read(bytes.NewReader(record(t, 20)), 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Logs) != 1 || got.Logs[0].Category != "lane" || got.Logs[0].Text != "ponger" {
		t.Fatalf("logs %+v", got.Logs)
	}
	g := got.Goroutine(got.Logs[0].Goroutine)
	if g == nil || !g.Ended || !g.AtBirth || len(g.Creator) == 0 || !strings.HasSuffix(g.Stack[len(g.Stack)-1].Func, ".record.func1") {
		t.Fatalf("the ponger is %+v", g)
	}
	seen := map[trace.GoState]int{}
	for i, s := range g.Spans {
		if s.To <= s.From || i > 0 && s.From < g.Spans[i-1].To || s.From < got.First || s.To > got.Last {
			t.Errorf("span %d is %+v", i, s)
		}
		if seen[s.State]++; s.State == trace.GoRunning && s.Proc == trace.NoProc {
			t.Errorf("it runs nowhere: %+v", s)
		}
		if s.State == trace.GoWaiting && !strings.HasPrefix(s.Reason, "chan ") {
			t.Errorf("it waits for %q", s.Reason)
		}
	}
	if seen[trace.GoRunning] == 0 || seen[trace.GoWaiting] == 0 {
		t.Errorf("states %v", seen)
	}
	for _, c := range got.Collections {
		if c.To <= c.From {
			t.Errorf("collection %+v", c)
		}
	}
	if len(got.Collections) == 0 {
		t.Error("no garbage collection")
	}
}

// TestParts: what breaks off, or is longer than wanted, is read as far as that.
func TestParts(t *testing.T) {
	whole := record(t, 200)
	all, err := states.Read(bytes.NewReader(whole), 0)
	if err != nil {
		t.Fatal(err)
	}
	some, err := states.Read(bytes.NewReader(whole), all.Events-1)
	if !errors.Is(err, states.ErrTooLong) || some == nil || some.Events != all.Events-1 {
		t.Errorf("%+v, %v", some, err)
	}
	if _, err := states.Read(bytes.NewReader(whole), all.Events); err != nil {
		t.Error(err)
	}
	for n := range len(whole) / 97 {
		if got, err := states.Read(bytes.NewReader(whole[:n*97]), 0); err == nil || got != nil && got.Events == 0 {
			t.Errorf("%d of %d bytes: %+v, %v", n*97, len(whole), got, err)
		}
	}
}

func TestWithin(t *testing.T) {
	window := states.Period{From: 10, To: 20}
	for _, c := range []struct {
		p, want states.Period
		ok      bool
	}{
		{states.Period{From: 0, To: 30}, window, true},
		{states.Period{From: 12, To: 15}, states.Period{From: 12, To: 15}, true},
		{states.Period{From: 0, To: 10}, states.Period{From: 10, To: 10}, false},
		{states.Period{From: 20, To: 30}, states.Period{From: 20, To: 20}, false},
	} {
		if got, ok := c.p.Within(window); got != c.want || ok != c.ok {
			t.Errorf("%v is %v, %v", c.p, got, ok)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(record(f, 3))
	f.Add([]byte("go 1.26 trace\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := states.Read(bytes.NewReader(b), 1000)
		if got == nil {
			if err == nil {
				t.Error("nothing, and no error")
			}
			return
		}
		for _, g := range got.Goroutines {
			for i, s := range g.Spans {
				if s.To <= s.From || i > 0 && s.From < g.Spans[i-1].To {
					t.Errorf("span %d of %+v", i, g.Spans)
				}
			}
		}
	})
}
