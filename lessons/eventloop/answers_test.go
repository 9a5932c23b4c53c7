package eventloop_test

import (
	"errors"
	"testing"
	"time"

	"interleave/lessons/eventloop"
	"interleave/lessons/kit/check"
)

// gather is the reference, with its faults to choose.
func gather(cancels, waits, tells bool) eventloop.Gatherer {
	return func(co *eventloop.Co, tasks ...*eventloop.Task[int]) ([]int, error) {
		var first error
		note := func(err error) {
			if err == nil || first != nil {
				return
			}
			if first = err; cancels {
				for _, t := range tasks {
					t.Cancel()
				}
			}
		}
		for _, t := range tasks {
			t.OnDone(func() { note(t.Err()) })
		}
		out := make([]int, len(tasks))
		for i, t := range tasks {
			var err error
			if out[i], err = eventloop.Await(co, t); err != nil && !waits {
				return nil, err
			}
			note(err)
		}
		if !tells {
			return out, nil
		}
		return out, first
	}
}

func TestGatherAndCancel(t *testing.T) {
	const order, first, others, behind, all = "results in the order of the tasks", "the first error, and nothing else",
		"an error cancels the others", "nobody is left behind", "to cancel it is to cancel all"
	proof := eventloop.GatherAndCancel().Proof(t.Context(), max(100, check.Times()), gather(true, true, true),
		check.Mutant[eventloop.Gatherer]{Name: "awaits one after the other and returns the first error it meets", Answer: gather(false, false, true), Fails: others},
		check.Mutant[eventloop.Gatherer]{Name: "cancels and does not wait", Answer: func(co *eventloop.Co, tasks ...*eventloop.Task[int]) ([]int, error) {
			failed := eventloop.NewFuture[[]int](co.Loop(), "all")
			var parts []eventloop.Awaitable[int]
			for _, t := range tasks {
				parts = append(parts, t)
			}
			all := eventloop.Gather(co.Loop(), parts...)
			all.OnDone(func() {
				values, err := all.Result()
				if err != nil {
					for _, t := range tasks {
						t.Cancel()
					}
					failed.Fail(err)
				}
				failed.Set(values)
			})
			return eventloop.Await(co, failed)
		}, Fails: behind},
		check.Mutant[eventloop.Gatherer]{Name: "swallows the error", Answer: gather(true, true, false), Fails: first},
		check.Mutant[eventloop.Gatherer]{Name: "the package's Gather, after which the others go on", Answer: func(co *eventloop.Co, tasks ...*eventloop.Task[int]) ([]int, error) {
			var parts []eventloop.Awaitable[int]
			for _, t := range tasks {
				parts = append(parts, t)
			}
			return eventloop.Await(co, eventloop.Gather(co.Loop(), parts...))
		}, Fails: behind},
		check.Mutant[eventloop.Gatherer]{Name: "in the order of completion", Answer: func(co *eventloop.Co, tasks ...*eventloop.Task[int]) ([]int, error) {
			var out []int
			for _, t := range tasks {
				t.OnDone(func() {
					v, _ := t.Result()
					out = append(out, v)
				})
			}
			_, err := gather(true, true, true)(co, tasks...)
			return out, err
		}, Fails: order},
		check.Mutant[eventloop.Gatherer]{Name: "is deaf to its own cancellation", Answer: func(co *eventloop.Co, tasks ...*eventloop.Task[int]) ([]int, error) {
			ended := eventloop.NewFuture[int](co.Loop(), "the end of all")
			left := len(tasks)
			if left == 0 {
				return nil, nil
			}
			var first error
			out := make([]int, len(tasks))
			for i, t := range tasks {
				t.OnDone(func() {
					v, err := t.Result()
					if out[i] = v; err != nil && first == nil {
						first = err
						for _, other := range tasks {
							other.Cancel()
						}
					}
					if left--; left == 0 {
						ended.Set(0)
					}
				})
			}
			if _, err := eventloop.Await(co, ended); err != nil {
				return nil, err
			}
			return out, first
		}, Fails: all},
	)
	t.Log(proof)
	if err := proof.Err(); err != nil {
		t.Error(err)
	}
}

func TestSelfAppend(t *testing.T) {
	found := func(line, pages int, repair func(page *eventloop.Page, pages *[]eventloop.Page, i int)) eventloop.Found {
		return eventloop.Found{Line: line, Pages: pages, Repair: func(urls []string, fetch func(string) string) []eventloop.Page {
			var all []eventloop.Page
			for _, url := range urls {
				all = append(all, eventloop.Page{URL: url, Body: fetch(url)})
			}
			for i, page := range all {
				page.Bytes = len(page.Body)
				repair(&page, &all, i)
			}
			return all
		}}
	}
	right := func(page *eventloop.Page, pages *[]eventloop.Page, i int) { (*pages)[i] = *page }
	const line, count, repaired = "the line", "how many pages", "one page for each URL, with its size"
	proof := eventloop.SelfAppend().Proof(t.Context(), max(100, check.Times()), found(8, 18, right),
		check.Mutant[eventloop.Found]{Name: "the first append", Answer: found(4, 18, right), Fails: line},
		check.Mutant[eventloop.Found]{Name: "the walk", Answer: found(6, 18, right), Fails: line},
		check.Mutant[eventloop.Found]{Name: "nine, as hoped", Answer: found(8, 9, right), Fails: count},
		check.Mutant[eventloop.Found]{Name: "it never ends", Answer: found(8, -1, right), Fails: count},
		check.Mutant[eventloop.Found]{Name: "line 8 struck out: page is a copy", Answer: found(8, 18, func(*eventloop.Page, *[]eventloop.Page, int) {}), Fails: repaired},
		check.Mutant[eventloop.Found]{Name: "as it was", Answer: found(8, 18, func(page *eventloop.Page, pages *[]eventloop.Page, _ int) { *pages = append(*pages, *page) }), Fails: repaired},
		check.Mutant[eventloop.Found]{Name: "a new list, made with nine empty pages", Fails: repaired, Answer: eventloop.Found{Line: 8, Pages: 18,
			Repair: func(urls []string, fetch func(string) string) []eventloop.Page {
				out := make([]eventloop.Page, len(urls))
				for _, url := range urls {
					body := fetch(url)
					out = append(out, eventloop.Page{url, body, len(body)})
				}
				return out
			}}},
	)
	t.Log(proof)
	if err := proof.Err(); err != nil {
		t.Error(err)
	}
}

func TestOffTheLoop(t *testing.T) {
	const value, beats, once = "the value", "the heart beats on", "slow is called once"
	off := func(co *eventloop.Co, slow func() int) *eventloop.Future[int] {
		return eventloop.Offload(co.Loop(), "slow", func() (int, error) { return slow(), nil })
	}
	proof := eventloop.OffTheLoop().Proof(t.Context(), max(100, check.Times()),
		func(co *eventloop.Co, slow func() int) (int, error) { return eventloop.Await(co, off(co, slow)) },
		check.Mutant[eventloop.Handler]{Name: "calls it", Fails: beats, Answer: func(_ *eventloop.Co, slow func() int) (int, error) { return slow(), nil }},
		check.Mutant[eventloop.Handler]{Name: "sleeps first, then calls it", Fails: beats, Answer: func(co *eventloop.Co, slow func() int) (int, error) {
			if err := co.Sleep(time.Millisecond); err != nil {
				return 0, err
			}
			return slow(), nil
		}},
		check.Mutant[eventloop.Handler]{Name: "a goroutine, and a receive that blocks the loop", Fails: beats, Answer: func(_ *eventloop.Co, slow func() int) (int, error) {
			answer := make(chan int)
			go func() { answer <- slow() }()
			return <-answer, nil
		}},
		check.Mutant[eventloop.Handler]{Name: "does not wait for the answer", Fails: value, Answer: func(co *eventloop.Co, slow func() int) (int, error) {
			v, err := off(co, slow).Result()
			return v, err
		}},
		check.Mutant[eventloop.Handler]{Name: "asks whether it is off the loop by calling it", Fails: once, Answer: func(co *eventloop.Co, slow func() int) (int, error) {
			if _, err := eventloop.Await(co, off(co, slow)); err != nil {
				return 0, errors.New("never")
			}
			return eventloop.Await(co, off(co, slow))
		}},
	)
	t.Log(proof)
	if err := proof.Err(); err != nil {
		t.Error(err)
	}
}
