package camera

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"

	"interleave/lessons/kit/measure"
)

// Quantile is a quantile of values with its order-statistic interval: two of the values between which the true one
// lies with at least 95 %, if the values are independent draws. Requests of one second are not quite; n tells how
// many there were.
type Quantile struct {
	Q, Value float64
	Lo, Hi   float64 // if Claimed
	Claimed  bool    // false where n is too small for an interval of that quantile: 99 % needs 368
	N        int
}

// QuantileOf computes the quantile q, in 0 to 1, of values and leaves them as they are. Without values it is NaN.
func QuantileOf(values []float64, q float64) Quantile {
	r := Quantile{Q: q, N: len(values), Value: math.NaN()}
	if r.N == 0 {
		return r
	}
	sorted := slices.Sorted(slices.Values(values))
	r.Value = sorted[min(r.N-1, max(0, int(math.Ceil(float64(r.N)*q-1e-9))-1))]
	// As many values lie below the true quantile as a coin that shows heads with probability q does in n tosses.
	below := distuv.Binomial{N: float64(r.N), P: q}
	tail := (1 - measure.Confidence) / 2
	lo := sort.Search(r.N, func(k int) bool { return below.CDF(float64(k)) > tail })
	hi := sort.Search(r.N, func(k int) bool { return below.CDF(float64(k)) >= 1-tail }) + 1
	if lo >= 1 && hi <= r.N {
		r.Lo, r.Hi, r.Claimed = sorted[lo-1], sorted[hi-1], true
	}
	return r
}

// String is such as "p99 12.3 [10.1, 19.8] n=600".
func (r Quantile) String() string {
	if !r.Claimed {
		return fmt.Sprintf("p%g %s (no interval: n=%d)", 100*r.Q, measure.Format(r.Value), r.N)
	}
	return fmt.Sprintf("p%g %s [%s, %s] n=%d", 100*r.Q, measure.Format(r.Value), measure.Format(r.Lo), measure.Format(r.Hi), r.N)
}

// P99 is the 99th percentile of the round's latencies, in ms.
func (r Round) P99() float64 { return QuantileOf(r.Latencies, 0.99).Value }

// P99 is the 99th percentile of all rounds together.
func (r Run) P99() Quantile { return QuantileOf(r.Latencies(), 0.99) }
