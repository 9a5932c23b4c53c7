// Package ctxswitch holds the experiments and exercises of notebook 10: what it costs to hand over from one task to
// another, when the tasks are coroutines, goroutines, threads or processes.
//
// [Measure] plays ping-pong in each way of [Ways] and gives nanoseconds per hand-off, one direction, with the
// number of context switches that the kernel itself counted for each: what a goroutine does, the kernel does not
// see. Threads are a C program ([ErrCompiler] if there is no compiler), processes a Go program, both pinned to
// one CPU, so that the other cannot start before this one sleeps; they need Linux ([ErrLinux]).
//
// What is measured is the direct cost. Caches that the other task has emptied come on top of it and depend on how
// much memory the tasks touch (Li, Ding and Shen: Quantifying the Cost of Context Switch, 2007).
//
// Experiments return data and print nothing. Their goroutines end before they return. Those that change
// GOMAXPROCS put it back, so they must not run at the same time as one another.
package ctxswitch

import (
	"context"
	"fmt"
	"math"
	"strings"

	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/pace"
)

// Size is how much an experiment does.
type Size struct {
	Rounds   int // kept ones
	HandOffs int // that one value is taken from; see [Way.HandOffs]
}

// DefaultSize is 11 rounds of 200,000 hand-offs; in fast mode 6 of 10,000. The cheapest ways do more, LockOSThread
// fewer.
func DefaultSize() Size {
	return Size{Rounds: pace.Pick(11, pace.MinRuns), HandOffs: pace.Pick(200_000, 10_000)}
}

// Costs is what hand-offs cost.
type Costs struct {
	measure.Result // a sample for each way, in ns per hand-off
	Ways           []Way
	Switches       map[string][]float64 // by way: the kernel's count of context switches per hand-off, by round
}

// Measure measures ways, all of them if none is given, in turn. A zero size stands for [DefaultSize].
func Measure(ctx context.Context, size Size, ways ...Way) (*Costs, error) {
	if size == (Size{}) {
		size = DefaultSize()
	}
	if len(ways) == 0 {
		ways = Ways()
	}
	const warmUp = 1
	c := &Costs{Ways: ways, Switches: map[string][]float64{}}
	var variants []measure.Variant
	for _, w := range ways {
		round := 0
		variants = append(variants, measure.Variant{Name: w.Name, CPUs: w.cpus, Run: func(ctx context.Context) (float64, error) {
			ns, switches, err := w.run(ctx, w.HandOffs(size))
			if round++; err == nil && round > warmUp {
				c.Switches[w.Name] = append(c.Switches[w.Name], switches)
			}
			return ns, err
		}})
	}
	// Two threads on one CPU wait for it by design.
	r, err := measure.Interleave(ctx, measure.Plan{Rounds: size.Rounds, WarmUp: warmUp, Unit: "ns", Collect: true, Crowded: true}, variants...)
	if r != nil {
		c.Result = *r
	}
	if err != nil {
		return c, fmt.Errorf("ctxswitch: %w", err)
	}
	return c, nil
}

// PerHandOff is the median of the kernel's context switches per hand-off of a way; NaN if it was not measured.
func (c *Costs) PerHandOff(name string) float64 {
	s, err := measure.Summarize(c.Switches[name])
	if err != nil {
		return math.NaN()
	}
	return s.Median
}

// Rows tells of each way what one hand-off includes and what was measured: a header and rows. Medians come with their
// interval.
func (c *Costs) Rows() (header []string, rows [][]string) {
	n := 0
	for i, w := range c.Ways {
		row := []string{w.Name, w.Between, w.Includes, "not measured", "not measured"}
		if s, err := measure.Summarize(c.Samples[i].Values); err == nil {
			n = s.N
			row[3], row[4] = strings.TrimSuffix(s.String(), fmt.Sprint(" n=", s.N)), fmt.Sprintf("%.2f", c.PerHandOff(w.Name))
		}
		rows = append(rows, row)
	}
	return []string{"way", "between", "one hand-off is", fmt.Sprint("ns, median of ", n), "the kernel's switches"}, rows
}
