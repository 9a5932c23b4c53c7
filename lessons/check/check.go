// Package check judges the answers to exercises, and proves that it judges well.
//
// An [Exercise] is a list of checks of an answer. [Exercise.Check] runs them and gives a [Report] that ends with
// a line "N passed, M failed"; a check that fails says why with evidence, such as the failing schedule or the
// measurement. [Exercise.Prove] turns the tables: the reference answer must pass every time, and every mutant, a
// wrong answer that learners give, must fail every time and in the check that is there to find it.
//
// No check depends on a sleep or on how long something takes by the clock; what compares speeds compares them on
// the same machine in the same run and says "inconclusive" when noise hides the answer. The package knows no
// lesson and starts no goroutine.
package check

import (
	"context"
	"errors"
	"fmt"
	"html"
	"strings"
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
	// Try returns nil when the answer does it, an error made by [Show] with the evidence when it does not, or
	// [Inconclusive]. A panic fails the check.
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
	Message  string // why not; "" when passed
	Evidence any    // a table, a measurement; nil if there is none
}

// Report is what all checks of an exercise found.
type Report struct {
	Exercise string
	Findings []Finding
}

// evidence is an error that shows something.
type evidence struct {
	message string
	what    any
}

func (e *evidence) Error() string { return e.message }

// Show fails a check with a message and its evidence, anything that a notebook can show or fmt can print.
func Show(what any, format string, args ...any) error {
	return &evidence{fmt.Sprintf(format, args...), what}
}

// errUnclear marks checks that could not tell.
var errUnclear = errors.New("inconclusive")

// Inconclusive ends a check that cannot tell, and says why.
func Inconclusive(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errUnclear, fmt.Sprintf(format, args...))
}

// Check judges an answer. Checks run in order, all of them, also after one that fails.
func (e Exercise[A]) Check(ctx context.Context, answer A) *Report {
	r := &Report{Exercise: e.Name}
	for _, c := range e.Checks {
		f := Finding{Check: c.Name, Kind: c.Kind, Verdict: Passed}
		if err := try(ctx, c, answer); err != nil {
			f.Verdict, f.Message = Failed, err.Error()
			if errors.Is(err, errUnclear) {
				f.Verdict = Unclear
			}
			var shown *evidence
			if errors.As(err, &shown) {
				f.Evidence = shown.what
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

// String lists the findings, with the evidence of those that did not pass; its last line is "N passed, M failed".
func (r *Report) String() string {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%-12s  %s\n", f.Verdict, f.Check)
		text := f.Message
		if f.Evidence != nil {
			text += "\n" + fmt.Sprint(f.Evidence)
		}
		for line := range strings.Lines(strings.TrimSpace(text)) {
			b.WriteString("    " + strings.TrimRight(line, "\n") + "\n")
		}
	}
	b.WriteString(r.summary() + "\n")
	return b.String()
}

// HTML is the same with the evidence as a notebook shows it.
func (r *Report) HTML() string {
	var b strings.Builder
	b.WriteString("<ul>\n")
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "<li><strong>%s</strong>: %s", f.Verdict, html.EscapeString(f.Check))
		if f.Message != "" {
			b.WriteString("<br>" + strings.ReplaceAll(html.EscapeString(f.Message), "\n", "<br>"))
		}
		switch e := f.Evidence.(type) {
		case nil:
		case interface{ HTML() string }:
			b.WriteString(e.HTML())
		default:
			b.WriteString("<pre>" + html.EscapeString(fmt.Sprint(e)) + "</pre>")
		}
		b.WriteString("</li>\n")
	}
	fmt.Fprintf(&b, "</ul>\n<p><strong>%s</strong></p>\n", r.summary())
	return b.String()
}

// SimpleRender is what a notebook shows.
func (r *Report) SimpleRender() map[string]any {
	return map[string]any{"text/html": r.HTML(), "text/plain": r.String()}
}
