package process

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/pace"
	"interleave/lessons/ops"
)

// Count does the talk's CPU-bound job, see package ops, for so long, and returns how many operations that were.
func Count(d time.Duration) int {
	w := ops.NewWorker(ops.Own(rand.Uint64()))
	w.Run(context.Background(), time.Now().Add(d))
	return w.Ops
}

// Crunching is the CPU job shared among workers.
type Crunching struct {
	Each    time.Duration // that each worker computes
	Workers int
	Runs    int // of each variant
}

// Crunch is 300 ms of computing for as many workers as there are CPUs; 60 ms in fast mode. Its rounds are more than
// elsewhere, for the question is whether two variants differ by less than 5 %.
func Crunch() Crunching {
	return Crunching{Each: pace.Pick(300*time.Millisecond, 60*time.Millisecond), Workers: runtime.NumCPU(), Runs: pace.Runs(16)}
}

// Names of the variants of [Crunching.Compare].
const (
	Sequential   = "sequential"
	Goroutines   = "goroutines"
	NewProcesses = "new processes"
	StartedPool  = "started pool"
)

// Compare runs the job by one worker, by goroutines, by processes that are started for it (the talk's class
// derived from mp.Process), and by a pool that was started before the clock, in turn. Values are in k ops/s of wall
// time, of all workers together.
func (c Crunching) Compare(ctx context.Context) (*measure.Result, error) {
	if err := Prepare(ctx); err != nil {
		return nil, err
	}
	pool, err := NewPool(ctx, c.Workers)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	variant := func(name string, cpus float64, run func() (int, error)) measure.Variant {
		return measure.Variant{Name: name, CPUs: cpus, Run: func(context.Context) (float64, error) {
			begin := time.Now()
			n, err := run()
			return float64(n) / float64(time.Since(begin)) * float64(time.Second) / 1000, err
		}}
	}
	plan := crowded(c.Runs, "k ops/s") // a worker for each CPU, and this process
	plan.Collect = true
	r, err := measure.Interleave(ctx, plan,
		variant(Sequential, 1, func() (int, error) { return Count(c.Each), nil }),
		variant(Goroutines, float64(min(c.Workers, runtime.NumCPU())), func() (int, error) { return c.each(func() Answer { return Answer{Value: Count(c.Each)} }) }),
		variant(NewProcesses, 0, func() (int, error) { return c.each(func() Answer { return Run(ctx, Job{"count", c.Each.Seconds()}) }) }),
		variant(StartedPool, 0, func() (int, error) {
			return c.each(func() Answer { return <-pool.ApplyAsync("count", c.Each.Seconds()) })
		}))
	if err != nil {
		return r, fmt.Errorf("process: %w", err)
	}
	return r, nil
}

// each has all workers count at the same time, and adds up.
func (c Crunching) each(count func() Answer) (int, error) {
	answers := make([]Answer, c.Workers)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = count() })
	}
	wg.Wait()
	sum := 0
	for _, a := range answers {
		if a.Err != nil {
			return 0, a.Err
		}
		sum += a.Value.(int)
	}
	return sum, nil
}

// Starts measures, in ms, how long it takes from nothing to the first answer: of a process, and of a goroutine.
func Starts(ctx context.Context, n int) (process, goroutine measure.Sample, card measure.Card, err error) {
	if err := Prepare(ctx); err != nil {
		return process, goroutine, card, err
	}
	r, err := measure.Interleave(ctx, crowded(n, ""),
		measure.Variant{Name: "a process", Run: func(context.Context) (float64, error) {
			begin := time.Now()
			p, err := Start(ctx)
			if err != nil {
				return 0, err
			}
			defer p.Close()
			err = p.Call(Job{Func: "ready"}).Err
			return ms(time.Since(begin)), err
		}},
		measure.Variant{Name: "a goroutine", Run: func(context.Context) (float64, error) {
			begin := time.Now()
			answer := make(chan bool)
			go func() { answer <- true }()
			<-answer
			return ms(time.Since(begin)), nil
		}})
	if err != nil {
		return process, goroutine, card, fmt.Errorf("process: %w", err)
	}
	return r.Samples[0], r.Samples[1], r.Card, nil
}

// crowded is a plan of experiments with processes. Together with this one, and with the threads of their runtimes,
// they want more CPUs than there are, so the pressure is read in pauses, when they sleep.
func crowded(rounds int, unit string) measure.Plan {
	return measure.Plan{Rounds: rounds, Unit: unit, Crowded: true, Pause: 10 * time.Millisecond}
}
