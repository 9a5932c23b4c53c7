package plots

import (
	"fmt"
	"math"
	"slices"

	"golang.org/x/perf/benchmath"
)

// minRuns is the smallest n whose median has a 95 % order-statistic interval.
const minRuns = 6

// Group is the measurements of one variant.
type Group struct {
	Name   string
	Values []float64
	// Rings are numbers said elsewhere about this variant, such as those on a slide, drawn hollow and not counted.
	Rings []float64
}

// summary is the median and its interval, by benchstat's method (golang.org/x/perf/benchmath).
type summary struct {
	n          int
	median     float64
	lo, hi     float64
	confidence float64
	claimed    bool // false below minRuns values: then no interval is drawn
}

func summarize(values []float64) summary {
	thresholds := benchmath.DefaultThresholds
	got := benchmath.AssumeNothing.Summary(benchmath.NewSample(slices.Clone(values), &thresholds), 0.95)
	s := summary{n: len(values), median: got.Center}
	if len(values) >= minRuns && !math.IsInf(got.Lo, 0) && !math.IsInf(got.Hi, 0) {
		s.lo, s.hi, s.confidence, s.claimed = got.Lo, got.Hi, got.Confidence, true
	}
	return s
}

func (s summary) String() string {
	if !s.claimed {
		return fmt.Sprintf("median %s, no interval (n=%d)", number(s.median), s.n)
	}
	return fmt.Sprintf("median %s [%s, %s], n=%d", number(s.median), number(s.lo), number(s.hi), s.n)
}

// cells writes n, median, lower and upper bound for a data table.
func (s summary) cells() []string {
	if !s.claimed {
		return []string{fmt.Sprint(s.n), number(s.median), "not claimed", "not claimed"}
	}
	return []string{fmt.Sprint(s.n), number(s.median), number(s.lo), number(s.hi)}
}

// note is the caption's statement about a set of summaries.
func note(list []summary) string {
	lo, hi := math.MaxInt, 0
	level, few := 1.0, false
	for _, s := range list {
		lo, hi = min(lo, s.n), max(hi, s.n)
		if s.claimed {
			level = min(level, s.confidence)
		} else {
			few = true
		}
	}
	text := fmt.Sprintf("n = %d each", lo)
	if lo != hi {
		text = fmt.Sprintf("n = %d to %d", lo, hi)
	}
	switch {
	case level == 1:
		text += "; medians; fewer than 6 values carry no interval"
	case few:
		text += fmt.Sprintf("; medians, with %.1f %% intervals (order statistics) where n >= 6", level*100)
	default:
		text += fmt.Sprintf("; medians with %.1f %% intervals (order statistics)", level*100)
	}
	return text
}

func checkGroups(log bool, groups []Group) error {
	if len(groups) == 0 {
		return ErrEmpty
	}
	test := finite
	if log {
		test = positive
	}
	for _, g := range groups {
		if err := test(fmt.Sprintf("group %q", g.Name), g.Values...); err != nil {
			return err
		}
		if len(g.Rings) > 0 {
			if err := test(fmt.Sprintf("rings of group %q", g.Name), g.Rings...); err != nil {
				return err
			}
		}
	}
	return nil
}

// cloneGroups copies what New was given, so that later changes do not reach the chart.
func cloneGroups(groups []Group) []Group {
	list := slices.Clone(groups)
	for i := range list {
		list[i].Values = slices.Clone(list[i].Values)
		list[i].Rings = slices.Clone(list[i].Rings)
	}
	return list
}
