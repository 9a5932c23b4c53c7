package ops

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/pace"
	"interleave/lessons/kit/scaling"
	"interleave/lessons/talk"
)

// TalkWorkers is how many workers the talk's programs have.
const TalkWorkers = 6

// Size is how much an experiment does. The zero value stands for [DefaultSize].
type Size struct {
	Rounds  int           // kept ones
	Job     time.Duration // how long each job counts
	Workers int
}

// Times is the size with another length of the jobs: factor times as long.
func (s Size) Times(factor float64) Size {
	s.Job = time.Duration(factor * float64(s.Job))
	return s
}

// DefaultSize is 10 rounds of 250 ms with the talk's six workers; in fast mode 6 of 40 ms. (The talk's jobs took 1 s.)
func DefaultSize() Size {
	return Size{pace.Runs(10), pace.Pick(250*time.Millisecond, 40*time.Millisecond), TalkWorkers}
}

func (s Size) orDefault() Size {
	if s == (Size{}) {
		return DefaultSize()
	}
	return s
}

func (s Size) plan() measure.Plan {
	return measure.Plan{Rounds: s.Rounds, Unit: "k ops/s", Collect: true}
}

// The ways to share the job among goroutines.
const (
	Sequential = "sequential"       // one worker
	OneP       = "one P"            // GOMAXPROCS=1
	OneLock    = "one lock (GIL)"   // see [GIL]
	AllPs      = "all Ps"           // nothing shared
	SharedRNG  = "shared generator" // see [Locked]
)

// TalkMedians are the medians of the talk's programs that a way answers, in k ops/s on its author's machine; none for a
// way that Python has not. Threads answer to the one lock, processes to all Ps.
func TalkMedians(way string) ([]float64, error) {
	models := map[string][]talk.Model{
		Sequential: {talk.Sequential},
		OneLock:    {talk.ThreadingClass, talk.ThreadingCallable},
		AllPs:      {talk.MultiprocessingClass, talk.MultiprocessingPool},
	}
	var medians []float64
	for _, m := range models[way] {
		sum, err := talk.Sample(talk.Program{Workload: talk.CPU, Model: m}).Summary()
		if err != nil {
			return nil, err
		}
		medians = append(medians, sum.Median)
	}
	return medians, nil
}

// Ways measures the job in five ways: one worker, and then size.Workers goroutines on one P, with one lock for
// all, on all Ps, and on all Ps with one generator for all. With names it measures these ways alone.
func Ways(ctx context.Context, size Size, only ...string) (*measure.Result, error) {
	size = size.orDefault()
	procs := runtime.GOMAXPROCS(0)
	all := float64(min(size.Workers, procs))
	variants := []measure.Variant{
		{Name: Sequential, CPUs: 1, Run: func(ctx context.Context) (float64, error) {
			return team{}.run(ctx, 1, size.Job)
		}},
		{Name: OneP, CPUs: 1, Run: func(ctx context.Context) (float64, error) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			return team{}.run(ctx, size.Workers, size.Job)
		}},
		{Name: OneLock, CPUs: 1, Run: func(ctx context.Context) (float64, error) {
			return team{gil: NewGIL(SwitchInterval)}.run(ctx, size.Workers, size.Job)
		}},
		{Name: AllPs, CPUs: all, Run: func(ctx context.Context) (float64, error) {
			return team{}.run(ctx, size.Workers, size.Job)
		}},
		{Name: SharedRNG, Run: func(ctx context.Context) (float64, error) {
			return team{shared: Locked(1)}.run(ctx, size.Workers, size.Job)
		}},
	}
	if len(only) > 0 {
		variants = slices.DeleteFunc(variants, func(v measure.Variant) bool { return !slices.Contains(only, v.Name) })
	}
	return measure.Interleave(ctx, size.plan(), variants...)
}

// team is what workers have in common. The zero value is nothing.
type team struct {
	shared Fill // nil: each its own
	gil    *GIL // nil: none
}

// run lets so many workers count for d, verifies what they did, and returns their speed.
func (t team) run(ctx context.Context, workers int, d time.Duration) (float64, error) {
	list := make([]*Worker, workers)
	for i := range list {
		list[i] = NewWorker(t.shared)
		if t.shared == nil {
			list[i].fill = Own(uint64(i))
		}
	}
	var wg sync.WaitGroup
	start := time.Now()
	for _, w := range list {
		wg.Go(func() {
			if t.gil != nil {
				t.gil.Lock()
				defer t.gil.Unlock()
				w.pause = t.gil.Step
			}
			w.Run(ctx, start.Add(d))
		})
	}
	wg.Wait()
	wall := time.Since(start)
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	total := 0
	for i, w := range list {
		total += w.Ops
		fresh := Own(uint64(i))
		if t.shared != nil {
			fresh = nil
		}
		if err := w.Verify(fresh); err != nil {
			return 0, fmt.Errorf("worker %d: %w", i, err)
		}
	}
	return speed(total, wall)
}

// speed is in k ops/s. That nothing was done is an error.
func speed(ops int, wall time.Duration) (float64, error) {
	if ops == 0 {
		return 0, fmt.Errorf("ops: not one operation in %v", wall)
	}
	return float64(ops) / wall.Seconds() / 1000, nil
}

// Scaling measures the job with 1 to size.Workers workers, and with as many as there are Ps. The samples are named
// after the number of workers, "1", "2", ….
func Scaling(ctx context.Context, size Size) (*measure.Result, error) {
	size = size.orDefault()
	procs := runtime.GOMAXPROCS(0)
	var variants []measure.Variant
	for n := range max(size.Workers, procs) {
		if n++; n > size.Workers && n != procs {
			continue
		}
		variants = append(variants, measure.Variant{Name: fmt.Sprint(n), CPUs: float64(min(n, procs)),
			Run: func(ctx context.Context) (float64, error) { return team{}.run(ctx, n, size.Job) }})
	}
	return measure.Interleave(ctx, size.plan(), variants...)
}

// Points are the speed-ups of a [Scaling], by medians, with their intervals.
func Points(r *measure.Result) ([]scaling.Point, error) {
	var points []scaling.Point
	base := 0.0
	for _, s := range r.Samples {
		n, err := strconv.ParseFloat(s.Name, 64)
		if err != nil {
			return nil, fmt.Errorf("ops: sample %q is no number of workers", s.Name)
		}
		sum, err := s.Summary()
		if err != nil {
			return nil, err
		}
		if n == 1 {
			base = sum.Median
		}
		point := scaling.Point{N: n, Speedup: sum.Median}
		if sum.Claimed {
			point.Lo, point.Hi = sum.Lo, sum.Hi
		}
		points = append(points, point)
	}
	if base == 0 {
		return nil, fmt.Errorf("ops: one worker was not measured")
	}
	for i := range points {
		points[i].Speedup, points[i].Lo, points[i].Hi = points[i].Speedup/base, points[i].Lo/base, points[i].Hi/base
	}
	return points, nil
}
