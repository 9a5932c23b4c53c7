package ops

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"interleave/lessons/talk"
)

// Start is a way to start workers and to get their counts, the Go side of one of the talk's five CPU programs.
type Start struct {
	Name  string     // as a reader of Go says it
	Model talk.Model // the talk's program that it answers
	// Count lets workers count for d and returns the operations of all.
	Count   func(ctx context.Context, workers int, d time.Duration) (ops int, err error)
	program string // the Python program of the same form
}

// Starts are the Go sides of the talk's five CPU programs, in its order.
func Starts() []Start {
	return []Start{
		{"one goroutine", talk.Sequential, one, "cpu_sequential"},
		{"method and field", talk.ThreadingClass, ByField, "cpu_threads_class"},
		{"closure and channel", talk.ThreadingCallable, ByChannel, "cpu_threads_queue"},
		{"shared atomic", talk.MultiprocessingClass, ByAtomic, "cpu_processes_class"},
		{"group and slice", talk.MultiprocessingPool, ByGroup, "cpu_pool"},
	}
}

func one(ctx context.Context, _ int, d time.Duration) (int, error) {
	w := NewWorker(Own(0))
	w.Run(ctx, time.Now().Add(d))
	return w.Ops, w.Verify(Own(0))
}

// ByField is the first way of the talk, a class with a method run and the result in an attribute: in Go a method of
// a struct, started with go, and the result in a field. Whoever reads the field waits first.
func ByField(ctx context.Context, workers int, d time.Duration) (int, error) {
	deadline := time.Now().Add(d)
	list := make([]*Worker, workers)
	var wg sync.WaitGroup
	for i := range list {
		list[i] = NewWorker(Own(uint64(i)))
		wg.Add(1)
		go func() { defer wg.Done(); list[i].Run(ctx, deadline) }()
	}
	wg.Wait()
	total := 0
	for i, w := range list {
		total += w.Ops
		if err := w.Verify(Own(uint64(i))); err != nil {
			return 0, err
		}
	}
	return total, nil
}

// ByChannel is the second way of the talk, a callable with a queue for the results: in Go a closure and a channel.
func ByChannel(ctx context.Context, workers int, d time.Duration) (int, error) {
	type result struct {
		ops int
		err error
	}
	deadline := time.Now().Add(d)
	results := make(chan result, workers)
	for i := range workers {
		go func() {
			w := NewWorker(Own(uint64(i)))
			w.Run(ctx, deadline)
			results <- result{w.Ops, w.Verify(Own(uint64(i)))}
		}()
	}
	total, failed := 0, error(nil)
	for range workers {
		r := <-results
		total += r.ops
		if r.err != nil {
			failed = r.err
		}
	}
	return total, failed
}

// ByAtomic adds the counts in shared memory, as the talk's processes do with a Value.
func ByAtomic(ctx context.Context, workers int, d time.Duration) (int, error) {
	deadline := time.Now().Add(d)
	var total atomic.Int64
	failed := make([]error, workers)
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() {
			w := NewWorker(Own(uint64(i)))
			w.Run(ctx, deadline)
			total.Add(int64(w.Ops))
			failed[i] = w.Verify(Own(uint64(i)))
		})
	}
	wg.Wait()
	for _, err := range failed {
		if err != nil {
			return 0, err
		}
	}
	return int(total.Load()), nil
}

// ByGroup is the third way, an errgroup: a result each in order, as the talk's Pool.map gives, and the first error.
func ByGroup(ctx context.Context, workers int, d time.Duration) (int, error) {
	deadline := time.Now().Add(d)
	counts := make([]int, workers)
	group, ctx := errgroup.WithContext(ctx)
	for i := range workers {
		group.Go(func() error {
			w := NewWorker(Own(uint64(i)))
			w.Run(ctx, deadline)
			counts[i] = w.Ops
			return w.Verify(Own(uint64(i)))
		})
	}
	err := group.Wait()
	total := 0
	for _, n := range counts {
		total += n
	}
	return total, err
}
