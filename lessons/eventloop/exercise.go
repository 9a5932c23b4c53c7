package eventloop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"interleave/lessons/kit/bubble"
	"interleave/lessons/kit/check"
)

const millisecond = time.Millisecond

// Gatherer is an answer to [GatherAndCancel]: it waits for all tasks and returns their results in the order given.
// When one fails it cancels the others, waits until they have ended, and returns the error that came first. When its
// own task is cancelled it does the same.
type Gatherer func(co *Co, tasks ...*Task[int]) ([]int, error)

// trial is a run of a gatherer on a virtual clock.
type trial struct {
	results []int
	err     error
	at      time.Duration // when the gatherer returned
	left    []string      // tasks that had not ended then
	record  Recording
}

// job sleeps, then returns an error or a number; when it is cancelled it cleans up for a while.
type job struct {
	sleep   time.Duration
	value   int
	err     error
	cleanup time.Duration
}

func (j job) body(co *Co) (int, error) {
	if err := co.Sleep(j.sleep); err != nil {
		if j.cleanup > 0 {
			co.Sleep(j.cleanup)
		}
		return 0, err
	}
	return j.value, j.err
}

// try gives jobs to a gatherer, and cancels its task after a time unless that is 0.
func (g Gatherer) try(cancel time.Duration, jobs ...job) (*trial, error) {
	t := &trial{}
	l := New(Virtual(), &t.record)
	gatherer := func(co *Co) (int, error) {
		var tasks []*Task[int]
		for i, j := range jobs {
			tasks = append(tasks, Start(l, fmt.Sprint("task ", i+1), j.body))
		}
		t.results, t.err = g(co, tasks...)
		t.at = l.Now()
		t.left = slices.DeleteFunc(l.Unfinished(), func(name string) bool { return !strings.HasPrefix(name, "task ") })
		return 0, nil
	}
	_, err := Run(l, func(co *Co) (int, error) {
		all := Start(l, "gatherer", gatherer)
		if cancel > 0 {
			if err := co.Sleep(cancel); err != nil {
				return 0, err
			}
			all.Cancel()
		}
		return Await(co, all)
	})
	if err != nil {
		return t, check.Show(t.record.Table(), "%v", err)
	}
	return t, nil
}

var errFetch = errors.New("the second fetch failed")

// GatherAndCancel is the exercise to write a gather that leaves nothing behind, as asyncio's TaskGroup does.
func GatherAndCancel() check.Exercise[Gatherer] {
	good := []job{{sleep: 30 * millisecond, value: 1}, {sleep: 10 * millisecond, value: 2}, {sleep: 20 * millisecond, value: 3}}
	bad := []job{{sleep: 30 * millisecond, value: 1, cleanup: 5 * millisecond}, {sleep: 10 * millisecond, err: errFetch}, {sleep: 20 * millisecond, value: 3}}
	one := func(name string, cancel time.Duration, jobs []job, fault func(t *trial) error) check.Check[Gatherer] {
		return check.Check[Gatherer]{Name: name, Kind: check.Synctest, Try: func(_ context.Context, g Gatherer) error {
			t, err := g.try(cancel, jobs...)
			if err != nil {
				return err
			}
			return fault(t)
		}}
	}
	return check.Exercise[Gatherer]{
		Name: "gather and cancel",
		Task: "Wait for all tasks and return their results in order. When one fails, or your own task is cancelled, cancel the others, wait until they have ended, and return the first error.",
		Checks: []check.Check[Gatherer]{
			one("results in the order of the tasks", 0, good, func(t *trial) error {
				if !slices.Equal(t.results, []int{1, 2, 3}) || t.err != nil {
					return check.Show(t.record.Table(), "tasks that return 1, 2, 3 after 30, 10, 20 ms: got %v, %v", t.results, t.err)
				}
				return nil
			}),
			one("max, not sum", 0, good, func(t *trial) error {
				if t.at != 30*millisecond {
					return check.Show(t.record.Table(), "tasks of 30, 10 and 20 ms took %v", t.at)
				}
				return nil
			}),
			one("the first error, and nothing else", 0, bad, func(t *trial) error {
				if !errors.Is(t.err, errFetch) {
					return check.Show(t.record.Table(), "task 2 fails after 10 ms; the error is: %v", t.err)
				}
				return nil
			}),
			one("an error cancels the others", 0, bad, func(t *trial) error {
				if t.at > 20*millisecond {
					return check.Show(t.record.Table(), "task 2 fails after 10 ms; the others were let go on, for %v in all", t.at)
				}
				return nil
			}),
			one("nobody is left behind", 0, bad, func(t *trial) error {
				if len(t.left) > 0 {
					return check.Show(t.record.Table(), "it returned at %v while %s still cleaned up", t.at, strings.Join(t.left, ", "))
				}
				return nil
			}),
			one("to cancel it is to cancel all", 15*millisecond, good, func(t *trial) error {
				if !errors.Is(t.err, ErrCancelled) || len(t.left) > 0 || t.at != 15*millisecond {
					return check.Show(t.record.Table(), "cancelled at 15 ms, it returned at %v with error %v, and left %q", t.at, t.err, t.left)
				}
				return nil
			}),
			one("nothing to wait for", 0, nil, func(t *trial) error {
				if t.err != nil || len(t.results) > 0 {
					return check.Show(t.record.Table(), "without a task: %v, %v", t.results, t.err)
				}
				return nil
			}),
		},
	}
}

// Found is an answer to [SelfAppend].
type Found struct {
	Line   int // of [Report], the one that is wrong
	Pages  int // how many pages it reports of nine URLs
	Repair func(urls []string, fetch func(url string) string) []Page
}

// SelfAppend is the exercise to find the bug of the talk's slide, in a program of our own.
func SelfAppend() check.Exercise[Found] {
	var urls []string
	for i := range 9 {
		urls = append(urls, fmt.Sprint("/kitten", i+1))
	}
	fetch := func(url string) string { return strings.Repeat("meow ", int(url[len(url)-1]-'0')) }
	return check.Exercise[Found]{
		Name: "find the self-append",
		Task: "Which line is wrong? How many pages does the program report of nine URLs? Repair it.",
		Checks: []check.Check[Found]{
			{Name: "the line", Kind: check.Value, Try: func(_ context.Context, f Found) error {
				lines := strings.Split(Report(), "\n")
				if f.Line < 1 || f.Line >= len(lines) {
					return check.Show(nil, "there is no line %d", f.Line)
				}
				if line := lines[f.Line-1]; !strings.Contains(line, "append(pages, page)") {
					return check.Show(line, "this line does what it should. Which one changes the list that is being walked?")
				}
				return nil
			}},
			{Name: "how many pages", Kind: check.Value, Try: func(_ context.Context, f Found) error {
				if n := len(report(urls, fetch)); f.Pages != n {
					return check.Show(nil, "not %d. The loop ends: range looks at the length once, at its start", f.Pages)
				}
				return nil
			}},
			{Name: "one page for each URL, with its size", Kind: check.Value, Try: func(_ context.Context, f Found) error {
				if f.Repair == nil {
					return check.Show(nil, "give a function")
				}
				got := f.Repair(urls, fetch)
				for i, url := range urls {
					if body := fetch(url); len(got) != len(urls) || got[i] != (Page{url, body, len(body)}) {
						return check.Show(strings.ReplaceAll(fmt.Sprintf("%+v", got), "} {", "}\n{"), "of nine URLs it reports:")
					}
				}
				return nil
			}},
		},
	}
}

// Handler is an answer to [OffTheLoop]: a coroutine's body that needs what slow returns. slow knows nothing of the
// loop, and blocks.
type Handler func(co *Co, slow func() int) (int, error)

// slowCall is how long slow takes by the bubble's clock.
const slowCall = 200 * millisecond

// OffTheLoop is the exercise to get the result of a call that blocks, while the loop goes on.
func OffTheLoop() check.Exercise[Handler] {
	type outcome struct {
		value, calls int
		err          error
		late         float64 // the latest beat, in ms
	}
	try := func(h Handler) (o outcome, err error) {
		err = bubble.Run(func() {
			l := New(Real(), nil)
			_, o.err = Run(l, func(co *Co) (int, error) {
				answer := Start(l, "handler", func(co *Co) (int, error) {
					return h(co, func() int {
						o.calls++
						time.Sleep(slowCall)
						return 42
					})
				})
				late, err := beats(co, LagSize{Beats: 60, Every: 5 * millisecond})
				if err != nil {
					return 0, err
				}
				o.late = slices.Max(late)
				o.value, err = Await(co, answer)
				return o.value, err
			})
		})
		return o, err
	}
	one := func(name string, fault func(o outcome) error) check.Check[Handler] {
		return check.Check[Handler]{Name: name, Kind: check.Synctest, Try: func(_ context.Context, h Handler) error {
			o, err := try(h)
			if err != nil {
				return check.Show(nil, "%v", err)
			}
			return fault(o)
		}}
	}
	return check.Exercise[Handler]{
		Name: "off the loop",
		Task: "Return what slow returns. It blocks for 200 ms, and a heart on the same loop beats every 5 ms.",
		Checks: []check.Check[Handler]{
			one("the value", func(o outcome) error {
				if o.value != 42 || o.err != nil {
					return check.Show(nil, "slow returns 42, the handler %d, %v", o.value, o.err)
				}
				return nil
			}),
			one("the heart beats on", func(o outcome) error {
				if o.late > 1 {
					return check.Show(nil, "a beat came %.0f ms late: the loop was blocked", o.late)
				}
				return nil
			}),
			one("slow is called once", func(o outcome) error {
				if o.calls != 1 {
					return check.Show(nil, "it was called %d times", o.calls)
				}
				return nil
			}),
		},
	}
}
