package measure

import (
	"fmt"
	"math"
	"slices"

	"golang.org/x/perf/benchmath"
)

// Alpha is the level below which a p-value counts as a difference.
const Alpha = 0.05

// Comparison tells whether another sample differs from a base.
type Comparison struct {
	Base, Other string
	Ratio       float64 // median of Other / median of Base
	P           float64 // Mann-Whitney U, two-sided
	Adjusted    float64 // P after Holm's correction over the comparisons made together
	Significant bool    // Adjusted < Alpha
	NBase       int
	NOther      int
	Warnings    []string // such as too few values for any difference to show
}

// Compare compares two samples. It returns [ErrEmpty] or [ErrNotFinite], wrapped.
func Compare(base, other Sample) (Comparison, error) {
	all, err := CompareAll(base, other)
	if err != nil {
		return Comparison{}, err
	}
	return all[0], nil
}

// CompareAll compares each of others with base, corrects the p-values by [Holm], and returns the comparisons in
// the order of others.
func CompareAll(base Sample, others ...Sample) ([]Comparison, error) {
	center, err := base.Summary()
	if err != nil {
		return nil, err
	}
	list := make([]Comparison, len(others))
	p := make([]float64, len(others))
	for i, other := range others {
		sum, err := other.Summary()
		if err != nil {
			return nil, err
		}
		got := benchmath.AssumeNothing.Compare(newSample(base.Values), newSample(other.Values))
		list[i] = Comparison{
			Base: base.Name, Other: other.Name, Ratio: sum.Median / center.Median,
			P: got.P, NBase: got.N1, NOther: got.N2,
		}
		for _, w := range got.Warnings {
			list[i].Warnings = append(list[i].Warnings, w.Error())
		}
		p[i] = got.P
	}
	for i, adjusted := range Holm(p) {
		list[i].Adjusted = adjusted
		list[i].Significant = adjusted < Alpha
	}
	return list, nil
}

// Holm returns p-values adjusted for having been computed together, in the order given: the k-th smallest of m is
// multiplied by m-k+1, never falls below the one before it, and never exceeds 1.
// (Holm: A Simple Sequentially Rejective Multiple Test Procedure, 1979.)
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return 0
	})
	adjusted := make([]float64, len(p))
	floor := 0.0
	for k, i := range order {
		floor = max(floor, min(1, p[i]*float64(len(p)-k)))
		adjusted[i] = floor
	}
	return adjusted
}

// Delta writes the difference of the medians in percent, or "~" when none was shown.
func (c Comparison) Delta() string {
	if !c.Significant {
		return "~"
	}
	return fmt.Sprintf("%+.1f %%", (c.Ratio-1)*100)
}

// String writes the comparison as "asyncio vs sequential: ~ (p=0.30, n=9+9)".
func (c Comparison) String() string {
	return fmt.Sprintf("%s vs %s: %s (%s, n=%d+%d)", c.Other, c.Base, c.Delta(), FormatP(c.Adjusted), c.NBase, c.NOther)
}

// FormatP writes a p-value with two digits after the point, more when it is small, and "p<0.0001" below that.
func FormatP(p float64) string {
	switch {
	case p < 0.0001:
		return "p<0.0001"
	case p < 0.01:
		return fmt.Sprintf("p=%.4f", p)
	case p < 0.1:
		return fmt.Sprintf("p=%.3f", p)
	}
	return fmt.Sprintf("p=%.2f", p)
}

// Ratios divides the values of other by those of base, round by round, and summarizes the quotients. In samples
// from [Interleave] the values of one round are neighbours in time, so the quotient is free of slow drift; the
// interval is the order-statistic interval of the median quotient. Samples of unequal length, or a base with a
// value that is zero, are an error.
func Ratios(base, other Sample) (Summary, error) {
	if len(base.Values) != len(other.Values) {
		return Summary{}, fmt.Errorf("ratio %s/%s: %d and %d values: not taken in the same rounds",
			other.Name, base.Name, len(other.Values), len(base.Values))
	}
	quotients := make([]float64, len(base.Values))
	for i, b := range base.Values {
		quotients[i] = other.Values[i] / b
	}
	sum, err := Summarize(quotients)
	if err != nil {
		return sum, fmt.Errorf("ratio %s/%s: %w", other.Name, base.Name, err)
	}
	return sum, nil
}

// Outcome is the answer to "is it at least this much?".
type Outcome string

const (
	Holds        Outcome = "holds"        // the whole interval is on the claimed side
	Fails        Outcome = "fails"        // the whole interval is on the other side
	Inconclusive Outcome = "inconclusive" // the bound lies in the interval, or there is none, or the run was noisy
)

// AtLeast answers whether the median is at least bound. The verdict of the machine card comes along, because a
// noisy run can neither confirm nor refute.
func (s Summary) AtLeast(bound float64, v Verdict) Outcome { return s.Between(bound, math.Inf(1), v) }

// Between answers whether the median is at least low and at most high; the rest is as with [Summary.AtLeast].
func (s Summary) Between(low, high float64, v Verdict) Outcome {
	switch {
	case v.Noisy || !s.Claimed || math.IsNaN(low) || math.IsNaN(high):
		return Inconclusive
	case s.Lo >= low && s.Hi <= high:
		return Holds
	case s.Hi < low || s.Lo > high:
		return Fails
	}
	return Inconclusive
}
