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
	if n := prove(); n > 0 {
		return n
	}
	return 5
}

// prove is the environment variable PROVE; 0 if it says nothing.
func prove() int {
	n, err := strconv.Atoi(os.Getenv("PROVE"))
	if err != nil || n < 0 {
		return 0
	}
	return n
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
	Wanted  int    // that must be right, the inconclusive ones being repeated; 0 if one is enough
	CPUs    bool   // unclear since the machine has too few CPUs
	Starved int    // of the unclear: others left too few of them
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
		if t.Wanted > 0 {
			fmt.Fprintf(&b, "  %s %s %d of %d", t.Answer, word, t.Right, t.Times-t.Unclear)
		} else {
			fmt.Fprintf(&b, "  %s %s %d of %d", t.Answer, word, t.Right, t.Times)
		}
		switch {
		case t.Unclear > 0 && t.Wanted > 0:
			fmt.Fprintf(&b, ", and %d more were inconclusive", t.Unclear)
		case t.Unclear > 0:
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
// long as it is never wrong, and right at least once, or the machine has too few CPUs for the question, or others left
// too few of them in each of so many runs. A check of another kind is right each time.
//
// With PROVE=N in the environment being right once is not enough: runs that could not tell are repeated until so many
// have been right, and there is a doubt if they are not after four times as many. Of a mutant only the check is run that
// must find it.
func (e Exercise[A]) Proof(ctx context.Context, times int, reference A, mutants ...Mutant[A]) *Proof {
	p := &Proof{Exercise: e.Name}
	if len(mutants) < minMutants {
		p.doubt("%s: %d mutants, want at least %d", e.Name, len(mutants), minMutants)
	}
	wanted := 0
	if prove() > 0 {
		wanted = times
	}
	p.try(e.Name, Tally{Answer: "reference", Wanted: wanted}, times, func() *Report { return e.Check(ctx, reference) })
	for _, m := range mutants {
		only := e.only(m.Fails)
		p.try(e.Name, Tally{Answer: m.Name, Fails: m.Fails, Wanted: wanted}, times, func() *Report { return only.Check(ctx, m.Answer) })
	}
	return p
}

// only is the exercise with that check alone, or as it is if there is none of that name.
func (e Exercise[A]) only(name string) Exercise[A] {
	for _, c := range e.Checks {
		if c.Name == name {
			e.Checks = []Check[A]{c}
			break
		}
	}
	return e
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
	for t.Times < times || !t.CPUs && t.Times < patience*times && (t.Unclear == t.Times && t.Starved < t.Times || t.Right < t.Wanted) {
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
			if open.starved {
				t.Starved++
			}
		}
		switch {
		case t.CPUs || t.Times < patience*times:
		case t.Right == 0:
			p.doubt("%s: %s is inconclusive each of %d times; is the machine busy?\n%s", exercise, t.Answer, t.Times, r)
		case t.Right < t.Wanted:
			p.doubt("%s: %s is right %d times of %d, and inconclusive the others; is the machine busy?\n%s", exercise, t.Answer, t.Right, t.Times, r)
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
