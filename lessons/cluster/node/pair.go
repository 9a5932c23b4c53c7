package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"interleave/lessons/kit/measure"
	"interleave/lessons/process"
)

// pair is two machines of one CPU each, made of two CPUs of this one. On the first are this process, with the server
// if it is its own, and a worker; on the second is a worker.
type pair struct {
	queue   *queue
	workers *crew
	pool    *process.Pool // of the first machine, with one process
	all     unix.CPUSet   // the CPUs that this process may use
	first   unix.CPUSet
	procs   int // GOMAXPROCS of this process when it may use them all
	runs    int
}

// openPair starts the workers of a run at a server; it is nil where there is one CPU only.
func openPair(ctx context.Context, url string) (p *pair, err error) {
	p = &pair{procs: runtime.GOMAXPROCS(0)}
	if err := unix.SchedGetaffinity(0, &p.all); err != nil {
		return nil, fmt.Errorf("read which CPUs there are: %w", err)
	}
	var cpus []int
	for i := range len(p.all) * strconv.IntSize {
		if p.all.IsSet(i) {
			cpus = append(cpus, i)
		}
	}
	if len(cpus) < 2 {
		return nil, nil
	}
	p.first.Set(cpus[0])
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	if p.queue, err = openQueue(ctx, options{url: url}); err != nil {
		return nil, err
	}
	p.workers = newCrew(ctx, place{URL: p.queue.url, Run: p.queue.name})
	for _, cpu := range cpus[:2] {
		if err := p.bound(cpu, p.workers.hire); err != nil {
			return nil, err
		}
	}
	err = p.bound(cpus[0], func() (err error) {
		p.pool, err = process.NewPool(ctx, 1)
		return err
	})
	return p, err
}

// bound runs start on a thread that is bound to a CPU, which the processes that it starts inherit.
func (p *pair) bound(cpu int, start func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var one unix.CPUSet
	one.Set(cpu)
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return fmt.Errorf("bind to CPU %d: %w", cpu, err)
	}
	return errors.Join(start(), unix.SchedSetaffinity(0, &p.all))
}

// bind gives all threads of this process these CPUs. Threads that start meanwhile inherit them from others, so it
// looks until there is no new one.
func bind(cpus *unix.CPUSet) error {
	done := map[string]bool{}
	for {
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return err
		}
		before := len(done)
		for _, t := range threads {
			if done[t.Name()] {
				continue
			}
			done[t.Name()] = true
			id, err := strconv.Atoi(t.Name())
			if err != nil {
				return err
			}
			if err := unix.SchedSetaffinity(id, cpus); err != nil && !errors.Is(err, unix.ESRCH) { // it has ended
				return fmt.Errorf("bind to CPUs: %w", err)
			}
		}
		if len(done) == before {
			return nil
		}
	}
}

// variants are the same jobs on the first machine alone, and on both.
func (p *pair) variants(length time.Duration, args []int) []measure.Variant {
	here := func(v measure.Variant) measure.Variant {
		run := v.Run
		v.Run = func(ctx context.Context) (float64, error) {
			if err := bind(&p.first); err != nil {
				return 0, err
			}
			// Go would notice by itself within a second or so, that it has one CPU and that it has all again.
			runtime.GOMAXPROCS(1)
			took, err := run(ctx)
			runtime.GOMAXPROCS(p.procs)
			return took, errors.Join(err, bind(&p.all))
		}
		return v
	}
	return []measure.Variant{
		here(timed("one machine", length, func() error { _, err := process.Map[int](p.pool, "work", args); return err })),
		here(measure.Variant{Name: fmt.Sprint("two machines ", length), Run: func(ctx context.Context) (float64, error) {
			p.runs++
			return p.queue.run(ctx, fmt.Sprint("pair", p.runs), args)
		}}),
	}
}

func (p *pair) close() {
	if p == nil {
		return
	}
	if p.pool != nil {
		p.pool.Close()
	}
	if p.workers != nil {
		p.workers.close()
	}
	if p.queue != nil {
		p.queue.close()
	}
}
