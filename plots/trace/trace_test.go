package trace_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	rtrace "runtime/trace"
	"strings"
	"sync"
	"testing"
	"time"

	"interleave/plots"
	"interleave/plots/trace"
)

// work keeps a processor busy and takes turns with another goroutine through channels, so that the order of steps
// does not depend on time.
func work(name string, mine <-chan bool, next chan<- bool, steps int) {
	ctx := context.Background()
	rtrace.Log(ctx, "lane", name)
	for i := range steps {
		<-mine
		rtrace.Log(ctx, "step", fmt.Sprint(name, i+1))
		for start := time.Now(); time.Since(start) < 300*time.Microsecond; {
		}
		next <- true
	}
}

func pingPong(t *testing.T) *trace.Recording {
	t.Helper()
	rec, err := trace.Record(func() {
		a, b := make(chan bool, 1), make(chan bool, 1)
		var wg sync.WaitGroup
		wg.Go(func() { work("A", a, b, 3) })
		wg.Go(func() { work("B", b, a, 3) })
		a <- true
		wg.Wait()
		rtrace.Log(context.Background(), "event", "both done")
	})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestRecord(t *testing.T) {
	rec := pingPong(t)
	var order string
	for i, s := range rec.Steps {
		order += s.Name + " "
		if want := s.Name[:1]; s.Lane != want {
			t.Errorf("step %s is on lane %q", s.Name, s.Lane)
		}
		if i > 0 && s.At < rec.Steps[i-1].At || s.At > rec.Length || s.Processor < 0 || s.Processor >= runtime.GOMAXPROCS(0) {
			t.Errorf("step %+v", s)
		}
	}
	if order != "A1 B1 A2 B2 A3 B3 " {
		t.Errorf("steps %s", order)
	}
	if len(rec.Events) != 1 || rec.Events[0].Name != "both done" {
		t.Errorf("events %+v", rec.Events)
	}
	for _, lane := range []string{"A", "B"} {
		for _, v := range rec.Only(lane) {
			if v.Start < 0 || v.End > rec.Length || v.End <= v.Start {
				t.Errorf("interval %+v in a recording of %v", v, rec.Length)
			}
		}
	}
	for _, name := range rec.Processors {
		if !strings.HasPrefix(name.Lane, "P") {
			t.Errorf("processor lane %q", name.Lane)
		}
	}
}

// Each works three times as long as it is told, and waits for the other. That can be seen in one of five recordings at
// least: when the system takes the CPU away just before a wait, the token may lie there already.
func TestRecordStates(t *testing.T) {
	for attempt := 1; ; attempt++ {
		rec, seen, report := pingPong(t), 0, ""
		for _, lane := range []string{"A", "B"} {
			running, waiting := time.Duration(0), time.Duration(0)
			for _, v := range rec.Only(lane) {
				switch v.State {
				case plots.Running:
					running += v.End - v.Start
				case plots.Waiting:
					waiting += v.End - v.Start
				}
			}
			if running >= 800*time.Microsecond && waiting > 0 {
				seen++
			}
			report += fmt.Sprintf("; lane %s ran %v and waited %v", lane, running, waiting)
		}
		if seen == 2 {
			return
		}
		if attempt == 5 {
			t.Fatalf("recording %d%s", attempt, report)
		}
	}
}

// What is read can be drawn: no lane is in two states at once.
func TestGanttTakesIt(t *testing.T) {
	rec := pingPong(t)
	if _, err := plots.NewGantt(rec.Goroutines, rec.Events...); err != nil {
		t.Error(err)
	}
	if _, err := plots.NewGantt(rec.Processors); err != nil {
		t.Error(err)
	}
	gantt, err := plots.NewGantt(rec.Only("A", "B"), rec.Events...)
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("TRACE_PICTURE") != "" {
		chart, err := plots.NewChart(plots.Notebook(), plots.Labels{Title: "Ping-pong, from its trace"}, gantt)
		if err == nil {
			err = chart.Save(filepath.Join(os.Getenv("TRACE_PICTURE"), "pingpong.png"))
		}
		if err != nil {
			t.Error(err)
		}
	}
	if len(plots.TwoLanes(rec.Goroutines, "A", "")) == 0 {
		t.Error("no CPU and I/O lanes")
	}
}

func TestRecordTwice(t *testing.T) {
	_, err := trace.Record(func() {
		if _, err := trace.Record(func() {}); err == nil {
			t.Error("two recordings at once")
		}
	})
	if err != nil {
		t.Error(err)
	}
}

// A panic in the recorded function comes through and leaves no trace running.
func TestRecordPanics(t *testing.T) {
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		trace.Record(func() { panic("boom") })
	}()
	if rtrace.IsEnabled() {
		rtrace.Stop()
		t.Error("the trace is still on")
	}
}

func TestReadErrors(t *testing.T) {
	var whole bytes.Buffer
	if err := rtrace.Start(&whole); err != nil {
		t.Fatal(err)
	}
	rtrace.Stop()
	for name, b := range map[string][]byte{"empty": nil, "text": []byte("not a trace at all"), "cut": whole.Bytes()[:whole.Len()/2]} {
		if rec, err := trace.Read(bytes.NewReader(b)); err == nil || rec != nil {
			t.Errorf("%s: got %v, %v", name, rec, err)
		}
	}
	if _, err := trace.Read(bytes.NewReader([]byte("go 1.26 trace\x00\x00\x00"))); err == nil || errors.Is(err, os.ErrNotExist) {
		t.Errorf("only a header: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	var whole bytes.Buffer
	if err := rtrace.Start(&whole); err != nil {
		f.Fatal(err)
	}
	rtrace.Stop()
	f.Add(whole.Bytes())
	f.Add([]byte("go 1.26 trace\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) { trace.Read(bytes.NewReader(b)) })
}

func Example() {
	rec, err := trace.Record(func() {
		var wg sync.WaitGroup
		wg.Go(func() {
			rtrace.Log(context.Background(), "lane", "worker")
			rtrace.Log(context.Background(), "step", "done")
		})
		wg.Wait()
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(rec.Steps[0].Name, "on", rec.Steps[0].Lane)
	gantt, err := plots.NewGantt(rec.Only("worker"), rec.Events...)
	fmt.Println(gantt != nil, err)
	// Output:
	// done on worker
	// true <nil>
}
