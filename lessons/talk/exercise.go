package talk

import (
	"context"
	"fmt"
	"slices"

	"interleave/lessons/kit/check"
	"interleave/lessons/kit/measure"
)

// Rank is the place of the deck's number among the nine runs of a program, from the better end: 1 is the best run.
// It is 0 for a number that is none of them.
func Rank(p Program) int {
	deck, ok := Printed(p)
	if !ok || !deck.Recorded {
		return 0
	}
	values := slices.Sorted(slices.Values(Values(p)))
	if p.Workload.MoreIsBetter() {
		slices.Reverse(values)
	}
	return slices.Index(values, deck.Value) + 1
}

// SelectionRule is the exercise to find out which of the nine runs the deck prints. The answer is a rank for each of
// [Programs], as [Rank] defines it.
func SelectionRule() check.Exercise[[]int] {
	e := check.Exercise[[]int]{
		Name: "the deck's selection rule",
		Task: "For each of the nine programs, in the order of the talk: which of its nine runs does the slide print, counted from the best? 0 if it is none of them.",
	}
	for i, p := range Programs() {
		e.Checks = append(e.Checks, check.Check[[]int]{Name: p.String(), Kind: check.Value, Try: func(_ context.Context, ranks []int) error {
			if len(ranks) != len(programs) {
				return fmt.Errorf("give %d ranks, not %d", len(programs), len(ranks))
			}
			if want := Rank(p); ranks[i] != want {
				deck, _ := Printed(p)
				return check.Show(Values(p), "rank %d is not where the slide's %g %s stands among these:", ranks[i], deck.Value, p.Workload.Unit())
			}
			return nil
		}})
	}
	return e
}

// Test is an answer to [PValue]: the two-sided p-value of the hypothesis that two samples are of one distribution.
type Test func(a, b []float64) float64

// PValue is the exercise to reproduce the comparison of asyncio with sequential.
func PValue() check.Exercise[Test] {
	io := func(m Model) Program { return Program{IO, m} }
	near := func(name string, other Model, from, to float64) check.Check[Test] {
		return check.Check[Test]{Name: name, Kind: check.Value, Try: func(_ context.Context, test Test) error {
			c, err := measure.Compare(Sample(io(Sequential)), Sample(io(other)))
			if err != nil {
				return err
			}
			p := test(Values(io(Sequential)), Values(io(other)))
			if !(p >= from && p <= to) {
				return fmt.Errorf("your p is %.5g; benchmath's is %.5g", p, c.P)
			}
			return nil
		}}
	}
	return check.Exercise[Test]{
		Name: "reproduce p = 0.30",
		Task: "Write a function that gives the two-sided p-value of the Mann-Whitney U test, or of shuffling the labels of its rank sum.",
		Checks: []check.Check[Test]{
			near("asyncio against sequential: p is about 0.30", Asyncio, 0.26, 0.34),
			near("threading against sequential: p is below 0.001", Threading, 0, 0.001),
			{Name: "the order of the samples does not matter", Kind: check.Value, Try: func(_ context.Context, test Test) error {
				a, b := Values(io(Sequential)), Values(io(Asyncio))
				if p, q := test(a, b), test(b, a); p-q > 0.04 || q-p > 0.04 {
					return fmt.Errorf("p is %.5g one way and %.5g the other", p, q)
				}
				return nil
			}},
			{Name: "a sample against itself: p is 1, or nearly", Kind: check.Value, Try: func(_ context.Context, test Test) error {
				a := Values(io(Sequential))
				if p := test(a, a); p < 0.9 || p > 1.1 {
					return fmt.Errorf("your p is %.5g: a sample does not differ from itself", p)
				}
				return nil
			}},
		},
	}
}
