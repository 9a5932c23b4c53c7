package noise_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"interleave/lessons/kit/check"
	"interleave/lessons/noise"
)

func TestSpin(t *testing.T) {
	r, err := noise.Spin(t.Context(), noise.Size{Repeats: 21, Work: time.Millisecond})
	if err != nil || len(r.Points) != 21 || len(r.Half(false)) != 10 || len(r.Half(true)) != 11 {
		t.Fatalf("%d points, %v", len(r.Points), err)
	}
	for i, p := range r.Points {
		if p.MS <= 0 || p.Wall <= 0 || i > 0 && p.At <= r.Points[i-1].At {
			t.Errorf("point %d: %+v", i, p)
		}
	}
	t.Logf("alone %.2f %s", r.Half(false), r.Alone.Verdict())
	t.Logf("loaded %.2f %s", r.Half(true), r.Loaded.Verdict())
}

func interval(values []float64) (m, lo, hi float64) {
	s := slices.Sorted(slices.Values(values))
	n, k := len(s), 0
	fewer, exactly := 0.0, math.Pow(0.5, float64(n)) // the chances of fewer than k heads in n tosses, and of k
	for 2*(fewer+exactly) <= 0.05 {
		fewer += exactly
		exactly *= float64(n-k) / float64(k+1)
		k++
	}
	return (s[(n-1)/2] + s[n/2]) / 2, s[k-1], s[n-k]
}

func TestMedian(t *testing.T) {
	err := noise.Median().Prove(t.Context(), check.Times(), interval,
		check.Mutant[noise.Interval]{Name: "the mean", Fails: "the median", Answer: func(v []float64) (float64, float64, float64) {
			sum := 0.0
			for _, x := range v {
				sum += x
			}
			_, lo, hi := interval(v)
			return sum / float64(len(v)), lo, hi
		}},
		check.Mutant[noise.Interval]{Name: "does not sort", Fails: "the median", Answer: func(v []float64) (float64, float64, float64) {
			_, lo, hi := interval(v)
			return v[len(v)/2], lo, hi
		}},
		check.Mutant[noise.Interval]{Name: "the upper of the two in the middle", Fails: "the median", Answer: func(v []float64) (float64, float64, float64) {
			_, lo, hi := interval(v)
			return slices.Sorted(slices.Values(v))[len(v)/2], lo, hi
		}},
		check.Mutant[noise.Interval]{Name: "from least to greatest", Fails: "the interval", Answer: func(v []float64) (float64, float64, float64) {
			m, _, _ := interval(v)
			return m, slices.Min(v), slices.Max(v)
		}},
		check.Mutant[noise.Interval]{Name: "sorts the caller's values", Fails: "the values stay as they are", Answer: func(v []float64) (float64, float64, float64) {
			m, lo, hi := interval(v)
			slices.Sort(v)
			return m, lo, hi
		}},
	)
	if err != nil {
		t.Error(err)
	}
}

func TestNoisy(t *testing.T) {
	err := noise.Noisy().Prove(t.Context(), check.Times(), []bool{false, true, true, true},
		check.Mutant[[]bool]{Name: "pressure only", Answer: []bool{false, true, false, false}, Fails: "card 3"},
		check.Mutant[[]bool]{Name: "pressure and CPUs used, not steal", Answer: []bool{false, true, true, false}, Fails: "card 4"},
		check.Mutant[[]bool]{Name: "all quiet", Answer: []bool{false, false, false, false}, Fails: "card 2"},
		check.Mutant[[]bool]{Name: "all noisy", Answer: []bool{true, true, true, true}, Fails: "card 1"},
		check.Mutant[[]bool]{Name: "none", Answer: nil, Fails: "card 1"},
	)
	if err != nil {
		t.Error(err)
	}
}
