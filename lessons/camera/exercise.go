package camera

import (
	"context"
	"fmt"
	"runtime"

	"interleave/lessons/kit/check"
	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/pace"
)

// crowd is a size at which frames come faster than they can be analysed, and more of them than there are CPUs, on
// every machine.
func crowd() Size {
	return Size{Cameras: 5, FPS: max(20, 3*runtime.NumCPU()), Load: 3, Rate: 100, Requests: 40, Rounds: 1}
}

// KeepLatency is the exercise to keep the API quick while every core analyses frames.
//
// The tail of a distribution needs a quiet machine: on a busy one the last check is inconclusive.
func KeepLatency() check.Exercise[Setup] { return keepLatency(0.99) }

// keepLatency asks about another quantile than p99; the median tells its set-ups apart on a busy machine, too.
func keepLatency(q float64) check.Exercise[Setup] {
	crowded := func(judge func(x Round) error) func(context.Context, Setup) error {
		return func(ctx context.Context, s Setup) error {
			r, err := newRig(ctx, crowd())
			if err != nil {
				return err
			}
			defer r.close()
			x, err := r.round(ctx, s, r.size.Requests)
			if err != nil {
				return err
			}
			return judge(x)
		}
	}
	cpus := runtime.NumCPU()
	return check.Exercise[Setup]{
		Name: "keep the API quick",
		Task: "Choose a set-up in which every core analyses frames and p99 stays below twice that of the API alone.",
		Checks: []check.Check[Setup]{
			{Name: "every core has a frame", Kind: check.Value, Try: func(ctx context.Context, s Setup) error {
				if s.Procs > 0 && s.Procs < cpus {
					return fmt.Errorf("GOMAXPROCS is %d and there are %d CPUs", s.Procs, cpus)
				}
				return crowded(func(x Round) error {
					if x.AtOnce < cpus {
						return fmt.Errorf("there are %d CPUs, and never were more than %d frames in work, though %d were dropped", cpus, x.AtOnce, x.Dropped)
					}
					return nil
				})(ctx, s)
			}},
			{Name: "frames do not pile up", Kind: check.Value, Try: crowded(func(x Round) error {
				if x.AtOnce > 2*cpus {
					return fmt.Errorf("%d frames were in work at once, on %d CPUs: each waits for all the others", x.AtOnce, cpus)
				}
				return nil
			})},
			{Name: fmt.Sprintf("p%g at most doubles", 100*q), Kind: check.Performance,
				Try: func(ctx context.Context, s Setup) error { return keeps(ctx, s, q) }},
		},
	}
}

// keeps compares a quantile of the set-up with that of the API alone, in rounds of 100 requests at 200 a second; in fast
// mode of 62 at 400.
func keeps(ctx context.Context, s Setup, q float64) error {
	if cpus := runtime.NumCPU(); s.PerFrame || s.Workers < cpus || s.Procs > 0 && s.Procs < cpus {
		return check.Inconclusive("first give every core a frame, and let none pile up")
	}
	size := DefaultSize()
	size.Rate, size.Requests = pace.Pick(200.0, 400), pace.Pick(100, 62)
	r, err := newRig(ctx, size)
	if err != nil {
		return err
	}
	defer r.close()
	quantile := func(name string, s Setup) measure.Variant {
		return measure.Variant{Name: name, Run: func(ctx context.Context) (float64, error) {
			x, err := r.round(ctx, s, size.Requests)
			return QuantileOf(x.Latencies, q).Value, err
		}}
	}
	return check.Ratio{
		Base: quantile("API alone", Idle()), Answer: quantile("your set-up", s), Control: quantile("a set-up that does", Polite()),
		AtMost: 2, Plan: measure.Plan{Rounds: pace.Runs(8), Crowded: true},
	}.Try(ctx)
}
