package eventloop_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"interleave/lessons/eventloop"
	"interleave/lessons/kit/bubble"
	"interleave/lessons/kit/timeline"
)

const ms = time.Millisecond

// fetch is a coroutine function: it sleeps and returns its name.
func fetch(name string, wait time.Duration, log *[]string) eventloop.Coroutine[string] {
	return func(co *eventloop.Co) (string, error) {
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
		l := eventloop.New(eventloop.Virtual(), nil)
		names, err := eventloop.Run(l, func(co *eventloop.Co) ([]string, error) {
			var tasks []eventloop.Awaitable[string]
			for i := 1; i <= 9; i++ {
				task := eventloop.Start(l, fmt.Sprint("fetch ", i), fetch(fmt.Sprint(i), time.Duration(10*i)*ms, &log))
				if tasks = append(tasks, task); c.together {
					continue
				}
				if _, err := eventloop.Await(co, task); err != nil {
					return nil, err
				}
			}
			return eventloop.Await(co, eventloop.Gather(l, tasks...))
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
	l := eventloop.New(eventloop.Virtual(), nil)
	_, err := eventloop.Run(l, func(co *eventloop.Co) (int, error) {
		a, b := fetch("a", 10*ms, &log), fetch("b", 10*ms, &log)
		log = append(log, "called")
		tb, ta := eventloop.Start(l, "b", b), eventloop.Start(l, "a", a)
		log = append(log, "started")
		if _, err := eventloop.Await(co, ta); err != nil {
			return 0, err
		}
		_, err := eventloop.Await(co, tb)
		return 0, err
	})
	want := "called, started, b begins, a begins, b ends, a ends"
	if got := strings.Join(log, ", "); err != nil || got != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
	}
}

// TestAwaitDone: to await what is done does not give up the loop.
func TestAwaitDone(t *testing.T) {
	l := eventloop.New(eventloop.Virtual(), nil)
	_, err := eventloop.Run(l, func(co *eventloop.Co) (int, error) {
		f := eventloop.NewFuture[int](l, "f")
		f.Set(1)
		f.Set(2)
		f.Fail(errors.New("late"))
		f.Cancel()
		ran := false
		l.Soon("other", func() { ran = true })
		if v, err := eventloop.Await(co, f); v != 1 || err != nil || ran {
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
	hour := func(co *eventloop.Co) (int, error) { return 0, co.Sleep(time.Hour) }
	for _, c := range []struct {
		name string
		body func(l *eventloop.Loop) eventloop.Coroutine[int]
		at   time.Duration // 0: before it begins
		err  error
		ends time.Duration
	}{
		{"asleep", func(*eventloop.Loop) eventloop.Coroutine[int] { return hour }, 5 * ms, eventloop.ErrCancelled, 5 * ms},
		{"not begun", func(*eventloop.Loop) eventloop.Coroutine[int] {
			return func(*eventloop.Co) (int, error) { t.Error("it began"); return 0, nil }
		}, 0, eventloop.ErrCancelled, 0},
		{"awaits a task", func(l *eventloop.Loop) eventloop.Coroutine[int] {
			return func(co *eventloop.Co) (int, error) { return eventloop.Await(co, eventloop.Start(l, "inner", hour)) }
		}, 5 * ms, eventloop.ErrCancelled, 5 * ms},
		{"cleans up", func(*eventloop.Loop) eventloop.Coroutine[int] {
			return func(co *eventloop.Co) (int, error) {
				err := co.Sleep(time.Hour)
				return 0, errors.Join(err, co.Sleep(3*ms))
			}
		}, 5 * ms, eventloop.ErrCancelled, 8 * ms},
		{"refuses", func(*eventloop.Loop) eventloop.Coroutine[int] {
			return func(co *eventloop.Co) (int, error) {
				if err := co.Sleep(time.Hour); !errors.Is(err, eventloop.ErrCancelled) {
					t.Errorf("asleep: %v", err)
				}
				return 0, co.Sleep(3 * ms)
			}
		}, 5 * ms, nil, 8 * ms},
		{"gathers", func(l *eventloop.Loop) eventloop.Coroutine[int] {
			return func(co *eventloop.Co) (int, error) {
				_, err := eventloop.Await(co, eventloop.Gather[int](l, eventloop.Start(l, "one", hour), eventloop.Start(l, "two", hour)))
				if co.Sleep(0); len(l.Unfinished()) != 2 { // main and this one
					t.Errorf("left: %q", l.Unfinished())
				}
				return 0, err
			}
		}, 5 * ms, eventloop.ErrCancelled, 5 * ms},
	} {
		l := eventloop.New(eventloop.Virtual(), nil)
		_, err := eventloop.Run(l, func(co *eventloop.Co) (int, error) {
			task := eventloop.Start(l, "task", c.body(l))
			if c.at > 0 {
				if err := co.Sleep(c.at); err != nil {
					return 0, err
				}
			}
			task.Cancel()
			return eventloop.Await(co, task)
		})
		if !errors.Is(err, c.err) || c.err == nil && err != nil || l.Now() != c.ends {
			t.Errorf("%s: %v at %v, want %v at %v", c.name, err, l.Now(), c.err, c.ends)
		}
	}
}

// TestCancelReady: a task that is ready hears of it at the await from which it comes back.
func TestCancelReady(t *testing.T) {
	l := eventloop.New(eventloop.Virtual(), nil)
	_, err := eventloop.Run(l, func(co *eventloop.Co) (int, error) {
		f := eventloop.NewFuture[int](l, "f")
		task := eventloop.Start(l, "task", func(co *eventloop.Co) (int, error) { return eventloop.Await(co, f) })
		if err := co.Yield(); err != nil {
			return 0, err
		}
		f.Set(1)
		task.Cancel()
		return eventloop.Await(co, task)
	})
	if !errors.Is(err, eventloop.ErrCancelled) {
		t.Error(err)
	}
}

// TestGatherFails: the first error comes at once, and the others go on.
func TestGatherFails(t *testing.T) {
	l := eventloop.New(eventloop.Virtual(), nil)
	no := errors.New("no")
	_, err := eventloop.Run(l, func(co *eventloop.Co) (int, error) {
		a := eventloop.Start(l, "a", func(co *eventloop.Co) (int, error) { return 1, co.Sleep(30 * ms) })
		b := eventloop.Start(l, "b", func(co *eventloop.Co) (int, error) { return 0, errors.Join(co.Sleep(10*ms), no) })
		if _, err := eventloop.Await(co, eventloop.Gather[int](l, a, b)); !errors.Is(err, no) || l.Now() != 10*ms {
			t.Errorf("%v at %v", err, l.Now())
		}
		if none, err := eventloop.Await(co, eventloop.Gather[int](l)); len(none) != 0 || err != nil {
			t.Errorf("of nothing: %v %v", none, err)
		}
		return eventloop.Await(co, a)
	})
	if err != nil || l.Now() != 30*ms {
		t.Errorf("%v at %v", err, l.Now())
	}
}

// TestEnd: when main returns the others are unwound; a panic comes out; who waits for ever is named.
func TestEnd(t *testing.T) {
	unwound := 0
	l := eventloop.New(eventloop.Virtual(), nil)
	forever := func(co *eventloop.Co) (int, error) {
		defer func() { unwound++ }()
		return eventloop.Await(co, eventloop.NewFuture[int](co.Loop(), "an answer"))
	}
	if _, err := eventloop.Run(l, func(co *eventloop.Co) (int, error) {
		eventloop.Start(l, "one", forever)
		eventloop.Start(l, "never begins", forever)
		return 0, nil
	}); err != nil || unwound != 0 {
		t.Errorf("%v, %d unwound that never began", err, unwound)
	}
	l = eventloop.New(eventloop.Virtual(), nil)
	if _, err := eventloop.Run(l, func(co *eventloop.Co) (int, error) {
		eventloop.Start(l, "one", forever)
		return 0, co.Sleep(ms)
	}); err != nil || unwound != 1 {
		t.Errorf("%v, %d unwound", err, unwound)
	}
	l = eventloop.New(eventloop.Virtual(), nil)
	_, err := eventloop.Run(l, func(co *eventloop.Co) (int, error) { return eventloop.Await(co, eventloop.Start(l, "one", forever)) })
	if !errors.Is(err, eventloop.ErrStuck) || !strings.Contains(err.Error(), "main awaits one, one awaits an answer") || unwound != 2 {
		t.Errorf("%v, %d unwound", err, unwound)
	}
	l = eventloop.New(eventloop.Virtual(), nil)
	if _, err := eventloop.Run(l, func(co *eventloop.Co) (int, error) {
		eventloop.Start(l, "cleans up", func(co *eventloop.Co) (int, error) {
			defer co.Sleep(ms) // too late: it does not return, and the loop does not wait
			return 0, co.Sleep(time.Hour)
		})
		return 0, co.Sleep(ms)
	}); err != nil || l.Now() != ms {
		t.Errorf("%v at %v", err, l.Now())
	}
	defer func() {
		if v := recover(); v != "oh" || unwound != 3 {
			t.Errorf("recovered %v, %d unwound", v, unwound)
		}
	}()
	l = eventloop.New(eventloop.Virtual(), nil)
	eventloop.Run(l, func(co *eventloop.Co) (int, error) {
		eventloop.Start(l, "one", forever)
		if err := co.Sleep(ms); err != nil {
			return 0, err
		}
		panic("oh")
	})
}

// TestOffload: by the real clock, here the bubble's, the loop goes on meanwhile; by the virtual one it takes no time.
func TestOffload(t *testing.T) {
	for name, c := range map[string]struct {
		clock func() eventloop.Clock
		want  time.Duration
	}{"real": {eventloop.Real, 20 * ms}, "virtual": {eventloop.Virtual, 0}} {
		err := bubble.Run(func() {
			l := eventloop.New(c.clock(), nil)
			v, err := eventloop.Run(l, func(co *eventloop.Co) (int, error) {
				return eventloop.Await(co, eventloop.Offload(l, "slow", func() (int, error) {
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
	var r eventloop.Recording
	l := eventloop.New(eventloop.Virtual(), &r)
	_, err := eventloop.Run(l, func(co *eventloop.Co) (int, error) {
		a := eventloop.Start(l, "a", func(co *eventloop.Co) (int, error) { return 1, co.Sleep(10 * ms) })
		b := eventloop.Start(l, "b", func(co *eventloop.Co) (int, error) {
			err := co.Sleep(5 * ms)
			co.Block(20 * ms)
			return 2, err
		})
		if _, err := eventloop.Await(co, a); err != nil {
			return 0, err
		}
		return eventloop.Await(co, b)
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
	if a == nil || a.Total(timeline.Waiting) != 10*ms || a.Total(timeline.Runnable) != 15*ms || !a.Ended || a.Spans[1].Reason != "timer" {
		t.Errorf("%+v", a)
	}
	if b := r.Timeline().Lane("b"); b.Total(timeline.Running) != 20*ms || b.Total(timeline.Waiting) != 5*ms {
		t.Errorf("%+v", b)
	}
}

// TestHeartbeat, by the bubble's clock: the loop's lag is exact.
func TestHeartbeat(t *testing.T) {
	size := eventloop.LagSize{Beats: 24, Every: 5 * ms, Block: 50 * ms}
	for h, want := range map[eventloop.Handlers]float64{eventloop.Wait: 0, eventloop.Blocking: 50, eventloop.Offloaded: 0} {
		err := bubble.Run(func() {
			late, err := eventloop.Heartbeat(h, size)
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
	lags, _, err := eventloop.Lags(t.Context(), eventloop.LagSize{Runs: 6, Beats: 9, Every: 2 * ms, Block: 30 * ms})
	if err != nil || len(lags) != 3 {
		t.Fatalf("%v %v", lags, err)
	}
	for _, l := range lags {
		if len(l.Runs) != 6 || len(l.All()) != 54 || len(l.Longest()) != 6 {
			t.Errorf("%s: %v", l.Handlers, l.Runs)
		}
		if l.Handlers == eventloop.Blocking && slices.Min(l.Longest()) < 20 {
			t.Errorf("a call blocks for 30 ms, and the longest lags are %v", l.Longest())
		}
	}
}

func TestNetpoller(t *testing.T) {
	h, err := eventloop.Netpoller(40)
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
	text := eventloop.Report()
	if !strings.HasPrefix(text, " 1  func report(") || !strings.HasSuffix(text, "11  }\n") || !strings.Contains(text, " 8          pages = append(pages, page)\n") {
		t.Errorf("\n%s", text)
	}
}
