package race

import (
	"context"

	"interleave/lessons/kit/check"
	"interleave/lessons/kit/schedule"
)

// Booking sells the only seat to two customers. Every access to seats is under the lock, so the race detector is
// silent; what the customer has seen may be out of date when he acts on it.
func Booking() *schedule.Program {
	return schedule.MustParse(`
		var seats = 1
		mutex m
		threads 2
		  lock m
		  read seats
		  unlock m
		  if acc > 0
		    lock m
		    read seats
		    sub 1
		    write seats
		    unlock m
		  end
		ensure seats >= 0`)
}

// Oversell is the exercise to break [Booking] by being the scheduler. The answer is a schedule, as in "1 2 1 2".
func Oversell() check.Exercise[string] {
	return check.Exercise[string]{
		Name: "oversell",
		Task: "Both customers look before they book, and each access is under the lock. Choose a schedule that sells the one seat twice.",
		Checks: []check.Check[string]{
			{Name: "the schedule can be run", Kind: check.Value, Try: func(_ context.Context, s string) error {
				_, err := Booking().Replay(s)
				return err
			}},
			{Name: "it runs to the end", Kind: check.Value, Try: func(_ context.Context, s string) error {
				run, err := Booking().Replay(s)
				if err == nil && run.End == schedule.Running {
					return check.Show(run, "a thread can still take a step")
				}
				return err
			}},
			{Name: "it sells the seat twice", Kind: check.Interleaved, Try: func(_ context.Context, s string) error {
				run, err := Booking().Replay(s)
				if err == nil && run.Values["seats"] >= 0 {
					return check.Show(run, "seats = %d: nobody was cheated", run.Values["seats"])
				}
				return err
			}},
		},
	}
}
