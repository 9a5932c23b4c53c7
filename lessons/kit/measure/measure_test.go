package measure

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"time"
)

func seq(n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = float64(n - i)
	}
	return v
}

func TestSummarize(t *testing.T) {
	tests := []struct {
		n       int
		median  float64
		lo, hi  float64
		claimed bool
		level   float64
	}{
		{1, 1, 0, 0, false, 0},
		{5, 3, 0, 0, false, 0},
		{6, 3.5, 1, 6, true, 0.96875},    // 1 - 2^-5
		{9, 5, 2, 8, true, 0.9609375},    // the talk's nine runs
		{10, 5.5, 2, 9, true, 0.9785156}, // 1 - 22/1024
	}
	for _, tt := range tests {
		values := seq(tt.n)
		s, err := Summarize(values)
		if err != nil {
			t.Fatal(err)
		}
		if s.Median != tt.median || s.Claimed != tt.claimed || s.N != tt.n || math.Abs(s.Confidence-tt.level) > 1e-6 {
			t.Errorf("n=%d: got %+v", tt.n, s)
		}
		if tt.claimed && (s.Lo != tt.lo || s.Hi != tt.hi) {
			t.Errorf("n=%d: interval [%v, %v], want [%v, %v]", tt.n, s.Lo, s.Hi, tt.lo, tt.hi)
		}
		if !tt.claimed && !(math.IsNaN(s.Lo) && math.IsNaN(s.Hi)) {
			t.Errorf("n=%d: an interval is given: [%v, %v]", tt.n, s.Lo, s.Hi)
		}
		if !slices.Equal(values, seq(tt.n)) {
			t.Errorf("n=%d: the values were reordered", tt.n)
		}
	}
}

func TestSummarizeErrors(t *testing.T) {
	for _, tt := range []struct {
		values []float64
		want   error
	}{{nil, ErrEmpty}, {[]float64{1, math.NaN()}, ErrNotFinite}, {[]float64{math.Inf(-1)}, ErrNotFinite}} {
		if _, err := Summarize(tt.values); !errors.Is(err, tt.want) {
			t.Errorf("%v: got %v, want %v", tt.values, err, tt.want)
		}
		if _, err := Compare(Sample{Values: []float64{1}}, Sample{Values: tt.values}); !errors.Is(err, tt.want) {
			t.Errorf("compare %v: got %v, want %v", tt.values, err, tt.want)
		}
	}
}

func TestHolm(t *testing.T) {
	for _, tt := range []struct{ p, want []float64 }{
		{nil, []float64{}},
		{[]float64{0.04}, []float64{0.04}},
		{[]float64{0.01, 0.04, 0.03, 0.005}, []float64{0.03, 0.06, 0.06, 0.02}},
		{[]float64{0.5, 0.9}, []float64{1, 1}},
	} {
		got := Holm(tt.p)
		if !slices.EqualFunc(got, tt.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-12 }) {
			t.Errorf("Holm(%v) = %v, want %v", tt.p, got, tt.want)
		}
	}
}

// Uncorrected, the second comparison would count as a difference.
func TestCompareAllCorrects(t *testing.T) {
	base := Sample{Name: "a", Values: []float64{1, 2, 3, 4, 5, 6}}
	b := Sample{Name: "b", Values: []float64{3.5, 5.5, 6.5, 7.5, 8.5, 9.5}}
	got, err := CompareAll(base, b, b, b)
	if err != nil {
		t.Fatal(err)
	}
	one, _ := Compare(base, b)
	if !one.Significant || got[0].Significant || got[0].P != one.P || math.Abs(got[0].Adjusted-3*one.P) > 1e-12 {
		t.Errorf("alone %+v, three together %+v", one, got[0])
	}
	if got[0].Delta() != "~" || one.Delta() == "~" {
		t.Errorf("deltas %q and %q", got[0].Delta(), one.Delta())
	}
}

func TestTooFewToDiffer(t *testing.T) {
	c, err := Compare(Sample{Values: []float64{1, 2, 3}}, Sample{Values: []float64{10, 20, 30}})
	if err != nil || c.Significant || len(c.Warnings) == 0 {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestInterleaveOrder(t *testing.T) {
	var order string
	variant := func(name string) Variant {
		return Variant{Name: name, Run: func(context.Context) (float64, error) {
			order += name
			return float64(len(order)), nil
		}}
	}
	var progress []Progress
	plan := Plan{Rounds: 3, Unit: "steps", Progress: func(p Progress) { progress = append(progress, p) }}
	r, err := Interleave(t.Context(), plan, variant("A"), variant("B"), variant("C"))
	if err != nil {
		t.Fatal(err)
	}
	if order != "ABCABCABCABC" {
		t.Errorf("order %s", order)
	}
	if a, _ := r.Sample("A"); !slices.Equal(a.Values, []float64{4, 7, 10}) || a.Unit != "steps" || len(a.Readings) != 3 {
		t.Errorf("the warm-up was not dropped: %+v", a)
	}
	last := progress[len(progress)-1]
	if len(progress) != 13 || last.Done != 12 || last.Total != 12 || last.Variant != "" || last.Left != 0 {
		t.Errorf("%d reports, the last %+v", len(progress), last)
	}
}

func TestInterleavePauses(t *testing.T) {
	plan := Plan{Rounds: 6, Crowded: true, Pause: time.Millisecond}
	r, err := Interleave(t.Context(), plan, Timed("nothing", func() {}))
	if err != nil {
		t.Fatal(err)
	}
	if p := r.Card.Pauses; host.pressure().Total >= 0 && p.Wall < 7*time.Millisecond {
		t.Errorf("7 pauses of 1 ms: %+v", p)
	}
	plan.Pause = 0
	if r, err = Interleave(t.Context(), plan, Timed("nothing", func() {})); err != nil || r.Card.Pauses.Wall != 0 {
		t.Errorf("no pauses: %+v %v", r.Card.Pauses, err)
	}
}

func TestInterleaveKeepsPartial(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	v := Variant{Name: "v", Run: func(context.Context) (float64, error) {
		if n++; n == 4 {
			cancel()
		}
		return 1, nil
	}}
	r, err := Interleave(ctx, Plan{Rounds: 10}, v)
	if !errors.Is(err, context.Canceled) || r == nil || len(r.Samples[0].Values) != 3 {
		t.Errorf("got %+v, %v", r, err)
	}
	boom := errors.New("boom")
	bad := Variant{Name: "bad", Run: func(context.Context) (float64, error) { return 0, boom }}
	if _, err := Interleave(t.Context(), Plan{}, bad); !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
	nan := Variant{Name: "nan", Run: func(context.Context) (float64, error) { return math.NaN(), nil }}
	if _, err := Interleave(t.Context(), Plan{}, nan); !errors.Is(err, ErrNotFinite) {
		t.Errorf("got %v", err)
	}
}

func TestInterleaveRefuses(t *testing.T) {
	ok := Timed("a", func() {})
	for name, vs := range map[string][]Variant{
		"none": {}, "unnamed": {Timed("", func() {})}, "no function": {{Name: "x"}}, "twice": {ok, ok},
	} {
		if r, err := Interleave(t.Context(), Plan{}, vs...); err == nil || r != nil {
			t.Errorf("%s: got %v, %v", name, r, err)
		}
	}
}

func TestAtLeast(t *testing.T) {
	s, _ := Summarize([]float64{1.8, 1.9, 2.0, 2.1, 2.2, 2.3})
	few, _ := Summarize([]float64{2, 2})
	for _, tt := range []struct {
		s     Summary
		bound float64
		v     Verdict
		want  Outcome
	}{
		{s, 1.5, Verdict{}, Holds}, {s, 2, Verdict{}, Inconclusive}, {s, 2.5, Verdict{}, Fails},
		{s, 1.5, Verdict{Noisy: true}, Inconclusive}, {few, 1.5, Verdict{}, Inconclusive},
	} {
		if got := tt.s.AtLeast(tt.bound, tt.v); got != tt.want {
			t.Errorf("%v at least %v, %v: got %s, want %s", tt.s, tt.bound, tt.v, got, tt.want)
		}
	}
}

func TestBetween(t *testing.T) {
	s, _ := Summarize([]float64{1.8, 1.9, 2.0, 2.1, 2.2, 2.3})
	for _, tt := range []struct {
		low, high float64
		v         Verdict
		want      Outcome
	}{
		{1.5, 2.5, Verdict{}, Holds}, {0, 1.5, Verdict{}, Fails}, {2.5, 3, Verdict{}, Fails}, {0, 2, Verdict{}, Inconclusive},
		{2, 3, Verdict{}, Inconclusive}, {1.5, 2.5, Verdict{Noisy: true}, Inconclusive}, {math.NaN(), 3, Verdict{}, Inconclusive},
	} {
		if got := s.Between(tt.low, tt.high, tt.v); got != tt.want {
			t.Errorf("%v between %v and %v, %v: got %s, want %s", s, tt.low, tt.high, tt.v, got, tt.want)
		}
	}
}

func TestMeterCountsThisProcess(t *testing.T) {
	m := StartMeter()
	for start := time.Now(); time.Since(start) < 20*time.Millisecond; {
	}
	r := m.Stop()
	if r.Wall < 20*time.Millisecond {
		t.Errorf("wall %v", r.Wall)
	}
	if r.CPUKnown && r.CPU <= 0 {
		t.Errorf("a busy loop used no CPU: %+v", r)
	}
}

func TestRatiosAndBootstrap(t *testing.T) {
	a := Sample{Name: "a", Values: []float64{1, 2, 4, 8, 16, 32}}
	b := Sample{Name: "b", Values: []float64{2, 4, 8, 16, 32, 64}}
	if r, err := Ratios(a, b); err != nil || r.Median != 2 || r.Lo != 2 || r.Hi != 2 {
		t.Errorf("got %+v, %v", r, err)
	}
	if _, err := Ratios(a, Sample{Values: []float64{1}}); err == nil {
		t.Error("unequal lengths are accepted")
	}
	if _, err := Ratios(Sample{Values: []float64{0}}, Sample{Values: []float64{1}}); !errors.Is(err, ErrNotFinite) {
		t.Errorf("division by zero: %v", err)
	}
	lo, hi, err := Bootstrap(seq(9), 2000, 1)
	if err != nil || lo < 1 || hi > 9 || lo >= 5 || hi <= 5 {
		t.Errorf("bootstrap [%v, %v], %v", lo, hi, err)
	}
	lo2, hi2, _ := Bootstrap(seq(9), 2000, 1)
	if lo2 != lo || hi2 != hi {
		t.Error("the same seed gave another interval")
	}
}

func TestFormat(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 603.154: "603.2", 9.754: "9.754", 0.0123456: "0.01235", 12345.6: "12346", 1e7: "1e+07", 3e-6: "3e-06",
	} {
		if got := Format(v); got != want {
			t.Errorf("Format(%v) = %q, want %q", v, got, want)
		}
	}
}
