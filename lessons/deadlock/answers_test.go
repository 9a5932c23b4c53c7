package deadlock_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"interleave/lessons/deadlock"
	"interleave/lessons/kit/check"
)

func TestOrderForks(t *testing.T) {
	const all, own, rule = "no schedule deadlocks", "everybody takes his own two forks", "by a rule that is not lower number first"
	oneRightFirst := func(i, n int) (one, other int) {
		if i == 0 {
			return 1 % n, 0
		}
		return i, (i + 1) % n
	}
	err := deadlock.OrderForks().Prove(t.Context(), check.Times(), oneRightFirst,
		check.Mutant[deadlock.Forks]{Name: "lower number first", Answer: deadlock.LowFirst, Fails: rule},
		check.Mutant[deadlock.Forks]{Name: "left first", Answer: deadlock.LeftFirst, Fails: all},
		check.Mutant[deadlock.Forks]{Name: "right first", Fails: all, Answer: func(i, n int) (int, int) { return (i + 1) % n, i }},
		check.Mutant[deadlock.Forks]{Name: "the last one is another, counted wrongly", Fails: all, Answer: func(i, n int) (int, int) {
			if i == n {
				return (i + 1) % n, i
			}
			return i, (i + 1) % n
		}},
		check.Mutant[deadlock.Forks]{Name: "no fork 0 after the last", Fails: own, Answer: func(i, n int) (int, int) { return i, i + 1 }},
		check.Mutant[deadlock.Forks]{Name: "one fork twice", Fails: own, Answer: func(i, n int) (int, int) { return i, i }},
	)
	if err != nil {
		t.Error(err)
	}
}

var plugs = deadlock.Plugs{
	First: func(servers []func() int) int {
		answers := make(chan int, len(servers))
		for _, s := range servers {
			go func() { answers <- s() }()
		}
		return <-answers
	},
	Numbers: func(ctx context.Context) <-chan int {
		out := make(chan int)
		go func() {
			defer close(out)
			for i := 1; ; i++ {
				select {
				case out <- i:
				case <-ctx.Done():
					return
				}
			}
		}()
		return out
	},
	Every: func(ctx context.Context, d time.Duration, f func()) {
		go func() {
			tick := time.NewTicker(d)
			defer tick.Stop()
			for {
				select {
				case <-tick.C:
					f()
				case <-ctx.Done():
					return
				}
			}
		}()
	},
}

func TestPlugLeaks(t *testing.T) {
	with := func(change func(*deadlock.Plugs)) deadlock.Plugs {
		p := plugs
		change(&p)
		return p
	}
	err := deadlock.PlugLeaks().Prove(t.Context(), check.Times(), plugs,
		check.Mutant[deadlock.Plugs]{Name: "answers without a buffer", Fails: "First leaves nobody behind", Answer: with(func(p *deadlock.Plugs) {
			p.First = func(servers []func() int) int {
				answers := make(chan int)
				for _, s := range servers {
					go func() { answers <- s() }()
				}
				return <-answers
			}
		})},
		check.Mutant[deadlock.Plugs]{Name: "one server after the other", Fails: "First gives the quickest answer", Answer: with(func(p *deadlock.Plugs) {
			p.First = func(servers []func() int) int { return servers[0]() }
		})},
		check.Mutant[deadlock.Plugs]{Name: "numbers for ever", Fails: "Numbers ends with its context", Answer: with(func(p *deadlock.Plugs) {
			p.Numbers = func(context.Context) <-chan int {
				out := make(chan int)
				go func() {
					for i := 1; ; i++ {
						out <- i
					}
				}()
				return out
			}
		})},
		check.Mutant[deadlock.Plugs]{Name: "ends but does not close", Fails: "Numbers ends with its context", Answer: with(func(p *deadlock.Plugs) {
			p.Numbers = func(ctx context.Context) <-chan int {
				out := make(chan int)
				go func() {
					for i := 1; ctx.Err() == nil; i++ {
						select {
						case out <- i:
						case <-ctx.Done():
						}
					}
				}()
				return out
			}
		})},
		check.Mutant[deadlock.Plugs]{Name: "a ticker for ever", Fails: "Every ends with its context", Answer: with(func(p *deadlock.Plugs) {
			p.Every = func(_ context.Context, d time.Duration, f func()) {
				go func() {
					for range time.Tick(d) {
						f()
					}
				}()
			}
		})},
		check.Mutant[deadlock.Plugs]{Name: "never calls", Fails: "Every keeps time", Answer: with(func(p *deadlock.Plugs) {
			p.Every = func(context.Context, time.Duration, func()) {}
		})},
	)
	if err != nil {
		t.Error(err)
	}
}

// group is a way to write it, with its faults to choose.
func group(limited, cancels, waits, last bool) deadlock.Group {
	return func(ctx context.Context, limit int, jobs []deadlock.Job) error {
		inner, cancel := context.WithCancel(ctx)
		if !cancels {
			inner = ctx
		}
		if !limited {
			limit = len(jobs)
		}
		slots := make(chan bool, limit)
		failed := make(chan error, len(jobs))
		var wg sync.WaitGroup
		for _, job := range jobs {
			slots <- true
			wg.Go(func() {
				defer func() { <-slots }()
				if err := job(inner); err != nil {
					failed <- err
					cancel()
				}
			})
		}
		if waits {
			wg.Wait()
			close(failed)
		}
		defer cancel()
		err := <-failed
		for e := range failed {
			if last && e != nil {
				err = e
			}
			if !waits {
				break
			}
		}
		return err
	}
}

func TestRunGroup(t *testing.T) {
	err := deadlock.RunGroup().Prove(t.Context(), check.Times(), group(true, true, true, false),
		check.Mutant[deadlock.Group]{Name: "no limit", Fails: "never more than the limit", Answer: group(false, true, true, false)},
		check.Mutant[deadlock.Group]{Name: "one after the other", Fails: "as many as the limit", Answer: func(ctx context.Context, _ int, jobs []deadlock.Job) error {
			for _, j := range jobs {
				if err := j(ctx); err != nil {
					return err
				}
			}
			return nil
		}},
		check.Mutant[deadlock.Group]{Name: "the last error", Fails: "returns the first error", Answer: group(true, true, true, true)},
		check.Mutant[deadlock.Group]{Name: "does not cancel", Fails: "cancels the rest", Answer: group(true, false, true, false)},
		check.Mutant[deadlock.Group]{Name: "returns at the first error", Fails: "waits for all", Answer: group(true, true, false, false)},
		check.Mutant[deadlock.Group]{Name: "joins all errors", Fails: "returns the first error", Answer: func(ctx context.Context, limit int, jobs []deadlock.Job) error {
			errs := make([]error, len(jobs))
			var wg sync.WaitGroup
			slots := make(chan bool, limit)
			for i, j := range jobs {
				slots <- true
				wg.Go(func() { errs[i] = j(ctx); <-slots })
			}
			wg.Wait()
			return errors.Join(errs...)
		}},
	)
	if err != nil {
		t.Error(err)
	}
}
