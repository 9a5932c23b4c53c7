package check

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
)

// Mutant is a wrong answer that an exercise must find.
type Mutant[A any] struct {
	Name   string // what is wrong with it
	Answer A
	Fails  string // the check that must find it
}

// minMutants is the fewest mutants that prove an exercise.
const minMutants = 3

// Times is how often a proof repeats: the environment variable PROVE, or 5.
func Times() int {
	if n, err := strconv.Atoi(os.Getenv("PROVE")); err == nil && n > 0 {
		return n
	}
	return 5
}

// Prove checks the checks: the reference answer passes all of them each time, and each mutant fails the check that
// is named each time. It returns every reason to doubt the exercise, joined; nil if there is none.
func (e Exercise[A]) Prove(ctx context.Context, times int, reference A, mutants ...Mutant[A]) error {
	var doubts []error
	if len(mutants) < minMutants {
		doubts = append(doubts, fmt.Errorf("%s: %d mutants, want at least %d", e.Name, len(mutants), minMutants))
	}
	for i := range times {
		if r := e.Check(ctx, reference); !r.OK() || r.Count(Passed) == 0 {
			doubts = append(doubts, fmt.Errorf("%s: the reference answer fails, run %d of %d:\n%s", e.Name, i+1, times, r))
			break
		}
	}
	for _, m := range mutants {
		for i := range times {
			r := e.Check(ctx, m.Answer)
			if f := r.find(m.Fails); f == nil || f.Verdict != Failed {
				doubts = append(doubts, fmt.Errorf("%s: mutant %q does not fail %q, run %d of %d:\n%s",
					e.Name, m.Name, m.Fails, i+1, times, r))
				break
			}
		}
	}
	return errors.Join(doubts...)
}

func (r *Report) find(check string) *Finding {
	for i := range r.Findings {
		if r.Findings[i].Check == check {
			return &r.Findings[i]
		}
	}
	return nil
}
