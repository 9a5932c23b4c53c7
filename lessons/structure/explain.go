package structure

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"interleave/lessons/kit/check"
	"interleave/lessons/kit/measure"
)

// Claim is what an interval says of two Ps against one.
type Claim string

// The claims.
const (
	Slower Claim = "slower" // the whole interval of the ratio is above 1
	Faster Claim = "faster" // all of it is below 1
	Unsure Claim = "~"      // 1 is inside
)

// Explanation is an answer to [Explain].
type Explanation struct {
	Runs []SieveRun // your reproduction: the sieve at one P and at two
	Says Claim      // what it says of two Ps
	// Primes finds the same primes by the same divisions, and hands nothing over.
	Primes func(n int) []int
}

// HandOver is how many times as fast as the sieve an answer's Primes is to be, so that the hand-over is shown to be
// nearly all of the sieve's time. explained is how many primes are found to show it.
const (
	HandOver  = 10
	explained = 200
)

// Explain is the exercise to reproduce that the sieve gets slower with two Ps, and to explain it by a program that
// does all of its arithmetic and none of its hand-overs. The comparison is with the sieve on one P, where it is
// fastest, and one P is enough for it.
func Explain() check.Exercise[Explanation] {
	return check.Exercise[Explanation]{
		Name: "why the sieve got slower",
		Task: "Reproduce it with 6 or more runs at one P and at two, say what the interval of the ratio says, and show by a program without goroutines what the sieve does with its time.",
		Checks: []check.Check[Explanation]{
			{Name: "it is reproduced", Kind: check.Value, Try: func(_ context.Context, e Explanation) error {
				_, err := e.ratio()
				return err
			}},
			{Name: "the claim is what the interval says", Kind: check.Value, Try: func(_ context.Context, e Explanation) error {
				ratio, err := e.ratio()
				if err != nil {
					return check.Inconclusive("there is nothing to claim yet")
				}
				if said := claim(ratio); said != e.Says {
					return check.Show(ratio, "your runs say %q and not %q: two Ps take so many times as long as one:", said, e.Says)
				}
				return nil
			}},
			{Name: "the same primes", Kind: check.Value, Try: func(_ context.Context, e Explanation) error {
				if e.Primes == nil {
					return fmt.Errorf("Primes is nil: write a function func(n int) []int")
				}
				for _, n := range []int{0, 1, 10, explained} {
					if got, want := e.Primes(n), divide(n); !slices.Equal(got, want) {
						return check.Show(fmt.Sprintf("got  %v\nwant %v", head(got), head(want)), "the first %d primes are others:", n)
					}
				}
				return nil
			}},
			{Name: fmt.Sprintf("without hand-over at least %d times as fast", HandOver), Kind: check.Performance, Try: func(ctx context.Context, e Explanation) error {
				return check.Ratio{
					Base: finding("the sieve", Primes), Answer: finding("yours", e.Primes), Control: finding("divisions alone", divide),
					AtLeast: HandOver, Plan: measure.Plan{Unit: "primes/ms"},
				}.Try(ctx)
			}},
		},
	}
}

// ratio is two Ps over one, from an answer's runs.
func (e Explanation) ratio() (measure.Summary, error) {
	at := map[int]measure.Sample{}
	for _, r := range e.Runs {
		if len(r.MS) < measure.MinRuns {
			return measure.Summary{}, fmt.Errorf("%d runs at P = %d have no interval: make at least %d", len(r.MS), r.Procs, measure.MinRuns)
		}
		at[r.Procs] = measure.Sample{Name: fmt.Sprint("P = ", r.Procs), Values: r.MS}
	}
	if len(at[1].Values) == 0 || len(at[2].Values) == 0 {
		return measure.Summary{}, fmt.Errorf("runs at one P and at two are needed")
	}
	return measure.Ratios(at[1], at[2])
}

// claim is what an interval says.
func claim(ratio measure.Summary) Claim {
	switch ratio.AtLeast(1, measure.Verdict{}) {
	case measure.Holds:
		return Slower
	case measure.Fails:
		return Faster
	}
	return Unsure
}

// finding measures the speed of a way to find primes on one P, in primes a millisecond.
func finding(name string, primes func(n int) []int) measure.Variant {
	return measure.Variant{Name: name, Run: func(context.Context) (float64, error) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
		start := time.Now()
		if got := len(primes(explained)); got != explained {
			return 0, fmt.Errorf("%s found %d primes of %d", name, got, explained)
		}
		return explained / (float64(time.Since(start)) / float64(time.Millisecond)), nil
	}}
}

// divide is the sieve's arithmetic: each number is divided by each prime before it, up to the first that divides it.
func divide(n int) []int {
	primes := make([]int, 0, n)
	for i := 2; len(primes) < n; i++ {
		if !slices.ContainsFunc(primes, func(p int) bool { return i%p == 0 }) {
			primes = append(primes, i)
		}
	}
	return primes
}

// head is the beginning of a list that may be long.
func head(list []int) []int { return list[:min(12, len(list))] }
