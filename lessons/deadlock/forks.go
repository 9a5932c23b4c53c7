package deadlock

import (
	"context"

	"interleave/lessons/kit/check"
	"interleave/lessons/kit/schedule"
)

// Forks is an answer to [OrderForks]: which fork philosopher i of n takes first, and which then. His left fork has
// the number i, his right one i+1, and after the last comes 0.
type Forks func(i, n int) (one, other int)

// OrderForks is the exercise to seat philosophers so that nobody waits for ever.
func OrderForks() check.Exercise[Forks] {
	return check.Exercise[Forks]{
		Name: "order the forks",
		Task: "Say which fork philosopher i of n takes first, and which second, so that no schedule deadlocks. Lower number first is taken.",
		Checks: []check.Check[Forks]{
			{Name: "everybody takes his own two forks", Kind: check.Value, Try: ownForks},
			{Name: "by a rule that is not lower number first", Kind: check.Value, Try: ownRule},
			{Name: "no schedule deadlocks", Kind: check.Interleaved, Try: func(_ context.Context, f Forks) error {
				for n := 2; n <= 3; n++ {
					r := Philosophers(n, f).Enumerate(schedule.Limits{})
					if r.Failing() > 0 {
						return check.Show(r.Shortest, "%d philosophers: %d of %d schedules deadlock, such as %s",
							n, r.Failing(), r.Schedules, r.Shortest.Schedule)
					}
				}
				return nil
			}},
			{Name: "nor one of 2,000 drawn for five", Kind: check.Interleaved, Try: func(_ context.Context, f Forks) error {
				if r := Philosophers(5, f).Sample(2000, 1); r.Failing() > 0 {
					return check.Show(r.Shortest, "%d of %d drawn schedules deadlock", r.Failing(), r.Schedules)
				}
				return nil
			}},
		},
	}
}

func ownForks(_ context.Context, f Forks) error {
	for n := 2; n <= 5; n++ {
		for i := range n {
			one, other := f(i, n)
			left, right := LeftFirst(i, n)
			if (one != left || other != right) && (one != right || other != left) {
				return check.Show(nil, "philosopher %d of %d has the forks %d and %d, not %d and %d", i, n, left, right, one, other)
			}
		}
	}
	return nil
}

func ownRule(_ context.Context, f Forks) error {
	for n := 2; n <= 5; n++ {
		for i := range n {
			one, other := f(i, n)
			if low, high := LowFirst(i, n); one != low || other != high {
				return nil
			}
		}
	}
	return check.Show(nil, "everybody takes the lower number first; another rule makes another order, without a circle")
}
