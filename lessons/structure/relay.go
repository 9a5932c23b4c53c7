package structure

import (
	"context"
	"slices"
	"sync"

	"interleave/lessons/kit/check"
)

// relayNext says to whom each of three goroutines passes the baton.
var relayNext = [...]int{1: 3, 2: 1, 3: 2}

// Relay lets three goroutines take steps in the order in which they pass one baton, two rounds, beginning with
// goroutine 1, and returns who took each step. Only who has the baton can go on, so the order is the same on every
// machine and at every GOMAXPROCS: the structure is concurrent, and nothing of it can run in parallel.
func Relay() []int {
	var baton [4]chan int // by goroutine, from 1; the value is how many steps are left
	for i := range baton {
		baton[i] = make(chan int, 1)
	}
	var order []int // touched only by who has the baton
	var wg sync.WaitGroup
	for me := 1; me <= 3; me++ {
		wg.Go(func() {
			for range 2 {
				left := <-baton[me]
				order = append(order, me)
				if left > 1 {
					baton[relayNext[me]] <- left - 1
				}
			}
		})
	}
	baton[1] <- 6
	wg.Wait()
	return order
}

// PredictRelay is the exercise to say, from the code of [Relay], who takes each step.
func PredictRelay() check.Exercise[[]int] {
	return check.Exercise[[]int]{
		Name: "predict the order",
		Task: "Goroutine 1 passes the baton to 3, 3 to 2, and 2 to 1. Who takes each of the six steps?",
		Checks: []check.Check[[]int]{
			{Name: "six steps", Kind: check.Value, Try: func(_ context.Context, answer []int) error {
				if len(answer) != 6 {
					return check.Show(nil, "%d steps were given", len(answer))
				}
				return nil
			}},
			{Name: "in the order of the baton", Kind: check.Value, Try: func(_ context.Context, answer []int) error {
				if ran := Relay(); !slices.Equal(ran, answer) {
					return check.Show(ran, "you said %v; it has just run as:", answer)
				}
				return nil
			}},
		},
	}
}
