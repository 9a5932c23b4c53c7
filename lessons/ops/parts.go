package ops

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"

	"gonum.org/v1/gonum/mat"

	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/pace"
	"interleave/lessons/kit/python"
)

// Products measures one 64x64 product on one core, in microseconds: gonum's; numpy's, if there is an interpreter; and by
// each of the [Programs] that can run here. Notes say which cannot, and why.
func Products(ctx context.Context, i *python.Interpreter, programs ...Program) (r *measure.Result, notes []string, err error) {
	var a, x, c = mat.NewDense(Side, Side, nil), mat.NewDense(Side, Side, nil), mat.NewDense(Side, Side, nil)
	fill := Own(1)
	fill(a.RawMatrix().Data)
	fill(x.RawMatrix().Data)
	var more []measure.Variant
	for _, p := range programs {
		_, err := p.product(ctx, 1)
		var absent *AbsentError
		switch {
		case errors.As(err, &absent):
			notes = append(notes, p.Name+": not present here. "+absent.Why)
		case err != nil:
			return nil, nil, err
		default:
			more = append(more, measure.Variant{Name: p.Name, Run: func(ctx context.Context) (float64, error) {
				return p.product(ctx, repeats())
			}})
		}
	}
	r, err = parts(ctx, i, "product", more, part{"gonum", func() { c.Mul(a, x) }})
	return r, notes, err
}

// repeats is how often a part is done for a value.
func repeats() int { return pace.Pick(1000, 200) }

// Fills measures 64x64 random numbers on one core, in microseconds: by a generator of one's own, by the functions of
// math/rand/v2, by one generator behind a lock, and by numpy's own generator if there is an interpreter.
func Fills(ctx context.Context, i *python.Interpreter) (*measure.Result, error) {
	numbers := make([]float64, Side*Side)
	own, global, locked := Own(1), Global(), Locked(1)
	return parts(ctx, i, "fill", nil,
		part{"own generator", func() { own(numbers) }},
		part{"math/rand/v2's global functions", func() { global(numbers) }},
		part{"shared generator, nobody else there", func() { locked(numbers) }})
}

type part struct {
	name string
	do   func()
}

func parts(ctx context.Context, i *python.Interpreter, name string, more []measure.Variant, list ...part) (*measure.Result, error) {
	times := repeats()
	var variants []measure.Variant
	for _, p := range list {
		variants = append(variants, measure.Variant{Name: p.name, CPUs: 1, Run: func(context.Context) (float64, error) {
			start := time.Now()
			for range times {
				p.do()
			}
			return float64(time.Since(start).Nanoseconds()) / 1000 / float64(times), nil
		}})
	}
	if i != nil {
		p, err := i.Start(ctx, "parts")
		if err != nil {
			return nil, fmt.Errorf("ops: %w", err)
		}
		defer p.Close()
		request := map[string]any{"part": name, "times": times}
		variants = append(variants, measure.Variant{Name: "numpy " + i.Numpy, Run: func(ctx context.Context) (float64, error) {
			var answer struct{ Microseconds float64 }
			err := p.Round(ctx, request, &answer)
			return answer.Microseconds, err
		}})
	}
	return measure.Interleave(ctx, measure.Plan{Rounds: pace.Runs(10), Unit: "us"}, append(variants, more...)...)
}

// The variants of [Garbage].
const (
	OneReuses   = "one goroutine, arrays reused"
	OneAllocs   = "one goroutine, new arrays"
	ManyReuse   = "goroutines, arrays reused"
	ManyAllocs  = "goroutines, new arrays"
	allocations = 4 // of 32 KiB, in an operation with new arrays
)

// Garbage measures what four allocations an operation cost, with one goroutine and with size.Workers: the collector
// runs beside a single goroutine on a core that is idle, and beside many on one that is not. It collects as often as in
// a small program, whatever else lives in this process.
func Garbage(ctx context.Context, size Size) (*measure.Result, error) {
	size = size.orDefault()
	defer collectOften()()
	var variants []measure.Variant
	for _, v := range []struct {
		name    string
		workers int
		fresh   bool
	}{{OneReuses, 1, false}, {OneAllocs, 1, true}, {ManyReuse, size.Workers, false}, {ManyAllocs, size.Workers, true}} {
		variants = append(variants, measure.Variant{Name: v.name, Run: func(ctx context.Context) (float64, error) {
			if !v.fresh {
				return team{}.run(ctx, v.workers, size.Job)
			}
			return allocate(ctx, v.workers, size.Job)
		}})
	}
	return measure.Interleave(ctx, size.plan(), variants...)
}

// PerCPU is what one busy CPU did for each value of a sample: the speed over the CPUs used. What the collector used is
// part of it. It is nil where the system does not tell what was used.
func PerCPU(s measure.Sample) []float64 {
	speeds := make([]float64, len(s.Values))
	for i, v := range s.Values {
		used := s.Readings[i].CPUsUsed()
		if used == 0 {
			return nil
		}
		speeds[i] = v / used
	}
	return speeds
}

// collectOften lets the collector run after every 4 MiB of allocations, as it does in a program in which little lives
// (runtime: the least heap goal at GOGC=100), and returns what undoes that. Where much lives it would run after as much
// again, and a notebook's process would hide what the experiment is about.
func collectOften() (undo func()) {
	const least = 4 << 20
	runtime.GC()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	percent := 100 * least / max(live[0].Value.Uint64(), least)
	old := debug.SetGCPercent(int(max(percent, 1)))
	return func() { debug.SetGCPercent(old) }
}

// allocate is the job as it is first written: every matrix is new.
func allocate(ctx context.Context, workers int, d time.Duration) (float64, error) {
	counts := make([]int, workers)
	var wg sync.WaitGroup
	start := time.Now()
	for i := range workers {
		wg.Go(func() {
			fill := Own(uint64(i))
			for ; (counts[i] == 0 || time.Since(start) < d) && ctx.Err() == nil; counts[i]++ { // as Worker.Run
				var m [allocations]*mat.Dense
				for k := range m {
					m[k] = mat.NewDense(Side, Side, nil)
					if k < allocations-1 {
						fill(m[k].RawMatrix().Data)
					}
				}
				m[3].Mul(m[0], m[1])
				m[3].Add(m[3], m[2])
			}
		})
	}
	wg.Wait()
	wall := time.Since(start)
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	total := 0
	for _, n := range counts {
		total += n
	}
	return speed(total, wall)
}
