package process

import (
	"context"
	"errors"
	"runtime"
	"time"

	"interleave/lessons/kit/check"
	"interleave/lessons/kit/measure"
)

// Extra is what a pool may cost more than goroutines in [BreakEven]: a quarter.
const Extra = 1.25

// Lengths of jobs in [BreakEven].
const (
	shorter  = 10                    // the check looks at jobs so many times shorter, too
	longest  = 10 * time.Millisecond // this stands for longer ones
	shortest = 5 * time.Microsecond  // and this for shorter ones
)

// BreakEven is the exercise to find the length from which on jobs are worth a pool. The answer may be up to ten times
// too long. What is compared is CPU time, of this process and of the workers: other load on the machine takes CPUs
// away, but it changes how much of them a job needs far less. (The break-even lay between 300 µs and 1 ms on a quiet machine
// with two CPUs, and below 200 µs with twenty times as many threads ready as CPUs.)
func BreakEven() check.Exercise[time.Duration] {
	at := func(scale int, atLeast, atMost float64) func(context.Context, time.Duration) error {
		return func(ctx context.Context, answer time.Duration) error {
			if answer <= 0 {
				return errors.New("a job takes some time")
			}
			length := max(shortest, min(answer, longest)/time.Duration(scale))
			pool, err := NewPool(ctx, runtime.NumCPU())
			if err != nil {
				return err
			}
			defer pool.Close()
			total := 10 * time.Millisecond * time.Duration(pool.Size())
			inside, split := Split(pool, total, length)
			return check.Ratio{
				Base: inside, Answer: split, AtLeast: atLeast, AtMost: atMost,
				Plan: measure.Plan{Unit: "ms of CPU time", Crowded: true}, // this process and the workers want the same CPUs
			}.Try(ctx)
		}
	}
	return check.Exercise[time.Duration]{
		Name: "break-even",
		Task: "From which job length on does a started pool need at most a quarter more CPU time than goroutines? Up to ten times too long is fine.",
		Checks: []check.Check[time.Duration]{
			{Name: "jobs of this length are worth a pool", Kind: check.Performance, Try: at(1, 0, Extra)},
			{Name: "jobs of a tenth of it are not", Kind: check.Performance, Try: at(shorter, Extra, 0)},
		},
	}
}
