package scaling_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"interleave/lessons/kit/scaling"
)

func points(law func(n float64) float64, loads ...float64) []scaling.Point {
	var out []scaling.Point
	for _, n := range loads {
		out = append(out, scaling.Point{N: n, Speedup: law(n)})
	}
	return out
}

// TestFitsFindTheParameters: a law fitted to its own values gives them back.
func TestFitsFindTheParameters(t *testing.T) {
	near := func(got, want float64) bool { return math.Abs(got-want) < 1e-9 }
	amdahl := points(func(n float64) float64 { return 1 / (0.1 + 0.9/n) }, 1, 2, 6)
	if f, err := scaling.Amdahl(amdahl...); err != nil || !near(f.A, 0.1) || !near(f.At(4), 1/(0.1+0.9/4)) {
		t.Errorf("%v, %v", f, err)
	}
	gustafson := points(func(n float64) float64 { return n - 0.2*(n-1) }, 1, 2, 6)
	if f, err := scaling.Gustafson(gustafson...); err != nil || !near(f.A, 0.2) || !near(f.At(4), 3.4) {
		t.Errorf("%v, %v", f, err)
	}
	usl := points(func(n float64) float64 { return n / (1 + 0.05*(n-1) + 0.002*n*(n-1)) }, 1, 2, 3, 4, 6, 8, 16)
	f, err := scaling.USL(usl...)
	if err != nil || !near(f.A, 0.05) || !near(f.B, 0.002) || !near(f.At(16), usl[6].Speedup) {
		t.Errorf("%v, %v", f, err)
	}
	if v := f.Verdict(); !strings.Contains(v, "not rejected") {
		t.Error(v)
	}
}

// TestTwoCoresRejectTheLaws: what two cores do with six workers follows no law of workers.
func TestTwoCoresRejectTheLaws(t *testing.T) {
	measured := points(func(n float64) float64 { return min(n, 2) }, 1, 2, 3, 4, 5, 6)
	usl, err := scaling.USL(measured...)
	if err != nil {
		t.Fatal(err)
	}
	if v := usl.Verdict(); !strings.Contains(v, "REJECTED") || !strings.Contains(v, "contention a is negative") {
		t.Error(v)
	}
	amdahl, err := scaling.Amdahl(measured[:2]...)
	if err != nil {
		t.Fatal(err)
	}
	if v := amdahl.Verdict(); !strings.Contains(v, "not rejected") {
		t.Errorf("on its own points: %s", v)
	}
	if v := amdahl.Verdict(measured...); !strings.Contains(v, "at 6 workers it says 6.00, measured were 2.00") {
		t.Errorf("on all points: %s", v)
	}
}

// TestIntervalsCount: noise alone rejects no law.
func TestIntervalsCount(t *testing.T) {
	noisy := []scaling.Point{{N: 1, Speedup: 1}, {N: 2, Speedup: 1.5, Lo: 1.2, Hi: 2.2}, {N: 4, Speedup: 3.4, Lo: 2, Hi: 4.4}}
	f, err := scaling.Amdahl(scaling.Point{N: 2, Speedup: 2})
	if err != nil {
		t.Fatal(err)
	}
	if v := f.Verdict(noisy...); !strings.Contains(v, "not rejected") {
		t.Error(v)
	}
	noisy[1].Hi = 1.8
	if v := f.Verdict(noisy...); !strings.Contains(v, "at 2 workers it says 2.00, measured were 1.50") {
		t.Error(v)
	}
}

func TestTooFewPoints(t *testing.T) {
	two := points(func(n float64) float64 { return n }, 1, 2)
	if _, err := scaling.USL(two...); !errors.Is(err, scaling.ErrFewPoints) {
		t.Errorf("USL of two loads: %v", err)
	}
	if _, err := scaling.Amdahl(two[0]); !errors.Is(err, scaling.ErrFewPoints) {
		t.Errorf("Amdahl of one load: %v", err)
	}
	for _, p := range []scaling.Point{{N: 0, Speedup: 1}, {N: 2}, {N: 2, Speedup: math.NaN()}, {N: math.Inf(1), Speedup: 2}} {
		if _, err := scaling.Gustafson(p); err == nil {
			t.Errorf("%v is taken", p)
		}
	}
}

func Example() {
	// A job that ran 3.2 times as fast with 4 workers.
	fit, err := scaling.Amdahl(scaling.Point{N: 1, Speedup: 1}, scaling.Point{N: 4, Speedup: 3.2})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%v; %.1f with 16 workers, never more than %.0f\n", fit, fit.At(16), 1/fit.A)
	// Output: Amdahl with s = 0.0833; 7.1 with 16 workers, never more than 12
}
