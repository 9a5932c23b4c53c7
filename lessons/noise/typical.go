package noise

import (
	"math/rand/v2"
	"slices"
)

// draws is how many samples [Typical] draws.
const draws = 1000

// Typical is what a statistic of n values says as a rule: the median of what stat says of 1,000 samples of n, each value drawn
// from all of values with the same chance. The samples are the same at each call. stat may change its argument; values stay
// as they are. With no values or n below 1 it is 0.
func Typical(values []float64, n int, stat func([]float64) float64) float64 {
	if len(values) == 0 || n < 1 {
		return 0
	}
	random := rand.New(rand.NewPCG(1, uint64(n)))
	said, sample := make([]float64, draws), make([]float64, n)
	for i := range said {
		for j := range sample {
			sample[j] = values[random.IntN(len(values))]
		}
		said[i] = stat(sample)
	}
	slices.Sort(said)
	return said[draws/2]
}
