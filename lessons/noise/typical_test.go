package noise_test

import (
	"fmt"
	"slices"
	"testing"

	"interleave/lessons/noise"
)

// The best of more runs is better, though nothing has become faster.
func ExampleTypical() {
	runs := []float64{5, 6, 7, 8, 9, 10, 11, 12, 13, 14}
	for _, n := range []int{1, 3, 9, 27} {
		fmt.Println(n, noise.Typical(runs, n, slices.Min))
	}
	// Output:
	// 1 9
	// 3 7
	// 9 5
	// 27 5
}

func TestTypical(t *testing.T) {
	runs := []float64{3, 1, 2}
	first := func(s []float64) float64 { v := s[0]; slices.Sort(s); return v }
	if a, b := noise.Typical(runs, 2, first), noise.Typical(runs, 2, first); a != b || !slices.Equal(runs, []float64{3, 1, 2}) {
		t.Errorf("%v and %v, of %v", a, b, runs)
	}
	if got := noise.Typical(nil, 3, slices.Min) + noise.Typical(runs, 0, slices.Min); got != 0 {
		t.Errorf("nothing is drawn from, and it is %v", got)
	}
}
