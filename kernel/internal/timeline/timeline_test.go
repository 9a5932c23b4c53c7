package timeline

import (
	"bytes"
	"context"
	"image/png"
	"runtime/trace"
	"strings"
	"sync"
	"testing"
	"time"
)

// record traces f.
func record(t testing.TB, f func()) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := trace.Start(&b); err != nil {
		t.Fatal(err)
	}
	trace.Log(context.Background(), "interleave", "begin")
	f()
	trace.Log(context.Background(), "interleave", "end")
	trace.Stop()
	return b.Bytes()
}

func place(file string, _ int) string {
	if strings.HasSuffix(file, "timeline_test.go") {
		return "here"
	}
	return ""
}

func pingPong(rounds int) func() {
	return func() {
		ping, pong := make(chan int), make(chan int)
		var wg sync.WaitGroup
		wg.Go(func() {
			trace.Log(context.Background(), "lane", "ponger")
			for v := range ping {
				pong <- v
			}
		})
		for i := range rounds {
			ping <- i
			<-pong
		}
		trace.Log(context.Background(), "event", "over")
		close(ping)
		time.Sleep(time.Millisecond)
		wg.Wait()
	}
}

// A lane says all that its goroutine did: spans follow each other, and the main one covers the whole length.
func TestRead(t *testing.T) {
	got, err := Read(bytes.NewReader(record(t, pingPong(10))), place)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range got.Goroutines {
		names = append(names, l.Name)
		for i, s := range l.Spans {
			if s.End <= s.Start || i > 0 && s.Start < l.Spans[i-1].End {
				t.Errorf("%s: span %d is %+v after %+v", l.Name, i, s, l.Spans[max(0, i-1)])
			}
		}
	}
	if strings.Join(names, "|") != "the cell|ponger" {
		t.Errorf("lanes are %q", names)
	}
	main := got.Goroutines[0]
	if d := main.Total(Running) + main.Total(Waiting) + main.Total(Runnable) + main.Total(Syscall); d != got.Length {
		t.Errorf("the cell's states add up to %v of %v", d, got.Length)
	}
	if main.Total(Waiting) < time.Millisecond || !strings.Contains(main.reasons(), "sleep") {
		t.Errorf("it waited %v for %s", main.Total(Waiting), main.reasons())
	}
	if len(got.Processors) == 0 || len(got.Marks) != 1 || got.Cut {
		t.Errorf("%d processors, marks %v, cut %v", len(got.Processors), got.Marks, got.Cut)
	}
}

func TestDraw(t *testing.T) {
	got, err := Read(bytes.NewReader(record(t, pingPong(2000))), place)
	if err != nil {
		t.Fatal(err)
	}
	p, err := got.Draw()
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(p.PNG))
	if err != nil {
		t.Fatal(err)
	}
	if w := img.Bounds().Dx(); w != 2*p.Width {
		t.Errorf("PNG is %d wide, want 2 x %d", w, p.Width)
	}
	if !strings.Contains(p.SVG, "ponger") || !strings.Contains(p.SVG, "<title>execution trace of") {
		t.Error("SVG lacks the lane's name or its title")
	}
}

// A trace that breaks off is read as far as it goes, and what is no trace is an error.
func TestBroken(t *testing.T) {
	whole := record(t, pingPong(100))
	for n := range len(whole) / 97 {
		got, err := Read(bytes.NewReader(whole[:n*97]), place)
		if err == nil && !got.Cut {
			t.Errorf("%d of %d bytes are taken for a whole trace", n*97, len(whole))
		}
	}
	if _, err := Read(strings.NewReader("go 1.26 trace\x00\x00\x00 and no more"), place); err == nil {
		t.Error("nonsense is taken for a trace")
	}
}

func FuzzRead(f *testing.F) {
	f.Add(record(f, pingPong(3)))
	f.Add([]byte("go 1.26 trace\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := Read(bytes.NewReader(b), place); err == nil {
			if _, err := got.Draw(); err != nil {
				t.Error(err)
			}
		}
	})
}

// BenchmarkRead reads and draws a trace of some 200,000 events.
func BenchmarkRead(b *testing.B) {
	data := record(b, pingPong(25_000))
	for b.Loop() {
		t, err := Read(bytes.NewReader(data), place)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := t.Draw(); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(t.Events), "events")
	}
}
