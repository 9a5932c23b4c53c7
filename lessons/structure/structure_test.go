package structure_test

import (
	"slices"
	"testing"
	"time"

	"interleave/lessons/structure"
)

// TestCompare holds what is true however busy the machine is: the order of the steps, and who ran on which P.
func TestCompare(t *testing.T) {
	size := structure.Size{Runs: 3, Tasks: 2, Steps: 4, Step: time.Millisecond}
	results, err := structure.Compare(t.Context(), size)
	if err != nil || len(results) != 3 {
		t.Fatal(results, err)
	}
	for _, r := range results {
		t.Logf("%-18s %v ms, switches %d %s", r.Execution, r.Milliseconds(), r.Switches(), r.Note)
		if len(r.Walls) != 3 || len(r.Dots) != 8 || r.Timeline.Lane("task 1") == nil || r.Timeline.Lane("task 2") == nil {
			t.Errorf("%+v", r)
		}
		for _, d := range r.Dots {
			if d.End <= d.Start {
				t.Errorf("%s: %+v", r.Execution, d)
			}
		}
	}
	if n := results[0].Switches(); n != 1 {
		t.Errorf("sequential switches %d times", n)
	}
	if n := results[1].Switches(); n < 3 {
		t.Errorf("concurrent on one P switches %d times", n)
	}
	overlap := func(dots []structure.Dot) bool {
		return slices.ContainsFunc(dots, func(a structure.Dot) bool {
			return slices.ContainsFunc(dots, func(b structure.Dot) bool { return a.Task != b.Task && a.Start < b.Start && b.Start < a.End })
		})
	}
	if overlap(results[0].Dots) {
		t.Error("sequential steps overlap")
	}
}

func TestPrimes(t *testing.T) {
	if got := structure.Primes(10); !slices.Equal(got, []int{2, 3, 5, 7, 11, 13, 17, 19, 23, 29}) {
		t.Error(got)
	}
	runs, err := structure.Sieve(t.Context(), 50, 2, 1, 2)
	if err != nil || len(runs) != 2 || len(runs[1].MS) != 2 || runs[1].Procs != 2 {
		t.Error(runs, err)
	}
}
