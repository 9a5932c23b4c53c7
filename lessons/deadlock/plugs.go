package deadlock

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"interleave/lessons/kit/bubble"
	"interleave/lessons/kit/check"
)

// Plugs is an answer to [PlugLeaks].
type Plugs struct {
	// First asks all servers at once and returns the answer of the quickest.
	First func(servers []func() int) int
	// Numbers sends 1, 2, 3 and so on until ctx is cancelled, and then closes the channel.
	Numbers func(ctx context.Context) <-chan int
	// Every calls f each time that d has passed, in the background, until ctx is cancelled.
	Every func(ctx context.Context, d time.Duration, f func())
}

// PlugLeaks is the exercise to write three functions that leave no goroutine behind.
func PlugLeaks() check.Exercise[Plugs] {
	return check.Exercise[Plugs]{
		Name: "plug three leaks",
		Task: "Write First, Numbers and Every so that no goroutine stays behind.",
		Checks: []check.Check[Plugs]{
			{Name: "First gives the quickest answer", Kind: check.Synctest, Try: func(_ context.Context, p Plugs) error {
				return first(p, false)
			}},
			{Name: "First leaves nobody behind", Kind: check.Synctest, Try: func(_ context.Context, p Plugs) error {
				return first(p, true)
			}},
			{Name: "Numbers counts", Kind: check.Synctest, Try: counts},
			{Name: "Numbers ends with its context", Kind: check.Synctest, Try: closes},
			{Name: "Every keeps time", Kind: check.Synctest, Try: func(_ context.Context, p Plugs) error {
				return every(p, false)
			}},
			{Name: "Every ends with its context", Kind: check.Synctest, Try: func(_ context.Context, p Plugs) error {
				return every(p, true)
			}},
		},
	}
}

// first asks servers that take 30, 10 and 20 ms by the fake clock.
func first(p Plugs, ends bool) error {
	var got int
	var took time.Duration
	err := bubble.Run(func() {
		start := time.Now()
		var servers []func() int
		for _, ms := range []int{30, 10, 20} {
			servers = append(servers, func() int {
				time.Sleep(time.Duration(ms) * time.Millisecond)
				return ms
			})
		}
		got = p.First(servers)
		took = time.Since(start)
		time.Sleep(time.Second) // the slower servers end; in a bubble time stands still once this returns
	})
	switch {
	case ends:
		return err
	case got != 10 || took != 10*time.Millisecond:
		return check.Show(nil, "the servers take 30, 10 and 20 ms: got the answer of the one of %d ms after %v, want that of 10 ms after 10ms", got, took)
	}
	return nil
}

// counts cancels and drains, so that only a wrong number fails it.
func counts(_ context.Context, p Plugs) error {
	var got []int
	bubble.Run(func() {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		numbers := p.Numbers(ctx)
		for range 3 {
			got = append(got, <-numbers)
		}
	})
	if fmt.Sprint(got) != "[1 2 3]" {
		return check.Show(nil, "the first three are %v", got)
	}
	return nil
}

func closes(_ context.Context, p Plugs) error {
	closed := false
	err := bubble.Run(func() {
		ctx, cancel := context.WithCancel(context.Background())
		numbers := p.Numbers(ctx)
		<-numbers
		cancel()
		for range 1000 { // a number may be on its way
			if _, open := <-numbers; !open {
				closed = true
				return
			}
		}
	})
	if err == nil && !closed {
		return check.Show(nil, "1,000 numbers after the cancel the channel is still open")
	}
	return err
}

func every(p Plugs, ends bool) error {
	var calls, late atomic.Int64
	var cancelled atomic.Bool
	err := bubble.Run(func() {
		ctx, cancel := context.WithCancel(context.Background())
		p.Every(ctx, 10*time.Millisecond, func() {
			if cancelled.Load() {
				late.Add(1)
			} else {
				calls.Add(1)
			}
		})
		time.Sleep(55 * time.Millisecond)
		cancelled.Store(true)
		cancel()
		time.Sleep(time.Second)
	})
	switch {
	case !ends && calls.Load() != 5:
		return check.Show(nil, "in 55 ms f was called %d times, want 5", calls.Load())
	case ends && late.Load() > 0:
		return check.Show(nil, "in the second after the cancel f was called %d times", late.Load())
	case ends:
		return err
	}
	return nil
}
