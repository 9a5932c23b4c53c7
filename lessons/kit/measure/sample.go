package measure

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"golang.org/x/perf/benchmath"

	"interleave/plots/stats"
)

// Confidence is the level of every interval of this package. The level that a sample's size really gives is at
// least this; see [Summary.Confidence].
const Confidence = stats.Confidence

// MinRuns is the smallest number of values that has a 95 % order-statistic interval of the median: with n values
// the widest interval, from the smallest to the largest, covers the median with probability 1 - 2^(1-n).
const MinRuns = stats.MinRuns

// Errors of this package. They are wrapped with the name of the sample concerned.
var (
	ErrEmpty     = errors.New("no values")
	ErrNotFinite = errors.New("value is NaN or infinite")
)

// Sample is the measurements of one variant. The zero value is an empty sample.
type Sample struct {
	Name   string
	Unit   string    // of Values, such as "ms" or "k ops/s"
	Values []float64 // in the order in which they were taken
	// Readings tells what the machine did during each value; nil, or as long as Values.
	Readings []Reading
}

// Summary is the median of n values and, if Claimed, an interval that contains the true median with at least
// the level Confidence.
type Summary stats.Summary

// Summarize computes the summary of values and leaves them as they are. It returns [ErrEmpty] or [ErrNotFinite].
func Summarize(values []float64) (Summary, error) {
	if err := check(values); err != nil {
		return Summary{}, err
	}
	return Summary(stats.Summarize(values)), nil
}

// Summary is [Summarize] of the sample's values.
func (s Sample) Summary() (Summary, error) {
	sum, err := Summarize(s.Values)
	if err != nil {
		return sum, fmt.Errorf("sample %q: %w", s.Name, err)
	}
	return sum, nil
}

// String writes the summary as "603.15 [597.21, 630.80] n=9", and says so when no interval is claimed.
func (s Summary) String() string {
	if !s.Claimed {
		return fmt.Sprintf("%s (no interval: n=%d < %d)", Format(s.Median), s.N, MinRuns)
	}
	return fmt.Sprintf("%s [%s, %s] n=%d", Format(s.Median), Format(s.Lo), Format(s.Hi), s.N)
}

// CV returns the coefficient of variation of values: standard deviation over mean, without unit. The deviation
// is that of the values themselves (divisor n, as IPython's %timeit prints it): a measure of spread, no claim about
// a distribution. It returns NaN for fewer than two values.
func CV(values []float64) float64 {
	n := float64(len(values))
	if n < 2 {
		return math.NaN()
	}
	mean := 0.0
	for _, v := range values {
		mean += v / n
	}
	sum := 0.0
	for _, v := range values {
		sum += (v - mean) * (v - mean)
	}
	return math.Sqrt(sum/n) / mean
}

// Bootstrap returns the percentile interval of the median at level [Confidence], from resamples drawn with
// replacement by a generator seeded with seed. It is for setting beside the order-statistic interval, which
// needs no resampling and which every other function here uses.
// (Efron, Tibshirani: An Introduction to the Bootstrap, 1993, chapter 13.)
func Bootstrap(values []float64, resamples int, seed uint64) (lo, hi float64, err error) {
	if err := check(values); err != nil {
		return 0, 0, err
	}
	if resamples < 100 {
		return 0, 0, fmt.Errorf("bootstrap with %d resamples: need at least 100", resamples)
	}
	random := rand.New(rand.NewPCG(seed, 0))
	medians := make([]float64, resamples)
	draw := make([]float64, len(values))
	for i := range medians {
		for j := range draw {
			draw[j] = values[random.IntN(len(values))]
		}
		slices.Sort(draw)
		medians[i] = (draw[(len(draw)-1)/2] + draw[len(draw)/2]) / 2
	}
	slices.Sort(medians)
	tail := int(float64(resamples) * (1 - Confidence) / 2)
	return medians[tail], medians[resamples-1-tail], nil
}

// Format writes a value with enough digits to compare runs and not more: four significant ones.
func Format(v float64) string {
	switch abs := math.Abs(v); {
	case v == 0 || abs >= 1e6 || abs < 1e-4:
		return strconv.FormatFloat(v, 'g', 4, 64)
	case abs >= 1000:
		return strconv.FormatFloat(v, 'f', 0, 64)
	default:
		digits := 3 - int(math.Floor(math.Log10(abs)))
		return strconv.FormatFloat(v, 'f', digits, 64)
	}
}

func check(values []float64) error {
	if len(values) == 0 {
		return ErrEmpty
	}
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("value %d is %v: %w", i+1, v, ErrNotFinite)
		}
	}
	return nil
}

// newSample copies values, because benchmath sorts what it is given.
func newSample(values []float64) *benchmath.Sample {
	thresholds := benchmath.DefaultThresholds
	return benchmath.NewSample(slices.Clone(values), &thresholds)
}
