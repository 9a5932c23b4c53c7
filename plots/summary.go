package plots

import (
	"fmt"
	"math"
	"slices"

	"interleave/plots/stats"
)

// Group is the measurements of one variant.
type Group struct {
	Name   string
	Values []float64
	// Rings are numbers said elsewhere about this variant, such as those on a slide, drawn hollow and not counted.
	Rings []float64
}

// summary words a stats.Summary for charts. Below stats.MinRuns values no interval is drawn.
type summary struct{ stats.Summary }

func summarize(values []float64) summary { return summary{stats.Summarize(values)} }

func (s summary) String() string {
	if !s.Claimed {
		return fmt.Sprintf("median %s, no interval (n=%d)", number(s.Median), s.N)
	}
	return fmt.Sprintf("median %s [%s, %s], n=%d", number(s.Median), number(s.Lo), number(s.Hi), s.N)
}

// cells writes n, median, lower and upper bound for a data table.
func (s summary) cells() []string {
	if !s.Claimed {
		return []string{fmt.Sprint(s.N), number(s.Median), "not claimed", "not claimed"}
	}
	return []string{fmt.Sprint(s.N), number(s.Median), number(s.Lo), number(s.Hi)}
}

// note is the caption's statement about a set of summaries.
func note(list []summary) string {
	lo, hi := math.MaxInt, 0
	level, few := 1.0, false
	for _, s := range list {
		lo, hi = min(lo, s.N), max(hi, s.N)
		if s.Claimed {
			level = min(level, s.Confidence)
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
