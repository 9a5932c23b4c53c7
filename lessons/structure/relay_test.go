package structure_test

import (
	"testing"

	"interleave/lessons/kit/check"
	"interleave/lessons/structure"
)

func TestPredictRelay(t *testing.T) {
	const order = "in the order of the baton"
	err := structure.PredictRelay().Prove(t.Context(), max(100, check.Times()), []int{1, 3, 2, 1, 3, 2},
		check.Mutant[[]int]{Name: "as they were started", Answer: []int{1, 2, 3, 1, 2, 3}, Fails: order},
		check.Mutant[[]int]{Name: "each to its end", Answer: []int{1, 1, 3, 3, 2, 2}, Fails: order},
		check.Mutant[[]int]{Name: "last started first", Answer: []int{3, 1, 2, 3, 1, 2}, Fails: order},
		check.Mutant[[]int]{Name: "one round", Answer: []int{1, 3, 2}, Fails: "six steps"},
	)
	if err != nil {
		t.Error(err)
	}
}
