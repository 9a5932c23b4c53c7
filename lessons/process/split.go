package process

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/pace"
	"interleave/lessons/kit/work"
)

// CPU is the CPU time that the worker has used since it was started (clock_getcpuclockid(3)).
func (p *Process) CPU() (time.Duration, error) {
	const scheduler = 2 // what the scheduler has counted, user and system time, of all threads
	return cpuClock(int32(^p.PID())<<3 | scheduler)
}

func cpuClock(id int32) (time.Duration, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(id, &t); err != nil {
		return 0, fmt.Errorf("process: CPU clock: %w", err)
	}
	return time.Duration(t.Nano()), nil
}

// cpu is the CPU time of this process and of all workers. It waits until they are idle.
func (p *Pool) cpu() (time.Duration, error) {
	sum, err := cpuClock(unix.CLOCK_PROCESS_CPUTIME_ID)
	var all []*Process
	for range p.size {
		all = append(all, <-p.idle)
	}
	for _, w := range all {
		if w != nil && err == nil {
			var d time.Duration
			d, err = w.CPU()
			sum += d
		}
		p.idle <- w
	}
	return sum, err
}

// Split has the same arithmetic done in jobs of some length, by goroutines and by the pool: about total, as CPU time.
// The values are the CPU time that it took, of this process and of the workers, in ms.
func Split(pool *Pool, total, length time.Duration) (goroutines, processes measure.Variant) {
	n := max(1, int(total/max(length, 1)))
	load := work.Calibrate(time.Millisecond).Times(float64(total) / float64(n) / float64(time.Millisecond))
	args := make([]int, n)
	for i := range args {
		args[i] = max(1, load.Rounds())
	}
	timed := func(name string, run func() error) measure.Variant {
		return measure.Variant{Name: fmt.Sprintf("%s, jobs of %v", name, length), Run: func(context.Context) (float64, error) {
			before, err := pool.cpu()
			if err != nil {
				return 0, err
			}
			if err := run(); err != nil {
				return 0, err
			}
			after, err := pool.cpu()
			return ms(after - before), err
		}}
	}
	return timed("goroutines", func() error { InGoroutines(args); return nil }),
		timed("pool", func() error { _, err := Map[int](pool, "work", args); return err })
}

// InGoroutines does rounds of [work.Rounds], which the pool's function "work" does in processes, in as many goroutines as there are CPUs.
func InGoroutines(args []int) {
	jobs := make(chan int)
	var wg sync.WaitGroup
	for range runtime.NumCPU() {
		wg.Go(func() {
			for rounds := range jobs {
				work.Rounds(rounds).Do()
			}
		})
	}
	for _, rounds := range args {
		jobs <- rounds
	}
	close(jobs)
	wg.Wait()
}

// Sweep measures what the pool costs more than goroutines, as a factor of CPU time, at each job length.
func Sweep(ctx context.Context, lengths ...time.Duration) (factors [][]float64, card measure.Card, err error) {
	if err := Prepare(ctx); err != nil {
		return nil, card, err
	}
	pool, err := NewPool(ctx, runtime.NumCPU())
	if err != nil {
		return nil, card, err
	}
	defer pool.Close()
	var variants []measure.Variant
	total := pace.Pick(10*time.Millisecond, 4*time.Millisecond) * time.Duration(pool.Size())
	for _, length := range lengths {
		inside, outside := Split(pool, total, length)
		variants = append(variants, inside, outside)
	}
	r, err := measure.Interleave(ctx, crowded(pace.Runs(10), ""), variants...)
	if err != nil {
		return nil, card, fmt.Errorf("process: %w", err)
	}
	for i := range lengths {
		var list []float64
		for k, inside := range r.Samples[2*i].Values {
			list = append(list, r.Samples[2*i+1].Values[k]/inside)
		}
		factors = append(factors, list)
	}
	return factors, r.Card, nil
}
