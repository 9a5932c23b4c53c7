package timeline_test

import (
	"bytes"
	"runtime/trace"
	"slices"
	"strings"
	"testing"

	"interleave/lessons/kit/timeline"
)

func TestRecord(t *testing.T) {
	a, b := make(chan int), make(chan int)
	done := make(chan bool)
	tl, err := timeline.Record(func() {
		go func() {
			timeline.Name("ping")
			for range 3 {
				a <- 1
				<-b
			}
			timeline.Note("last")
			done <- true
		}()
		go func() {
			timeline.Name("pong")
			for range 3 {
				<-a
				b <- 1
			}
		}()
		<-done
	})
	if err != nil {
		t.Fatal(err)
	}
	ping := tl.Lane("ping")
	if ping == nil || tl.Lane("pong") == nil || tl.Lane("none") != nil || len(tl.Lanes) != 2 || tl.Wall <= 0 {
		t.Fatalf("%+v", tl)
	}
	waits := 0
	for _, l := range tl.Lanes {
		for i, s := range l.Spans {
			if s.Start >= s.End || s.End > tl.Wall || i > 0 && s.Start < l.Spans[i-1].End {
				t.Errorf("%s: span %d of %+v", l.Name, i, l.Spans)
			}
			if (s.State == timeline.Running) != (s.Proc >= 0) {
				t.Errorf("%s: %+v", l.Name, s)
			}
			if s.State == timeline.Waiting && strings.HasPrefix(s.Reason, "chan ") {
				waits++
			}
		}
		if l.Total(timeline.Running) <= 0 {
			t.Errorf("%s never ran: %+v", l.Name, l.Spans)
		}
	}
	if waits < 6 { // whoever comes first waits for the other, six times
		t.Errorf("%d waits for a channel: %+v", waits, tl.Lanes)
	}
	if !slices.ContainsFunc(tl.Marks, func(m timeline.Mark) bool { return m.Lane == "ping" && m.Text == "last" }) {
		t.Errorf("marks %+v", tl.Marks)
	}
	if order := tl.Order(); !slices.Contains(order, "ping") || !slices.Contains(order, "pong") {
		t.Errorf("order %v", order)
	}
}

func TestReadGarbage(t *testing.T) {
	for _, s := range []string{"", "not a trace", "go 1.26 trace\x00\x00\x00garbage"} {
		if _, err := timeline.Read(bytes.NewBufferString(s)); err == nil {
			t.Errorf("%q was read", s)
		}
	}
}

// FuzzRead: whatever stands in the file, a timeline that is read has spans that follow each other within its time.
func FuzzRead(f *testing.F) {
	var whole bytes.Buffer
	if err := trace.Start(&whole); err != nil {
		f.Fatal(err)
	}
	timeline.Name("seed")
	timeline.Note("seed")
	trace.Stop()
	f.Add(whole.Bytes())
	f.Add([]byte("go 1.26 trace\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		tl, err := timeline.Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		for _, l := range tl.Lanes {
			for i, s := range l.Spans {
				if s.Start > s.End || s.End > tl.Wall || i > 0 && s.Start < l.Spans[i-1].End {
					t.Errorf("%s: span %d of %+v in %v", l.Name, i, l.Spans, tl.Wall)
				}
			}
		}
	})
}

func TestSortByName(t *testing.T) {
	tl := timeline.Timeline{Lanes: []timeline.Lane{{Name: "worker 2"}, {Name: "worker 1"}, {Name: "main"}}}
	tl.SortByName()
	if tl.Lanes[0].Name != "main" || tl.Lanes[1].Name != "worker 1" || tl.Lanes[2].Name != "worker 2" {
		t.Errorf("%+v", tl.Lanes)
	}
}
