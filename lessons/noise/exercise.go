package noise

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"interleave/lessons/kit/check"
	"interleave/lessons/kit/measure"
)

// Interval is an answer to [Median]: the median of the values and an interval of at least 95 % for it, whose ends
// are two of the values.
type Interval func(values []float64) (median, lo, hi float64)

// sets are the values on which intervals are compared. The skewed ones tell a median from a mean.
var sets = []struct {
	name   string
	values []float64
}{
	{"ten, in no order", []float64{9, 2, 7, 4, 1, 8, 3, 10, 6, 5}},
	{"nine with a long tail", []float64{1, 2, 3, 4, 5, 6, 7, 8, 900}},
	{"six", []float64{3, 1, 4, 1.5, 9, 2.6}},
	{"twenty, skewed", []float64{1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2, 2.5, 3, 4, 5, 8, 13, 21, 34, 55}},
}

// Median is the exercise to write a median with its order-statistic interval.
func Median() check.Exercise[Interval] {
	each := func(try func(values []float64, name string, want measure.Summary, m, lo, hi float64) error) func(context.Context, Interval) error {
		return func(_ context.Context, answer Interval) error {
			for _, set := range sets {
				want, err := measure.Summarize(set.values)
				if err != nil {
					return err
				}
				m, lo, hi := answer(slices.Clone(set.values))
				if err := try(set.values, set.name, want, m, lo, hi); err != nil {
					return err
				}
			}
			return nil
		}
	}
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
	return check.Exercise[Interval]{
		Name: "median and interval",
		Task: "Write a function that gives the median and the narrowest pair of order statistics, as far from one end as from the other, that contains the true median with at least 95 %.",
		Checks: []check.Check[Interval]{
			{Name: "the median", Kind: check.Value, Try: each(func(values []float64, name string, want measure.Summary, m, _, _ float64) error {
				if !near(m, want.Median) {
					return check.Show(values, "%s: the median is %v, not %v", name, want.Median, m)
				}
				return nil
			})},
			{Name: "the interval", Kind: check.Value, Try: each(func(values []float64, name string, want measure.Summary, _, lo, hi float64) error {
				if !near(lo, want.Lo) || !near(hi, want.Hi) {
					return check.Show(values, "%s: benchmath gives [%v, %v], not [%v, %v]", name, want.Lo, want.Hi, lo, hi)
				}
				return nil
			})},
			{Name: "the values stay as they are", Kind: check.Value, Try: func(_ context.Context, answer Interval) error {
				values := slices.Clone(sets[0].values)
				answer(values)
				if !slices.Equal(values, sets[0].values) {
					return check.Show(values, "the caller's slice was changed: sort a copy")
				}
				return nil
			}},
		},
	}
}

// Cards are four machine cards, of runs that should have kept two CPUs busy (the second: one) for a second.
func Cards() []measure.Card {
	card := func(stall, steal time.Duration, avg10, used, expected float64) measure.Card {
		c := measure.Card{GoVersion: "go1.26.8", OS: "linux", Arch: "amd64", Cores: 2, GOMAXPROCS: 2, Load1: 1}
		c.Wall, c.Stall, c.Steal = time.Second, stall, steal
		c.CPU, c.CPUKnown = time.Duration(used*float64(time.Second)), true
		c.Before, c.After = measure.Pressure{Avg10: 0.2}, measure.Pressure{Avg10: avg10, Total: stall}
		c.Uses = []measure.Use{{Variant: "job", Used: used, Expected: expected}}
		return c
	}
	ms := time.Millisecond
	return []measure.Card{
		card(3*ms, 0, 0.4, 1.98, 2),
		card(420*ms, 0, 38, 0.61, 1),
		card(9*ms, 0, 1.1, 1.02, 2),
		card(8*ms, 240*ms, 0.9, 1.97, 2),
	}
}

// Noisy is the exercise to judge the four cards. The answer says of each whether it is noisy.
func Noisy() check.Exercise[[]bool] {
	one := func(i int) check.Check[[]bool] {
		return check.Check[[]bool]{Name: fmt.Sprint("card ", i+1), Kind: check.Value, Try: func(_ context.Context, answer []bool) error {
			if len(answer) != len(Cards()) {
				return fmt.Errorf("give %d answers", len(Cards()))
			}
			card := Cards()[i]
			if v := card.Verdict(); v.Noisy != answer[i] {
				return check.Show(card, "this card is %s", v)
			}
			return nil
		}}
	}
	return check.Exercise[[]bool]{
		Name: "quiet or noisy?", Task: "Which of the four runs are noisy?",
		Checks: []check.Check[[]bool]{one(0), one(1), one(2), one(3)},
	}
}
