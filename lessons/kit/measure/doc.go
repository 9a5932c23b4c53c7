// Package measure turns repeated runs into statements that can be defended: medians with intervals, comparisons
// with p-values, and a card that says on which machine, and in whose company, the numbers were taken.
//
// A measurement is planned as variants. [Interleave] runs them in turn, A B C A B C, so that a slow minute of the
// machine hits every variant alike; the first round warms up and is dropped. Nothing else is ever dropped: a run
// on a busy machine is labelled NOISY by [Card.Verdict] and kept.
//
// The statistics are those of benchstat, computed by golang.org/x/perf/benchmath: the median with its
// order-statistic interval and the Mann-Whitney U test. No distribution is assumed and no outlier removed.
// Fewer than [MinRuns] values carry no 95 % interval, and then none is claimed.
//
// The package knows nothing of charts or notebooks; it returns data and prints nothing. It starts no goroutine:
// progress and settling happen on the goroutine of the caller.
package measure
