// Package check judges the answers to exercises, and proves that it judges well.
//
// An [Exercise] is a list of checks of an answer. [Exercise.Check] runs them and gives a [Report] that ends with
// a line "N passed, M failed"; a check that fails says why with evidence, such as the failing schedule or the
// measurement. [Exercise.Prove] turns the tables: the reference answer must pass every time, and every mutant, a
// wrong answer that learners give, must fail every time and in the check that is there to find it.
//
// No check depends on a sleep or on how long something takes by the clock; what compares speeds, a [Ratio], compares
// them on the same machine in the same run and says "inconclusive" when noise hides the answer. The package knows
// no lesson's matter. Only a Ratio about several CPUs starts goroutines, and waits for them.
package check

import (
	"context"
	"errors"
	"fmt"
	"runtime"
)

// Kind is the way in which a check finds out.
type Kind string

// The kinds.
const (
	Value       Kind = "V" // a value or its shape
	RaceClean   Kind = "R" // the race detector
	Synctest    Kind = "S" // fake time, deadlocks and leaks
	Interleaved Kind = "I" // every schedule
	Performance Kind = "P" // a ratio measured on this machine
)

// Check is one thing that an answer of type A must do.
type Check[A any] struct {
	Name string
	Kind Kind
	// Try returns nil or [Passing] when the answer does it, an error made by [Show] with the evidence when it does
	// not, or [Inconclusive]. A panic fails the check. A check of kind P returns what [Ratio.Try] returns.
	Try func(ctx context.Context, answer A) error
}

// Exercise is a task and the checks of its answers.
type Exercise[A any] struct {
	Name   string
	Task   string // what to do, for the reader
	Checks []Check[A]
}

// Verdict is what a check found.
type Verdict string

// The verdicts.
const (
	Passed       Verdict = "passed"
	Failed       Verdict = "failed"
	Unclear      Verdict = "inconclusive"
	summaryWords         = "%d passed, %d failed"
)

// Finding is what one check found.
type Finding struct {
	Check    string
	Kind     Kind
	Verdict  Verdict
	Message  string // why, or a remark; "" when there is nothing to add
	Evidence any    // a table, a measurement; nil if there is none
	fewCPUs  bool   // it is inconclusive since this machine has too few
	starved  bool   // it is inconclusive since others left too few of them
}

// Report is what all checks of an exercise found.
type Report struct {
	Exercise string
	Findings []Finding
}

// evidence is an error that shows something, and says what it means.
type evidence struct {
	verdict Verdict
	message string
	what    any
	fewCPUs bool
	starved bool
}

func (e *evidence) Error() string { return e.message }

// Show fails a check with a message and its evidence, anything that a notebook can show or fmt can print.
func Show(what any, format string, args ...any) error {
	return &evidence{verdict: Failed, message: fmt.Sprintf(format, args...), what: what}
}

// Passing passes a check, with a remark and its evidence.
func Passing(what any, format string, args ...any) error {
	return &evidence{verdict: Passed, message: fmt.Sprintf(format, args...), what: what}
}

// Inconclusive ends a check that cannot tell, and says why.
func Inconclusive(format string, args ...any) error { return unclear(nil, format, args...) }

func unclear(what any, format string, args ...any) error {
	return &evidence{verdict: Unclear, message: fmt.Sprintf(format, args...), what: what}
}

// fewCPUs is the answer of a machine that cannot run what is asked.
func fewCPUs(want int) error {
	return &evidence{verdict: Unclear, fewCPUs: true,
		message: fmt.Sprintf("this takes %d CPUs at the same time, and the machine has %d", want, runtime.NumCPU())}
}

// starved is the answer of a machine that has the CPUs, and others use them.
func starved(m *Measured) error {
	return &evidence{verdict: Unclear, starved: true, what: m,
		message: fmt.Sprintf("this takes %d CPUs at the same time, and others left %v of them: try again when the machine is less busy", m.asked, m.CPUs)}
}

// Evidence is what an error of [Show] or [Passing] shows, so that a check can add to it; nil if there is none.
func Evidence(err error) any {
	var e *evidence
	if errors.As(err, &e) {
		return e.what
	}
	return nil
}

func isUnclear(err error) bool {
	var e *evidence
	return errors.As(err, &e) && e.verdict == Unclear
}

// Check judges an answer. Checks run in order, all of them, also after one that fails.
func (e Exercise[A]) Check(ctx context.Context, answer A) *Report {
	r := &Report{Exercise: e.Name}
	for _, c := range e.Checks {
		f := Finding{Check: c.Name, Kind: c.Kind, Verdict: Passed}
		if err := try(ctx, c, answer); err != nil {
			f.Verdict, f.Message = Failed, err.Error()
			var shown *evidence
			if errors.As(err, &shown) {
				f.Verdict, f.Evidence, f.fewCPUs, f.starved = shown.verdict, shown.what, shown.fewCPUs, shown.starved
			}
		}
		r.Findings = append(r.Findings, f)
	}
	return r
}

func try[A any](ctx context.Context, c Check[A], answer A) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return c.Try(ctx, answer)
}

// Count is how many checks came to a verdict.
func (r *Report) Count(v Verdict) int {
	n := 0
	for _, f := range r.Findings {
		if f.Verdict == v {
			n++
		}
	}
	return n
}

// OK reports whether no check failed.
func (r *Report) OK() bool { return r.Count(Failed) == 0 }

// summary is the line that graders look for.
func (r *Report) summary() string {
	s := fmt.Sprintf(summaryWords, r.Count(Passed), r.Count(Failed))
	if n := r.Count(Unclear); n > 0 {
		s += fmt.Sprintf(", %d inconclusive", n)
	}
	return s
}
