package ctxswitch

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"interleave/lessons/kit/check"
	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/pace"
	"interleave/lessons/talk"
)

// Blame is an answer to [HowMany]: what it would take for context switches to explain the talk's result.
type Blame struct {
	Extra    time.Duration // how much longer the nine threads took than the sequential program
	Switches float64       // how many switches would take so long
	Every    time.Duration // how far apart they would lie in the run with threads
}

// within is how far from the exact number an answer may be.
const within = 0.02

// HowMany is the exercise to test an explanation: the talk's nine threads took longer than its sequential program, and
// its slide blames context switching. A switch costs so many nanoseconds.
func HowMany(ns float64) check.Exercise[Blame] {
	near := func(name string, got func(Blame) float64, want func(extra, threads float64) float64, hint, unit string) check.Check[Blame] {
		return check.Check[Blame]{Name: name, Kind: check.Value, Try: func(_ context.Context, b Blame) error {
			sequential, err := talk.Sample(talk.Program{Workload: talk.IO, Model: talk.Sequential}).Summary()
			if err != nil {
				return err
			}
			threads, err := talk.Sample(talk.Program{Workload: talk.IO, Model: talk.Threading}).Summary()
			if err != nil {
				return err
			}
			is := want((threads.Median-sequential.Median)*1e6, threads.Median*1e6)
			if g := got(b); !(math.Abs(g-is) <= within*is) {
				return check.Show(fmt.Sprintf("sequential: %v ms\nthreading:  %v ms\none switch: %v ns", sequential, threads, measure.Format(ns)),
					"%s%s is not it: %s", measure.Format(g), unit, hint)
			}
			return nil
		}}
	}
	return check.Exercise[Blame]{
		Name: "how many switches?",
		Task: "How much longer did the talk's nine threads take than its sequential program, by the medians? How many context switches is that, and how far apart would they lie?",
		Checks: []check.Check[Blame]{
			near("the extra time", func(b Blame) float64 { return float64(b.Extra) },
				func(extra, _ float64) float64 { return extra }, "it is the difference of the two medians, not of the two best runs and not a whole run", " ns"),
			near("the number of switches", func(b Blame) float64 { return b.Switches },
				func(extra, _ float64) float64 { return extra / ns }, "divide the extra time by the cost of one, in the same unit; all threads together", ""),
			near("how far apart", func(b Blame) float64 { return float64(b.Every) },
				func(extra, threads float64) float64 { return threads / (extra / ns) }, "divide the whole run with threads by the number of switches", " ns"),
		},
	}
}

// most is the longest batch that a sender of [Amortise] may make.
const most = 256

// Amortise is the exercise to make hand-offs cheap, by batches that are neither too small nor too large.
func Amortise() check.Exercise[Sender] {
	trial := func(try func(got, want []int, longest int) error) func(context.Context, Sender) error {
		return func(_ context.Context, s Sender) error {
			for _, n := range []int{1000, 0, 1, most, most + 1} {
				got, longest := received(s, n)
				if err := try(got, slices.Collect(count(n)), longest); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return check.Exercise[Sender]{
		Name: "batch to amortise",
		Task: "Send all items, in order, in batches of at most 256, so that an item costs at most a fifth of what it costs one by one.",
		Checks: []check.Check[Sender]{
			{Name: "every item arrives, once", Kind: check.Value, Try: trial(func(got, want []int, _ int) error {
				if slices.Sort(got); len(got) != len(want) {
					return check.Show(nil, "of %d items %d arrive", len(want), len(got))
				}
				return nil
			})},
			{Name: "what was sent stays as it was", Kind: check.Value, Try: trial(func(got, want []int, _ int) error {
				for i := range min(len(got), len(want)) {
					if got[i] != want[i] {
						return check.Show(got[:min(len(got), i+8)], "the receiver looks at its batches when all have arrived, and finds %d where item %d was: a batch belongs to whom it was sent", got[i], i)
					}
				}
				return nil
			})},
			{Name: "no batch over 256", Kind: check.Value, Try: trial(func(_, _ []int, longest int) error {
				if longest > most {
					return check.Show(nil, "a batch has %d items: its first one has waited for all of them", longest)
				}
				return nil
			})},
			{Name: "at most a fifth of the cost", Kind: check.Performance, Try: func(ctx context.Context, s Sender) error {
				const items = 10_000
				if got, _ := received(s, 2*most); !slices.Equal(got, slices.Collect(count(2*most))) {
					return check.Show(nil, "not measured: the items must first arrive as they were sent")
				}
				variant := func(name string, s Sender) measure.Variant {
					return measure.Variant{Name: name, Run: func(context.Context) (float64, error) { return handOver(s, items) }}
				}
				return check.Ratio{
					Base: variant("one by one", inBatches(1)), Answer: variant("yours", s), Control: variant("batches of 128", inBatches(128)),
					AtMost: 0.2, Plan: measure.Plan{Rounds: pace.Runs(10), Unit: "ns/item"},
				}.Try(ctx)
			}},
		},
	}
}
