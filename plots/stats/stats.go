// Package stats is the arithmetic that charts, lessons and the kernel share: the median of a sample with its interval,
// and the laws of scaling. It draws nothing and prints nothing.
package stats

import (
	"math"
	"slices"

	"golang.org/x/perf/benchmath"
)

// Confidence is the level of every interval of [Summarize]. The level that a sample's size really gives is at least
// this; see [Summary.Confidence].
const Confidence = 0.95

// MinRuns is the smallest number of values that has a 95 % order-statistic interval of the median: with n values
// the widest interval, from the smallest to the largest, covers the median with probability 1 - 2^(1-n).
const MinRuns = 6

// Summary is the median of n values and, if Claimed, an interval that contains the true median with at least
// the level Confidence.
type Summary struct {
	N          int
	Median     float64
	Lo, Hi     float64 // NaN unless Claimed
	Confidence float64 // 0 unless Claimed
	Claimed    bool    // false for fewer than MinRuns values
	Min, Max   float64
}

// Summarize computes the summary of values, which are at least one, by benchstat's method
// (golang.org/x/perf/benchmath). It leaves the values as they are.
func Summarize(values []float64) Summary {
	thresholds := benchmath.DefaultThresholds
	sample := benchmath.NewSample(slices.Clone(values), &thresholds) // which sorts what it is given
	got := benchmath.AssumeNothing.Summary(sample, Confidence)
	s := Summary{
		N: len(values), Median: got.Center, Lo: math.NaN(), Hi: math.NaN(),
		Min: sample.Values[0], Max: sample.Values[len(values)-1],
	}
	if len(values) >= MinRuns && !math.IsInf(got.Lo, 0) && !math.IsInf(got.Hi, 0) {
		s.Lo, s.Hi, s.Confidence, s.Claimed = got.Lo, got.Hi, got.Confidence, true
	}
	return s
}
