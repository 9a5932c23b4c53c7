package check

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"interleave/lessons/kit/measure"
)

// says is a variant that measures nothing: round by round it gives these values, over and over.
func says(name string, values ...float64) measure.Variant {
	n := 0
	return measure.Variant{Name: name, Run: func(context.Context) (float64, error) {
		n++
		return values[(n-1)%len(values)], nil
	}}
}

// outcome is how a check ends.
func outcome(err error) Verdict {
	var e *evidence
	switch {
	case err == nil:
		return Passed
	case errors.As(err, &e):
		return e.verdict
	}
	return "error: " + Verdict(err.Error())
}

// measured is what the variants give on a machine that was quiet or not.
func measured(t *testing.T, r Ratio, noisy bool) *Measured {
	t.Helper()
	m, err := r.measure(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	m.Result.Card = measure.Card{}
	if noisy {
		m.Result.Card.Uses = []measure.Use{{Variant: "answer", Used: 0.5, Expected: 1}}
	}
	return m
}

// TestJudge: on a quiet machine the interval decides; on a noisy one nothing does, unless the control reaches the
// bounds in the same rounds.
func TestJudge(t *testing.T) {
	base := []float64{1, 1.01, 0.99}
	fast, slow, wild := []float64{3, 3.1, 2.9}, []float64{1, 1.1, 1.05}, []float64{1, 3, 2.2, 1.4, 4, 1.1}
	for _, tt := range []struct {
		name            string
		answer, control []float64
		noisy           bool
		want            Verdict
		words           string
	}{
		{"fast", fast, nil, false, Passed, "answer / base is 3.0"},
		{"slow", slow, nil, false, Failed, "asked for is at least 2"},
		{"wild", wild, nil, false, Unclear, "inside of the interval"},
		{"fast, noisy", fast, nil, true, Unclear, "NOISY"},
		{"slow, noisy", slow, nil, true, Unclear, "NOISY"},
		{"fast, noisy, controlled", fast, fast, true, Passed, "answer / base is 3.0"},
		{"slow, noisy, controlled", slow, fast, true, Failed, "asked for is at least 2"},
		{"slow, the control too", slow, slow, false, Unclear, `"control" itself does not`},
		{"fast, the control is not", fast, wild, false, Unclear, `"control" itself does not`},
	} {
		r := Ratio{Base: says("base", base...), Answer: says("answer", tt.answer...), AtLeast: 2}
		if tt.control != nil {
			r.Control = says("control", tt.control...)
		}
		m := measured(t, r, tt.noisy)
		err := r.judge(m)
		if got := outcome(err); got != tt.want || !strings.Contains(err.Error(), tt.words) {
			t.Errorf("%s: %s, %v; want %s with %q", tt.name, got, err, tt.want, tt.words)
		}
		if !strings.Contains(m.String(), "answer") || !strings.Contains(m.HTML(), "<table>") {
			t.Errorf("%s: no table of the measurement", tt.name)
		}
	}
}

func TestBounds(t *testing.T) {
	for _, tt := range []struct {
		atLeast, atMost, value float64
		want                   Verdict
	}{
		{2, 0, 2.5, Passed}, {2, 0, 1.5, Failed}, {0, 2, 1.5, Passed}, {0, 2, 2.5, Failed},
		{0.5, 2, 1, Passed}, {0.5, 2, 0.4, Failed}, {0.5, 2, 2.1, Failed},
	} {
		r := Ratio{Base: says("base", 1), Answer: says("answer", tt.value), AtLeast: tt.atLeast, AtMost: tt.atMost}
		if got := outcome(r.judge(measured(t, r, false))); got != tt.want {
			t.Errorf("%v in [%v, %v]: %s", tt.value, tt.atLeast, tt.atMost, got)
		}
	}
}

// TestTries: an inconclusive try is followed by another, one that tells by none.
func TestTries(t *testing.T) {
	for _, tt := range []struct {
		answer []float64
		runs   int
		want   Verdict
	}{
		{[]float64{3}, 7, Passed}, {[]float64{1}, 7, Failed}, {[]float64{1, 4, 1.2, 3.5, 1.1, 3}, 21, Unclear},
	} {
		answer, runs := says("answer", tt.answer...), 0
		inner := answer.Run
		answer.Run = func(ctx context.Context) (float64, error) { runs++; return inner(ctx) }
		r := Ratio{Base: says("base", 1), Answer: answer, Control: says("control", 3), AtLeast: 2, Plan: measure.Plan{Rounds: 6}}
		if err := r.Try(t.Context()); outcome(err) != tt.want || runs != tt.runs {
			t.Errorf("%v: %d runs, %v", tt.answer, runs, err)
		}
	}
}

func TestRatioRefuses(t *testing.T) {
	ok := says("a", 1)
	broken := measure.Variant{Name: "broken", Run: func(context.Context) (float64, error) { return 0, errors.New("wrong count") }}
	for want, r := range map[string]Ratio{
		"asks nothing": {Base: ok, Answer: says("b", 1)},
		"at most 1":    {Base: ok, Answer: says("b", 1), AtLeast: 2, AtMost: 1},
		"wrong count":  {Base: ok, Answer: broken, AtLeast: 2},
		"two variants": {Base: ok, Answer: ok, AtLeast: 2},
	} {
		if err := r.Try(t.Context()); err == nil || isUnclear(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	r := Ratio{Base: ok, Answer: ok, AtLeast: 2, CPUs: runtime.NumCPU() + 1}
	if err := r.Try(t.Context()); !isUnclear(err) || !strings.Contains(err.Error(), "CPUs at the same time") {
		t.Errorf("more CPUs than there are: %v", err)
	}
}

// TestTooFewCPUs: an exercise that this machine cannot judge is no doubt about it.
func TestTooFewCPUs(t *testing.T) {
	e := Exercise[int]{Name: "wide", Checks: []Check[int]{{Name: "is wide", Kind: Performance, Try: func(ctx context.Context, _ int) error {
		return Ratio{Base: says("base", 1), Answer: says("answer", 3), AtLeast: 2, CPUs: 1 << 20}.Try(ctx)
	}}}}
	m := Mutant[int]{Name: "narrow", Fails: "is wide"}
	if err := e.Prove(t.Context(), 3, 0, m, m, m); err != nil {
		t.Error(err)
	}
}

// TestTriesAddUp: with a control, what is inconclusive in every try by itself is told by all of them; without, it is not.
func TestTriesAddUp(t *testing.T) {
	answer := []float64{1, 1, 1, 2.5, 1, 1, 2.5, 1, 1, 2.5, 1} // a warm-up and ten rounds, three of them beyond the bound
	r := Ratio{Base: says("base", 1), Answer: says("answer", answer...), AtLeast: 2, Tries: 8}
	if err := r.Try(t.Context()); outcome(err) != Unclear {
		t.Errorf("without a control: %v", err)
	}
	r.Answer, r.Control = says("answer", answer...), says("control", 3)
	err := r.Try(t.Context())
	m, ok := Evidence(err).(*Measured)
	if outcome(err) != Failed || !ok || m.Try < 2 || m.Ratio.N != 10*m.Try || m.Control.N != m.Ratio.N {
		t.Fatalf("%v: %+v", err, m)
	}
	if !strings.Contains(m.String(), "with the rounds of the ones before") {
		t.Errorf("%v", m)
	}
}

// TestStarved: where others leave far fewer CPUs than the question is about, neither a control that holds nor what the
// answer reaches says anything. A try in which they did is not counted with those that follow.
func TestStarved(t *testing.T) {
	had := 0.3
	r := Ratio{Base: says("base", 1), Answer: says("answer", 3), Control: says("control", 3), AtLeast: 2, CPUs: 2, calm: -1,
		had: func(context.Context) (float64, error) { return had, nil }}
	if runtime.NumCPU() < r.CPUs {
		if err := r.Try(t.Context()); !isUnclear(err) {
			t.Error(err)
		}
		return
	}
	for _, answer := range []float64{3, 1} { // both would be judged otherwise
		r.Answer = says("answer", answer)
		err := r.Try(t.Context())
		m, ok := Evidence(err).(*Measured)
		if outcome(err) != Unclear || !ok || !strings.Contains(err.Error(), "takes 2 CPUs at the same time, and others left 0.3000") {
			t.Fatalf("%v: %v", answer, err)
		}
		if m.Try != 3 || m.Ratio.N != 0 || !strings.Contains(m.String(), "CPUs to be had") {
			t.Errorf("%v", m)
		}
	}
	runs := 0
	r.Answer = says("answer", 3)
	r.had = func(context.Context) (float64, error) {
		if runs++; runs > 6 && runs <= 17 { // after six looks others come, and stay for a warm-up and ten rounds
			return 0.3, nil
		}
		return 1.9, nil
	}
	err := r.Try(t.Context())
	if m, ok := Evidence(err).(*Measured); outcome(err) != Passed || !ok || m.Try != 2 || m.Ratio.N != 10 || len(m.Result.Samples) != 3 {
		t.Errorf("%v %+v", err, m)
	}
	runs, r.calm = 0, time.Hour
	r.had = func(context.Context) (float64, error) { // others go on for seventeen looks
		if runs++; runs <= 17*6 {
			return 0.3, nil
		}
		return 1.9, nil
	}
	err = r.Try(t.Context())
	if m, ok := Evidence(err).(*Measured); outcome(err) != Passed || !ok || m.Try != 1 {
		t.Errorf("it did not wait: %v", err)
	}
	had = 0
	r.had = func(context.Context) (float64, error) { return had, nil } // a system that does not tell
	if err := r.Try(t.Context()); outcome(err) != Passed {
		t.Error(err)
	}
}

// TestProofStarved: that others take the CPUs all the time is no doubt about an exercise, unless it is to be proved.
func TestProofStarved(t *testing.T) {
	t.Setenv("PROVE", "")
	if runtime.NumCPU() < 2 {
		t.Log("the machine has one CPU: see TestTooFewCPUs")
		return
	}
	e := Exercise[int]{Name: "wide", Checks: []Check[int]{{Name: "is wide", Kind: Performance, Try: func(ctx context.Context, n int) error {
		return Ratio{Base: says("base", 1), Answer: says("answer", float64(n)), Control: says("control", 3), AtLeast: 2, CPUs: 2, Tries: 1, calm: -1,
			had: func(context.Context) (float64, error) { return 0.3, nil }}.Try(ctx)
	}}}}
	m := Mutant[int]{Name: "narrow", Answer: 1, Fails: "is wide"}
	p := e.Proof(t.Context(), 2, 3, m, m, m)
	if want := "wide\n  reference passes 0 of 2, 2 inconclusive\n"; p.Err() != nil || !strings.HasPrefix(p.String(), want) {
		t.Errorf("%v\n%s", p.Err(), p)
	}
	t.Setenv("PROVE", "2")
	if err := e.Prove(t.Context(), 2, 3, m, m, m); err == nil || !strings.Contains(err.Error(), "inconclusive each of 8 times") {
		t.Error(err)
	}
}

// TestSpin: two goroutines that compute have at most two CPUs, and some of them.
func TestSpin(t *testing.T) {
	had, err := Ratio{CPUs: 2}.spin(t.Context())
	if err != nil || runtime.GOOS == "linux" && had <= 0 || had > 2.5 {
		t.Error(had, err)
	}
}
