package eventloop_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"interleave/lessons/bubble"
	. "interleave/lessons/eventloop"
	"interleave/lessons/timeline"
)

const ms = time.Millisecond

// fetch is a coroutine function: it sleeps and returns its name.
func fetch(name string, wait time.Duration, log *[]string) Coroutine[string] {
	return func(co *Co) (string, error) {
		*log = append(*log, name+" begins")
		err := co.Sleep(wait)
		*log = append(*log, name+" ends")
		return name, err
	}
}

// TestNineFetches: at the same time they take as long as the longest, one after the other as long as all.
func TestNineFetches(t *testing.T) {
	var log []string
	for _, c := range []struct {
		together bool
		want     time.Duration
	}{{true, 90 * ms}, {false, 450 * ms}} {
		l := New(Virtual(), nil)
		names, err := Run(l, func(co *Co) ([]string, error) {
			var names []string
			var tasks []Awaitable[string]
			for i := 1; i <= 9; i++ {
				task := Start(l, fmt.Sprint("fetch ", i), fetch(fmt.Sprint(i), time.Duration(10*i)*ms, &log))
				if tasks = append(tasks, task); c.together {
					continue
				}
				name, err := Await(co, task)
				if names = append(names, name); err != nil {
					return nil, err
				}
			}
			return Await(co, Gather(l, tasks...))
		})
		if err != nil || strings.Join(names, "") != "123456789" || l.Now() != c.want {
			t.Errorf("together %t: %v %v after %v, want %v", c.together, names, err, l.Now(), c.want)
		}
	}
}

// TestOrder: calling a coroutine function runs nothing, starting a task neither; then they run first come, first
// served, and timers that are due at once ring in the order in which they were set.
func TestOrder(t *testing.T) {
	var log []string
	l := New(Virtual(), nil)
	_, err := Run(l, func(co *Co) (int, error) {
		a, b := fetch("a", 10*ms, &log), fetch("b", 10*ms, &log)
		log = append(log, "called")
		tb, ta := Start(l, "b", b), Start(l, "a", a)
		log = append(log, "started")
		if _, err := Await(co, ta); err != nil {
			return 0, err
		}
		_, err := Await(co, tb)
		return 0, err
	})
	want := "called, started, b begins, a begins, b ends, a ends"
	if got := strings.Join(log, ", "); err != nil || got != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
	}
}

// TestAwaitDone: to await what is done does not give up the loop.
func TestAwaitDone(t *testing.T) {
	l := New(Virtual(), nil)
	_, err := Run(l, func(co *Co) (int, error) {
		f := NewFuture[int](l, "f")
		f.Set(1)
		f.Set(2)
		f.Fail(errors.New("late"))
		f.Cancel()
		ran := false
		l.Soon("other", func() { ran = true })
		if v, err := Await(co, f); v != 1 || err != nil || ran {
			t.Errorf("%d %v, another ran: %t", v, err, ran)
		}
		if err := co.Yield(); err != nil || !ran {
			t.Errorf("after a yield: %v, another ran: %t", err, ran)
		}
		return 0, nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestCancel: a task is cancelled where it awaits, also through another task; before it began it never begins; it can
// clean up, and refuse; and its timer is gone, so that the clock does not wait for it.
func TestCancel(t *testing.T) {
	hour := func(co *Co) (int, error) { return 0, co.Sleep(time.Hour) }
	for _, c := range []struct {
		name string
		body func(l *Loop) Coroutine[int]
		at   time.Duration // 0: before it begins
		err  error
		ends time.Duration
	}{
		{"asleep", func(*Loop) Coroutine[int] { return hour }, 5 * ms, ErrCancelled, 5 * ms},
		{"not begun", func(*Loop) Coroutine[int] {
			return func(*Co) (int, error) { t.Error("it began"); return 0, nil }
		}, 0, ErrCancelled, 0},
		{"awaits a task", func(l *Loop) Coroutine[int] {
			return func(co *Co) (int, error) { return Await(co, Start(l, "inner", hour)) }
		}, 5 * ms, ErrCancelled, 5 * ms},
		{"cleans up", func(*Loop) Coroutine[int] {
			return func(co *Co) (int, error) {
				err := co.Sleep(time.Hour)
				return 0, errors.Join(err, co.Sleep(3*ms))
			}
		}, 5 * ms, ErrCancelled, 8 * ms},
		{"refuses", func(*Loop) Coroutine[int] {
			return func(co *Co) (int, error) {
				if err := co.Sleep(time.Hour); !errors.Is(err, ErrCancelled) {
					t.Errorf("asleep: %v", err)
				}
				return 0, co.Sleep(3 * ms)
			}
		}, 5 * ms, nil, 8 * ms},
		{"gathers", func(l *Loop) Coroutine[int] {
			return func(co *Co) (int, error) {
				_, err := Await(co, Gather[int](l, Start(l, "one", hour), Start(l, "two", hour)))
				if co.Sleep(0); len(l.Unfinished()) != 2 { // main and this one
					t.Errorf("left: %q", l.Unfinished())
				}
				return 0, err
			}
		}, 5 * ms, ErrCancelled, 5 * ms},
	} {
		l := New(Virtual(), nil)
		_, err := Run(l, func(co *Co) (int, error) {
			task := Start(l, "task", c.body(l))
			if c.at > 0 {
				if err := co.Sleep(c.at); err != nil {
					return 0, err
				}
			}
			task.Cancel()
			return Await(co, task)
		})
		if !errors.Is(err, c.err) || c.err == nil && err != nil || l.Now() != c.ends {
			t.Errorf("%s: %v at %v, want %v at %v", c.name, err, l.Now(), c.err, c.ends)
		}
	}
}

// TestCancelReady: a task that is ready hears of it at the await from which it comes back.
func TestCancelReady(t *testing.T) {
	l := New(Virtual(), nil)
	_, err := Run(l, func(co *Co) (int, error) {
		f := NewFuture[int](l, "f")
		task := Start(l, "task", func(co *Co) (int, error) { return Await(co, f) })
		if err := co.Yield(); err != nil {
			return 0, err
		}
		f.Set(1)
		task.Cancel()
		return Await(co, task)
	})
	if !errors.Is(err, ErrCancelled) {
		t.Error(err)
	}
}

// TestGatherFails: the first error comes at once, and the others go on.
func TestGatherFails(t *testing.T) {
	l := New(Virtual(), nil)
	no := errors.New("no")
	_, err := Run(l, func(co *Co) (int, error) {
		a := Start(l, "a", func(co *Co) (int, error) { return 1, co.Sleep(30 * ms) })
		b := Start(l, "b", func(co *Co) (int, error) { return 0, errors.Join(co.Sleep(10*ms), no) })
		if _, err := Await(co, Gather[int](l, a, b)); !errors.Is(err, no) || l.Now() != 10*ms {
			t.Errorf("%v at %v", err, l.Now())
		}
		if none, err := Await(co, Gather[int](l)); len(none) != 0 || err != nil {
			t.Errorf("of nothing: %v %v", none, err)
		}
		return Await(co, a)
	})
	if err != nil || l.Now() != 30*ms {
		t.Errorf("%v at %v", err, l.Now())
	}
}

// TestEnd: when main returns the others are unwound; a panic comes out; who waits for ever is named.
func TestEnd(t *testing.T) {
	unwound := 0
	l := New(Virtual(), nil)
	forever := func(co *Co) (int, error) {
		defer func() { unwound++ }()
		return Await(co, NewFuture[int](co.Loop(), "an answer"))
	}
	if _, err := Run(l, func(co *Co) (int, error) {
		Start(l, "one", forever)
		Start(l, "never begins", forever)
		return 0, nil
	}); err != nil || unwound != 0 {
		t.Errorf("%v, %d unwound that never began", err, unwound)
	}
	l = New(Virtual(), nil)
	if _, err := Run(l, func(co *Co) (int, error) {
		Start(l, "one", forever)
		return 0, co.Sleep(ms)
	}); err != nil || unwound != 1 {
		t.Errorf("%v, %d unwound", err, unwound)
	}
	l = New(Virtual(), nil)
	_, err := Run(l, func(co *Co) (int, error) { return Await(co, Start(l, "one", forever)) })
	if !errors.Is(err, ErrStuck) || !strings.Contains(err.Error(), "main awaits one, one awaits an answer") || unwound != 2 {
		t.Errorf("%v, %d unwound", err, unwound)
	}
	defer func() {
		if v := recover(); v != "oh" || unwound != 3 {
			t.Errorf("recovered %v, %d unwound", v, unwound)
		}
	}()
	l = New(Virtual(), nil)
	Run(l, func(co *Co) (int, error) {
		Start(l, "one", forever)
		if err := co.Sleep(ms); err != nil {
			return 0, err
		}
		panic("oh")
	})
}

// TestOffload: by the real clock, here the bubble's, the loop goes on meanwhile; by the virtual one it takes no time.
func TestOffload(t *testing.T) {
	for name, c := range map[string]struct {
		clock func() Clock
		want  time.Duration
	}{"real": {Real, 20 * ms}, "virtual": {Virtual, 0}} {
		err := bubble.Run(func() {
			l := New(c.clock(), nil)
			v, err := Run(l, func(co *Co) (int, error) {
				return Await(co, Offload(l, "slow", func() (int, error) {
					time.Sleep(20 * ms)
					return 42, nil
				}))
			})
			if v != 42 || err != nil || l.Now() != c.want {
				t.Errorf("%s: %d %v after %v", name, v, err, l.Now())
			}
		})
		if err != nil {
			t.Error(name, err)
		}
	}
}

// TestRecording: the table has a row a turn, and the timeline tells waiting from being ready.
func TestRecording(t *testing.T) {
	var r Recording
	l := New(Virtual(), &r)
	_, err := Run(l, func(co *Co) (int, error) {
		a := Start(l, "a", func(co *Co) (int, error) { return 1, co.Sleep(10 * ms) })
		b := Start(l, "b", func(co *Co) (int, error) {
			err := co.Sleep(5 * ms)
			co.Block(20 * ms)
			return 2, err
		})
		if _, err := Await(co, a); err != nil {
			return 0, err
		}
		return Await(co, b)
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `
main|begins; starts a; starts b; awaits a|0 ms|a, b||
a|begins; sleeps 10 ms|0 ms|b|a at 10 ms|
b|begins; sleeps 5 ms|0 ms||b at 5 ms, a at 10 ms|
(loop)|waits 5 ms; timer of b rings|0 ms|b|a at 10 ms|
b|blocks 20 ms; returns|5 ms||a at 10 ms|b
(loop)|timer of a rings|25 ms|a||b
a|returns|25 ms|main||b, a
main|returns|25 ms|||b, a, main
`
	got := "\n"
	for _, row := range r.Table().Rows[1:] {
		got += strings.Join(row, "|") + "\n"
	}
	if first := r.Table().Rows[0]; got != want || first[3] != "main" || r.Table().Caption != "8 turns of the loop in 25 ms" {
		t.Errorf("%q %q got%swant%s", first, r.Table().Caption, got, want)
	}
	if walk := r.Table().Walk().HTML(); strings.Count(walk, "<details>") != 8 || !strings.Contains(walk, "<summary>5. on the stack: b</summary>") {
		t.Errorf("%s", walk)
	}
	a := r.Timeline().Lane("a")
	if a == nil || a.Total(timeline.Waiting) != 25*ms || !a.Ended || a.Spans[1].Reason != "timer" {
		t.Errorf("%+v", a)
	}
	if b := r.Timeline().Lane("b"); b.Total(timeline.Running) != 20*ms || b.Total(timeline.Waiting) != 5*ms {
		t.Errorf("%+v", b)
	}
}

// TestHeartbeat, by the bubble's clock: the loop's lag is exact.
func TestHeartbeat(t *testing.T) {
	size := LagSize{Beats: 24, Every: 5 * ms, Block: 50 * ms}
	for h, want := range map[Handlers]float64{Wait: 1e-3, Blocking: 50, Offloaded: 1e-3} {
		err := bubble.Run(func() {
			late, err := Heartbeat(h, size)
			if err != nil || len(late) != size.Beats || slices.Max(late) > want || slices.Max(late) < want-5 {
				t.Errorf("%s: %v %v", h, late, err)
			}
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestLags(t *testing.T) {
	lags, _, err := Lags(t.Context(), LagSize{Runs: 6, Beats: 9, Every: 2 * ms, Block: 30 * ms})
	if err != nil || len(lags) != 3 {
		t.Fatalf("%v %v", lags, err)
	}
	for _, l := range lags {
		if len(l.Runs) != 6 || len(l.All()) != 54 || len(l.Longest()) != 6 {
			t.Errorf("%s: %v", l.Handlers, l.Runs)
		}
		if l.Handlers == Blocking && slices.Min(l.Longest()) < 20 {
			t.Errorf("a call blocks for 30 ms, and the longest lags are %v", l.Longest())
		}
	}
}

func TestNetpoller(t *testing.T) {
	h, err := Netpoller(40)
	if err != nil || h.Waiting != 40 {
		t.Fatalf("%+v %v", h, err)
	}
	if !slices.Contains(h.Stack, "internal/poll.runtime_pollWait") || !strings.HasSuffix(h.Stack[len(h.Stack)-1], "eventloop.read") {
		t.Errorf("stack %q", h.Stack)
	}
	if more := h.Threads[1] - h.Threads[0]; h.Threads[1] == 0 || more > 20 {
		t.Errorf("40 waiting goroutines took %d more threads: %v", more, h.Threads)
	}
	if h.Epolls == 0 {
		t.Error("no epoll instance")
	}
}

func TestReport(t *testing.T) {
	text := Report()
	if !strings.HasPrefix(text, " 1  func report(") || !strings.HasSuffix(text, "11  }\n") || !strings.Contains(text, " 8          pages = append(pages, page)\n") {
		t.Errorf("\n%s", text)
	}
}
