package talk_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"interleave/lessons/kit/check"
	"interleave/lessons/talk"
)

func TestSelectionRule(t *testing.T) {
	proof := talk.SelectionRule().Proof(t.Context(), check.Times(), []int{2, 1, 2, 1, 0, 1, 1, 1, 1},
		check.Mutant[[]int]{Name: "always the best", Answer: []int{1, 1, 1, 1, 1, 1, 1, 1, 1}, Fails: "cpu sequential"},
		check.Mutant[[]int]{Name: "always the median", Answer: []int{5, 5, 5, 5, 5, 5, 5, 5, 5}, Fails: "io asyncio"},
		check.Mutant[[]int]{Name: "more is better, for times too", Answer: []int{2, 1, 2, 1, 0, 9, 9, 9, 9}, Fails: "io sequential"},
		check.Mutant[[]int]{Name: "the pool's number among its runs", Answer: []int{2, 1, 2, 1, 1, 1, 1, 1, 1}, Fails: "cpu multiprocessing-pool"},
		check.Mutant[[]int]{Name: "no answer", Answer: nil, Fails: "io asyncio"},
	)
	t.Log(proof)
	if err := proof.Err(); err != nil {
		t.Error(err)
	}
}

// shuffled is a test by shuffling the labels: how often is the statistic at least as far from its middle?
func shuffled(a, b []float64, extreme func(a, b []float64) float64) float64 {
	all := slices.Concat(a, b)
	r := rand.New(rand.NewPCG(1, 2))
	seen, hits := extreme(a, b), 0
	const n = 4000
	for range n {
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if extreme(all[:len(a)], all[len(a):]) >= seen-1e-9 {
			hits++
		}
	}
	return float64(hits) / n
}

// u is how far U is from its middle, upwards.
func u(a, b []float64) float64 {
	sum := 0.0
	for _, x := range a {
		for _, y := range b {
			switch {
			case x > y:
				sum++
			case x == y:
				sum += 0.5
			}
		}
	}
	return sum - float64(len(a)*len(b))/2
}

func TestPValue(t *testing.T) {
	const asyncio, threading, itself = "asyncio against sequential: p is about 0.30", "threading against sequential: p is below 0.001", "a sample against itself: p is 1, or nearly"
	two := func(a, b []float64) float64 { return math.Abs(u(a, b)) }
	mean := func(a, b []float64) float64 {
		sum := 0.0
		for i := range a {
			sum += a[i] - b[i]
		}
		return math.Abs(sum)
	}
	proof := talk.PValue().Proof(t.Context(), check.Times(), func(a, b []float64) float64 { return shuffled(a, b, two) },
		check.Mutant[talk.Test]{Name: "one-sided", Answer: func(a, b []float64) float64 { return shuffled(a, b, u) }, Fails: asyncio},
		check.Mutant[talk.Test]{Name: "the means", Answer: func(a, b []float64) float64 { return shuffled(a, b, mean) }, Fails: asyncio},
		check.Mutant[talk.Test]{Name: "1 - p", Answer: func(a, b []float64) float64 { return 1 - shuffled(a, b, two) }, Fails: threading},
		check.Mutant[talk.Test]{Name: "the number itself", Answer: func(a, b []float64) float64 { return 0.3 }, Fails: itself},
	)
	t.Log(proof)
	if err := proof.Err(); err != nil {
		t.Error(err)
	}
}
