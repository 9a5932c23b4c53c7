// Package locks holds the experiments and exercises of notebook 06: what keeps a counter or a map right when many
// goroutines use it, and what each way costs.
//
// Every experiment runs its variants in turn, round by round, through [measure.Interleave], and gives nanoseconds
// per operation: the wall time of a round over all operations of all goroutines together. Goroutines end before
// each call returns; nothing is printed.
package locks

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/pace"
)

// Size is how much an experiment does.
type Size struct {
	Rounds     int // kept ones
	Goroutines int
	Operations int // of each goroutine in a round
}

// DefaultSize is 10 rounds of 200,000 operations by as many goroutines as there are Ps; in fast mode 6 of 20,000.
func DefaultSize() Size {
	return Size{Rounds: pace.Runs(10), Goroutines: runtime.GOMAXPROCS(0), Operations: pace.Pick(200_000, 20_000)}
}

// Way is a way to count. Its counter is fresh in each round.
type Way struct {
	Name string
	// Make gives what goroutine g does n times, and the final count.
	Make func(goroutines int) (add func(g, n int), count func() int)
}

// Ways are the ways to count, from cheap to dear as they usually come out.
func Ways() []Way {
	return []Way{
		{"sharded", sharded(128)},
		{"atomic", atomicWay},
		{"mutex", mutexWay},
		{"RWMutex", rwMutexWay},
		{"buffered channel", channelWay(1024)},
		{"unbuffered channel", channelWay(0)},
	}
}

func atomicWay(int) (func(g, n int), func() int) {
	var c atomic.Int64
	return func(_, n int) {
		for range n {
			c.Add(1)
		}
	}, func() int { return int(c.Load()) }
}

func mutexWay(int) (func(g, n int), func() int) {
	var mu sync.Mutex
	c := 0
	return func(_, n int) {
		for range n {
			mu.Lock()
			c++
			mu.Unlock()
		}
	}, func() int { return c }
}

func rwMutexWay(int) (func(g, n int), func() int) {
	var mu sync.RWMutex
	c := 0
	return func(_, n int) {
		for range n {
			mu.Lock()
			c++
			mu.Unlock()
		}
	}, func() int { return c }
}

// channelWay lets one goroutine own the counter; the others send to it.
func channelWay(size int) func(int) (func(g, n int), func() int) {
	return func(int) (func(g, n int), func() int) {
		ch, total := make(chan int, size), make(chan int)
		go func() {
			c := 0
			for v := range ch {
				c += v
			}
			total <- c
		}()
		return func(_, n int) {
				for range n {
					ch <- 1
				}
			}, func() int {
				close(ch)
				return <-total
			}
	}
}

// sharded gives each goroutine an atomic counter of its own, so many bytes from the next.
func sharded(stride int) func(int) (func(g, n int), func() int) {
	return func(goroutines int) (func(g, n int), func() int) {
		step := stride / 8
		shards := make([]atomic.Int64, goroutines*step)
		return func(g, n int) {
				c := &shards[g*step]
				for range n {
					c.Add(1)
				}
			}, func() int {
				sum := 0
				for i := range shards {
					sum += int(shards[i].Load())
				}
				return sum
			}
	}
}

// Counters measures the ways to count. A zero size stands for [DefaultSize].
func Counters(ctx context.Context, size Size) (*measure.Result, error) {
	return run(ctx, size, Ways())
}

// Padding measures sharded counters side by side in one cache line and 128 bytes apart: false sharing, and none.
// It needs two CPUs that are really busy; the machine card says how many were.
func Padding(ctx context.Context, size Size) (*measure.Result, error) {
	return run(ctx, size, []Way{{"side by side", sharded(8)}, {"128 bytes apart", sharded(128)}})
}

// OneCPU is what a reader of [Padding] must know where no two goroutines run at the same time, as a line; "" elsewhere.
func OneCPU() string {
	if runtime.NumCPU() > 1 && runtime.GOMAXPROCS(0) > 1 {
		return ""
	}
	return fmt.Sprintf("%d CPU, GOMAXPROCS %d: one goroutine runs at a time, neighbours cannot disturb each other, and nothing is shown here.\n",
		runtime.NumCPU(), runtime.GOMAXPROCS(0))
}

func run(ctx context.Context, size Size, ways []Way) (*measure.Result, error) {
	if size == (Size{}) {
		size = DefaultSize()
	}
	var variants []measure.Variant
	for _, w := range ways {
		variants = append(variants, measure.Variant{Name: w.Name, Run: func(context.Context) (float64, error) {
			return once(w, size)
		}})
	}
	return measure.Interleave(ctx, measure.Plan{Rounds: size.Rounds, Unit: "ns/op", Collect: true}, variants...)
}

// once runs a way and checks its count.
func once(w Way, size Size) (float64, error) {
	add, count := w.Make(size.Goroutines)
	var wg sync.WaitGroup
	begin := make(chan bool)
	for g := range size.Goroutines {
		wg.Go(func() {
			<-begin
			add(g, size.Operations)
		})
	}
	start := time.Now()
	close(begin)
	wg.Wait()
	got := count()
	took := time.Since(start)
	want := size.Goroutines * size.Operations
	if got != want {
		return 0, fmt.Errorf("locks: %s counted %d of %d", w.Name, got, want)
	}
	return float64(took.Nanoseconds()) / float64(want), nil
}
