package race

import (
	"context"
	_ "embed" // the program around the answer
	"errors"

	"interleave/lessons/kit/check"
	"interleave/lessons/kit/child"
	"interleave/lessons/kit/schedule"
)

// Payment is an answer to [Repair]: the same repair, for the machine and in Go.
type Payment struct {
	// Steps is what a customer does to pay 10 into the variable shop, in the step language.
	Steps string
	// Go declares a type Shop with methods Pay(amount int) and Money() int, ready as its zero value and safe
	// for concurrent use.
	Go string
}

// Repair is the exercise to pay into the shop without losing money.
func Repair() check.Exercise[Payment] {
	return check.Exercise[Payment]{
		Name: "repair the payment",
		Task: "Two customers pay into one shop. Repair the steps so that no schedule loses money and none deadlocks; then write the same in Go so that the race detector is silent.",
		Checks: []check.Check[Payment]{
			{Name: "one customer alone pays 10", Kind: check.Value, Try: alone},
			{Name: "every schedule ends", Kind: check.Interleaved, Try: ends},
			{Name: "no schedule loses money", Kind: check.Interleaved, Try: keeps},
			{Name: "the Go version compiles", Kind: check.Value, Try: func(ctx context.Context, a Payment) error { return cashier(a).Compiles(ctx) }},
			{Name: "the race detector is silent", Kind: check.RaceClean, Try: func(ctx context.Context, a Payment) error { return cashier(a).RaceFree(ctx) }},
			{Name: "the Go version keeps the money", Kind: check.Value, Try: func(ctx context.Context, a Payment) error { return cashier(a).Prints(ctx) }},
		},
	}
}

// customers is a program of so many customers with the answer's steps.
func customers(threads, steps, want string) (*schedule.Program, error) {
	p, err := schedule.Parse("var shop = 0; threads " + threads + "\n" + steps + "\nensure shop == " + want)
	var s *schedule.SyntaxError
	if errors.As(err, &s) {
		s.Line-- // of the heading that the learner does not see
	}
	return p, err
}

func alone(_ context.Context, a Payment) error {
	p, err := customers("1", a.Steps, "10")
	if err != nil {
		return err
	}
	if r := p.Enumerate(schedule.Limits{Schedules: 1000}); r.Shortest != nil {
		return check.Show(r.Shortest, "with nobody else about: %s", r.Shortest.Reason)
	}
	return nil
}

// both runs every schedule of two customers.
func both(a Payment) (*schedule.Result, error) {
	p, err := customers("2", a.Steps, "20")
	if err != nil {
		return nil, err
	}
	return p.Enumerate(schedule.Limits{Schedules: 100_000}), nil
}

func ends(_ context.Context, a Payment) error {
	r, err := both(a)
	if err != nil {
		return err
	}
	for _, o := range r.Outcomes {
		if o.End != schedule.Deadlock && o.End != schedule.Limit {
			continue
		}
		p, _ := customers("2", a.Steps, "20")
		run, err := p.Replay(o.First.String())
		if err != nil {
			return err
		}
		return check.Show(run, "%d of %d schedules end in: %s %s", o.Count, r.Schedules, o.Text, run.Reason)
	}
	return nil
}

func keeps(_ context.Context, a Payment) error {
	r, err := both(a)
	if err != nil {
		return err
	}
	if r.Failing() > 0 {
		return check.Show(r, "%d of %d schedules fail", r.Failing(), r.Schedules)
	}
	return nil
}

//go:embed cashier/main.go
var cashierSource string

// cashier is the program that pays concurrently into the answer's shop.
func cashier(a Payment) check.Program {
	return check.Program{
		Command: child.Command{Name: "cashier", Source: cashierSource, Files: map[string]string{"answer.go": check.Go(a.Go)}},
		Want:    "2000 of 2000",
	}
}
