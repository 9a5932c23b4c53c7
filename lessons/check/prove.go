package check

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
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
// is named each time. It returns every reason to doubt the exercise, joined; nil if there is none. For the counts see
// [Exercise.Proof].
func (e Exercise[A]) Prove(ctx context.Context, times int, reference A, mutants ...Mutant[A]) error {
	return e.Proof(ctx, times, reference, mutants...).Err()
}

// Tally is how often an answer did what a proof expects of it.
type Tally struct {
	Answer  string // "reference", or the mutant
	Fails   string // the check that must find it; "" for the reference
	Right   int    // runs that came out as they must: all checks passed, or the named one failed
	Unclear int    // runs that a check of kind P could not judge: the machine was too noisy
	Times   int    // runs in all
	CPUs    bool   // unclear since the machine has too few CPUs
}

// Proof is what [Exercise.Proof] found.
type Proof struct {
	Exercise string
	Tallies  []Tally // the reference first
	doubts   []error
}

// Err is every reason to doubt the exercise, joined; nil if there is none.
func (p *Proof) Err() error { return errors.Join(p.doubts...) }

// String has a line for each answer.
func (p *Proof) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", p.Exercise)
	for _, t := range p.Tallies {
		word := "passes"
		if t.Fails != "" {
			word = "fails"
		}
		fmt.Fprintf(&b, "  %s %s %d of %d", t.Answer, word, t.Right, t.Times)
		if t.Unclear > 0 {
			fmt.Fprintf(&b, ", %d inconclusive", t.Unclear)
		}
		if t.Fails != "" {
			fmt.Fprintf(&b, " (%s)", t.Fails)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// Proof is [Exercise.Prove] with its counts. A check of kind P may find that it cannot tell; that is no doubt as
// long as it is never wrong, and right at least once, or the machine has too few CPUs for the question. A check of
// another kind is right each time.
func (e Exercise[A]) Proof(ctx context.Context, times int, reference A, mutants ...Mutant[A]) *Proof {
	p := &Proof{Exercise: e.Name}
	if len(mutants) < minMutants {
		p.doubt("%s: %d mutants, want at least %d", e.Name, len(mutants), minMutants)
	}
	p.try(e.Name, Tally{Answer: "reference"}, times, func() *Report { return e.Check(ctx, reference) })
	for _, m := range mutants {
		p.try(e.Name, Tally{Answer: m.Name, Fails: m.Fails}, times, func() *Report { return e.Check(ctx, m.Answer) })
	}
	return p
}

func (p *Proof) doubt(format string, args ...any) {
	p.doubts = append(p.doubts, fmt.Errorf(format, args...))
}

// patience is how many times as many runs a check of kind P gets that could not tell in any: on a machine that others
// use as well, a busy minute passes.
const patience = 4

// try repeats one answer until a run comes out as it must not.
func (p *Proof) try(exercise string, t Tally, times int, run func() *Report) {
	defer func() { p.Tallies = append(p.Tallies, t) }()
	for t.Times < times || t.Unclear == t.Times && !t.CPUs && t.Times < patience*times {
		t.Times++
		r := run()
		right, open := r.settles(t.Fails)
		switch {
		case right:
			t.Right++
		case open == nil:
			if t.Fails == "" {
				p.doubt("%s: the reference answer fails, run %d of %d:\n%s", exercise, t.Times, times, r)
			} else {
				p.doubt("%s: mutant %q does not fail %q, run %d of %d:\n%s", exercise, t.Answer, t.Fails, t.Times, times, r)
			}
			return
		default:
			t.Unclear++
			t.CPUs = open.fewCPUs
		}
		if t.Unclear == patience*times && !t.CPUs {
			p.doubt("%s: %s is inconclusive each of %d times; is the machine busy?\n%s", exercise, t.Answer, t.Times, r)
		}
	}
}

// settles reports whether the report is what it must be: without a name, that every check passes; else that the named
// one fails. If it is not, then open is the finding of kind P that could not tell, or nil.
func (r *Report) settles(fails string) (right bool, open *Finding) {
	if fails != "" {
		f := r.find(fails)
		if f != nil && f.Verdict == Unclear && f.Kind == Performance {
			open = f
		}
		return f != nil && f.Verdict == Failed, open
	}
	if r.Count(Passed) == len(r.Findings) {
		return len(r.Findings) > 0, nil
	}
	for i, f := range r.Findings {
		if f.Verdict != Passed && (f.Verdict == Failed || f.Kind != Performance) {
			return false, nil
		}
		if f.Verdict == Unclear {
			open = &r.Findings[i]
		}
	}
	return false, open
}

func (r *Report) find(check string) *Finding {
	for i := range r.Findings {
		if r.Findings[i].Check == check {
			return &r.Findings[i]
		}
	}
	return nil
}
