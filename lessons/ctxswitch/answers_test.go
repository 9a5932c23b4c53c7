package ctxswitch_test

import (
	"iter"
	"slices"
	"testing"
	"time"

	"interleave/lessons/ctxswitch"
	"interleave/lessons/kit/check"
)

func TestHowMany(t *testing.T) {
	const ns = 850.0
	// The medians of the nine runs: 603.15 ms sequential, 924.05 ms with threads. The deck prints 588.41 and 856.66.
	blame := func(extra, cost, whole float64) ctxswitch.Blame {
		n := extra * 1e6 / cost
		return ctxswitch.Blame{Extra: time.Duration(extra * 1e6), Switches: n, Every: time.Duration(whole * 1e6 / n)}
	}
	perThread := blame(320.9, ns, 924.05)
	perThread.Switches /= 9
	const extra, number, apart = "the extra time", "the number of switches", "how far apart"
	proof := ctxswitch.HowMany(ns).Proof(t.Context(), max(100, check.Times()), blame(320.9, ns, 924.05),
		check.Mutant[ctxswitch.Blame]{Name: "the deck's numbers, which are the best runs", Answer: blame(856.66-588.41, ns, 856.66), Fails: extra},
		check.Mutant[ctxswitch.Blame]{Name: "the whole run", Answer: blame(924.05, ns, 924.05), Fails: extra},
		check.Mutant[ctxswitch.Blame]{Name: "nanoseconds taken for microseconds", Answer: blame(320.9, ns*1000, 924.05), Fails: number},
		check.Mutant[ctxswitch.Blame]{Name: "of one thread", Answer: perThread, Fails: number},
		check.Mutant[ctxswitch.Blame]{Name: "in the extra time only", Answer: blame(320.9, ns, 320.9), Fails: apart},
		check.Mutant[ctxswitch.Blame]{Name: "nothing", Fails: number},
	)
	t.Log(proof)
	if err := proof.Err(); err != nil {
		t.Error(err)
	}
}

// sender makes batches, with its faults to choose.
func sender(size int, keepsRest, reuses bool) ctxswitch.Sender {
	return func(items iter.Seq[int], send func([]int)) {
		var batch []int
		for v := range items {
			if batch = append(batch, v); len(batch) == size {
				send(batch)
				if batch = nil; reuses {
					batch = batchOf(size)[:0]
				}
			}
		}
		if len(batch) > 0 && !keepsRest {
			send(batch)
		}
	}
}

// batchOf gives the same memory each time, as a sender does that clears its batch by batch[:0].
var batchOf = func() func(int) []int {
	shared := make([]int, 1024)
	return func(size int) []int { return shared[:size] }
}()

func TestAmortise(t *testing.T) {
	const all, stays, short, cheap = "every item arrives, once", "what was sent stays as it was", "no batch over 256", "at most a fifth of the cost"
	proof := ctxswitch.Amortise().Proof(t.Context(), check.Times(), sender(128, false, false),
		check.Mutant[ctxswitch.Sender]{Name: "the rest stays", Answer: sender(128, true, false), Fails: all},
		check.Mutant[ctxswitch.Sender]{Name: "one by one", Answer: sender(1, false, false), Fails: cheap},
		check.Mutant[ctxswitch.Sender]{Name: "two by two", Answer: sender(2, false, false), Fails: cheap},
		check.Mutant[ctxswitch.Sender]{Name: "the same memory again", Answer: sender(128, false, true), Fails: stays},
		check.Mutant[ctxswitch.Sender]{Name: "all at once", Fails: short, Answer: func(items iter.Seq[int], send func([]int)) {
			send(slices.Collect(items))
		}},
	)
	t.Log(proof)
	if err := proof.Err(); err != nil {
		t.Error(err)
	}
}
