package stats

import (
	"math"
	"slices"
	"testing"
)

func TestSummarize(t *testing.T) {
	values := []float64{5, 1, 9, 3, 7, 2, 8}
	s := Summarize(values)
	if !s.Claimed || s.N != 7 || s.Median != 5 || s.Lo != 1 || s.Hi != 9 || s.Min != 1 || s.Max != 9 || s.Confidence < Confidence {
		t.Errorf("%+v", s)
	}
	if !slices.Equal(values, []float64{5, 1, 9, 3, 7, 2, 8}) {
		t.Errorf("the values are %v afterwards", values)
	}
	for n := 1; n < MinRuns+1; n++ {
		s := Summarize(values[:n])
		if s.Claimed != (n >= MinRuns) || s.Claimed == math.IsNaN(s.Lo) || s.Claimed == (s.Confidence == 0) {
			t.Errorf("%d values: %+v", n, s)
		}
	}
}

// TestLaws: one worker has speed-up 1; without anything that cannot be divided it is n; else it is the formula's.
func TestLaws(t *testing.T) {
	for name, l := range map[string]struct {
		free, law Law
		at8       float64
	}{
		"Amdahl":    {Amdahl(0), Amdahl(0.125), 8 / 1.875},
		"Gustafson": {Gustafson(0), Gustafson(0.125), 8 - 0.875},
		"USL":       {USL(0, 0), USL(0.125, 0.0625), 8 / (1 + 0.875 + 3.5)},
	} {
		for law, want := range map[*Law][2]float64{&l.free: {1, 8}, &l.law: {1, l.at8}} {
			for i, n := range []float64{1, 8} {
				if got := (*law)(n); math.Abs(got-want[i]) > 1e-12 {
					t.Errorf("%s at %v is %v, want %v", name, n, got, want[i])
				}
			}
		}
	}
}
