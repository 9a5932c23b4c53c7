package check_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"interleave/lessons/kit/check"
)

// half asks for half of 10.
var half = check.Exercise[int]{
	Name: "half",
	Checks: []check.Check[int]{
		{Name: "is positive", Kind: check.Value, Try: func(_ context.Context, a int) error {
			if a == -1 {
				panic("minus one")
			}
			if a <= 0 {
				return errors.New("it is not")
			}
			return nil
		}},
		{Name: "is half of 10", Kind: check.Value, Try: func(_ context.Context, a int) error {
			if a == 4 {
				return check.Inconclusive("nearly")
			}
			if a != 5 {
				return check.Show("2 x "+fmt.Sprint(a)+" & not 10", "twice %d is %d", a, 2*a)
			}
			return nil
		}},
	},
}

func TestReport(t *testing.T) {
	for answer, want := range map[int]string{
		5: "passed        is positive\npassed        is half of 10\n2 passed, 0 failed\n",
		6: "passed        is positive\nfailed        is half of 10\n    twice 6 is 12\n    2 x 6 & not 10\n1 passed, 1 failed\n",
		4: "passed        is positive\ninconclusive  is half of 10\n    nearly\n1 passed, 0 failed, 1 inconclusive\n",
	} {
		if got := half.Check(t.Context(), answer).String(); got != want {
			t.Errorf("%d: got\n%swant\n%s", answer, got, want)
		}
	}
	if r := half.Check(t.Context(), -1); !strings.Contains(r.String(), "panic: minus one") || r.OK() {
		t.Errorf("%s", r)
	}
	if h := half.Check(t.Context(), 6).HTML(); !strings.Contains(h, "<pre>2 x 6 &amp; not 10</pre>") {
		t.Error(h)
	}
}

func TestProve(t *testing.T) {
	wrong := func(fails ...string) []check.Mutant[int] {
		answers := []int{6, 0, -1}
		var ms []check.Mutant[int]
		for i, f := range fails {
			ms = append(ms, check.Mutant[int]{Name: fmt.Sprint(answers[i]), Answer: answers[i], Fails: f})
		}
		return ms
	}
	if err := half.Prove(t.Context(), 3, 5, wrong("is half of 10", "is positive", "is positive")...); err != nil {
		t.Error(err)
	}
	for want, prove := range map[string]func() error{
		"reference answer fails": func() error {
			return half.Prove(t.Context(), 1, 7, wrong("is half of 10", "is positive", "is positive")...)
		},
		"does not fail": func() error {
			return half.Prove(t.Context(), 1, 5, wrong("is positive", "is positive", "is positive")...)
		},
		"want at least 3": func() error { return half.Prove(t.Context(), 1, 5, wrong("is half of 10")...) },
	} {
		if err := prove(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func TestEvidence(t *testing.T) {
	for err, want := range map[error]any{
		check.Show("a table", "no"): "a table", fmt.Errorf("wrapped: %w", check.Passing(7, "yes")): 7, errors.New("plain"): nil, check.Inconclusive("?"): nil,
	} {
		if got := check.Evidence(err); got != want {
			t.Errorf("%v: %v, want %v", err, got, want)
		}
	}
}

// TestSameReason: checks in a row that fail for one reason are one line, and still count each.
func TestSameReason(t *testing.T) {
	short := func(context.Context, string) error { return errors.New("give two letters") }
	e := check.Exercise[string]{Name: "letters", Checks: []check.Check[string]{
		{Name: "first", Kind: check.Value, Try: short}, {Name: "second", Kind: check.Value, Try: short},
		{Name: "third", Kind: check.Value, Try: func(context.Context, string) error { return nil }},
	}}
	r := e.Check(t.Context(), "")
	if want := "failed        first, second\n    give two letters\npassed        third\n1 passed, 2 failed\n"; r.String() != want {
		t.Errorf("got\n%swant\n%s", r, want)
	}
	if got := r.HTML(); strings.Count(got, "give two letters") != 1 || !strings.Contains(got, "first, second") {
		t.Error(got)
	}
}

// TestProofOfUnclear: a check of kind P may be inconclusive, but not each time, however patient one is; and one of another kind
// may not.
func TestProofOfUnclear(t *testing.T) {
	t.Setenv("PROVE", "")
	exercise := func(kind check.Kind, everyOther bool) check.Exercise[bool] {
		n := 0
		return check.Exercise[bool]{Name: "fast", Checks: []check.Check[bool]{{Name: "is fast", Kind: kind, Try: func(_ context.Context, fast bool) error {
			if n++; !everyOther || n%2 == 1 {
				return check.Inconclusive("the machine is busy")
			}
			if !fast {
				return errors.New("it is slow")
			}
			return nil
		}}}}
	}
	mutants := []check.Mutant[bool]{{Name: "a", Fails: "is fast"}, {Name: "b", Fails: "is fast"}, {Name: "c", Fails: "is fast"}}
	p := exercise(check.Performance, true).Proof(t.Context(), 4, true, mutants...)
	if err := p.Err(); err != nil {
		t.Error(err)
	}
	if want := "fast\n  reference passes 2 of 4, 2 inconclusive\n  a fails 2 of 4, 2 inconclusive (is fast)\n"; !strings.HasPrefix(p.String(), want) {
		t.Errorf("got\n%s", p)
	}
	if err := exercise(check.Performance, false).Prove(t.Context(), 4, true, mutants...); err == nil || !strings.Contains(err.Error(), "each of 16 times") {
		t.Errorf("always inconclusive: %v", err)
	}
	if err := exercise(check.Value, true).Prove(t.Context(), 4, true, mutants...); err == nil {
		t.Error("a value is inconclusive, and nobody doubts it")
	}
}

// TestProveUntilRight: with PROVE what is inconclusive is repeated until so many runs are right, for a while.
func TestProveUntilRight(t *testing.T) {
	exercise := func(clear int) check.Exercise[bool] { // every so many runs can tell
		n := 0
		return check.Exercise[bool]{Name: "fast", Checks: []check.Check[bool]{{Name: "is fast", Kind: check.Performance, Try: func(_ context.Context, fast bool) error {
			if n++; n%clear != 0 {
				return check.Inconclusive("the machine is busy")
			}
			if !fast {
				return errors.New("it is slow")
			}
			return nil
		}}}}
	}
	mutants := []check.Mutant[bool]{{Name: "a", Fails: "is fast"}, {Name: "b", Fails: "is fast"}, {Name: "c", Fails: "is fast"}}
	t.Setenv("PROVE", "6")
	p := exercise(3).Proof(t.Context(), check.Times(), true, mutants...)
	if err := p.Err(); err != nil {
		t.Error(err)
	}
	if want := "fast\n  reference passes 6 of 6, and 12 more were inconclusive\n  a fails 6 of 6, and 12 more were inconclusive (is fast)\n"; !strings.HasPrefix(p.String(), want) {
		t.Errorf("got\n%s", p)
	}
	if err := exercise(5).Prove(t.Context(), check.Times(), true, mutants...); err == nil || !strings.Contains(err.Error(), "right 4 times of 24") {
		t.Errorf("patience has an end: %v", err)
	}
	wrong := []check.Mutant[bool]{{Name: "right", Answer: true, Fails: "is fast"}, mutants[0], mutants[1]}
	if err := exercise(3).Prove(t.Context(), check.Times(), true, wrong...); err == nil || !strings.Contains(err.Error(), "run 3 of 6") {
		t.Errorf("one wrong verdict is enough: %v", err)
	}
	t.Setenv("PROVE", "")
	if p := exercise(3).Proof(t.Context(), check.Times(), true, mutants...); p.Tallies[0].Times != 5 || p.Err() != nil {
		t.Errorf("without PROVE one run that is right is enough:\n%s", p)
	}
}
