package process

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/pace"
)

// Cost is what a message and its answer cost by one means at one size.
type Cost struct {
	Means Means
	Size  int
	NS    []float64 // each value is the mean over as many messages as fit into a millisecond or so
}

// awake is how many messages go before the clock starts: while other links had their turn, the receiver slept.
const awake = 3

// Costs measures all means at all sizes, in turn, round by round.
func Costs(ctx context.Context) ([]Cost, measure.Card, error) {
	var variants []measure.Variant
	var costs []Cost
	sizes := Sizes()
	largest := sizes[len(sizes)-1]
	if err := Prepare(ctx); err != nil {
		return nil, measure.Card{}, err
	}
	batch := pace.Pick(2*time.Millisecond, 500*time.Microsecond)
	for _, m := range AllMeans() {
		link, err := Open(ctx, m, largest)
		if err != nil {
			return nil, measure.Card{}, err
		}
		defer link.Close()
		for _, size := range sizes {
			message := make([]byte, size)
			n, err := fit(link, message, batch)
			if err != nil {
				return nil, measure.Card{}, fmt.Errorf("process: %s: %w", m, err)
			}
			costs = append(costs, Cost{Means: m, Size: size})
			variants = append(variants, measure.Variant{Name: fmt.Sprint(m, " ", size), Run: func(context.Context) (float64, error) {
				if _, err := sendMany(link, message, awake); err != nil {
					return 0, err
				}
				took, err := sendMany(link, message, n)
				return float64(took.Nanoseconds()) / float64(n), err
			}})
		}
	}
	r, err := measure.Interleave(ctx, crowded(pace.Runs(10), "ns"), variants...)
	if err != nil {
		return nil, measure.Card{}, fmt.Errorf("process: %w", err)
	}
	for i := range costs {
		costs[i].NS = r.Samples[i].Values
	}
	return costs, r.Card, nil
}

// Cheapest is the cost of the cheapest way into another process for messages of a size.
func Cheapest(costs []Cost, size int) (cheapest Cost) {
	for _, c := range costs {
		if c.Size == size && c.Means.Crosses() && (cheapest.NS == nil || median(c.NS) < median(cheapest.NS)) {
			cheapest = c
		}
	}
	return cheapest
}

func median(values []float64) float64 {
	s, err := measure.Summarize(values)
	if err != nil {
		return math.NaN()
	}
	return s.Median
}

// Growth is how many times as much as a message of the smallest size one of the largest costs, round by round.
func Growth(costs []Cost, m Means) (measure.Summary, error) {
	sizes := Sizes()
	var small, large measure.Sample
	for _, c := range costs {
		switch {
		case c.Means == m && c.Size == sizes[0]:
			small.Values = c.NS
		case c.Means == m && c.Size == sizes[len(sizes)-1]:
			large.Values = c.NS
		}
	}
	return measure.Ratios(small, large)
}

// fit finds how many messages take about d. It warms the link up first, for the receiver may still be starting, and
// believes a number only when it takes long twice: one hiccup at a small number would pass for a slow link, of which
// one message is enough.
func fit(link *Link, message []byte, d time.Duration) (int, error) {
	if _, err := sendMany(link, message, awake); err != nil {
		return 0, err
	}
	for n := 1; ; n *= 2 {
		took := time.Duration(math.MaxInt64)
		for range 2 {
			t, err := sendMany(link, message, n)
			if err != nil {
				return 0, err
			}
			took = min(took, t)
			if took < d/2 && n < 1<<16 {
				break
			}
		}
		if took >= d/2 || n >= 1<<16 {
			return max(1, int(float64(n)*float64(d)/float64(max(took, 1)))), nil
		}
	}
}

func sendMany(link *Link, message []byte, n int) (time.Duration, error) {
	start := time.Now()
	for range n {
		if err := link.Send(message); err != nil {
			return 0, err
		}
	}
	return time.Since(start), nil
}

// Access measures, in ns, the two ways to share state of row by row the same meaning: adding to a number in shared
// memory by an atomic, which the other process may do at the same time, and asking the server process for it.
func Access(ctx context.Context) (memory, server measure.Sample, card measure.Card, err error) {
	m, err := NewMemory(8)
	if err != nil {
		return memory, server, card, err
	}
	defer m.Close()
	s, err := Serve(ctx)
	if err != nil {
		return memory, server, card, err
	}
	defer s.Close()
	c, err := s.Dial()
	if err != nil {
		return memory, server, card, fmt.Errorf("process: %w", err)
	}
	defer c.Close()
	adds, calls := pace.Pick(1_000_000, 200_000), pace.Pick(200, 50)
	r, err := measure.Interleave(ctx, crowded(pace.Runs(10), "ns"),
		measure.Variant{Name: "shared memory", Run: func(context.Context) (float64, error) {
			start := time.Now()
			for range adds {
				atomic.AddInt64(m.Int64(0), 1)
			}
			return float64(time.Since(start).Nanoseconds()) / float64(adds), nil
		}},
		measure.Variant{Name: "server process", Run: func(context.Context) (float64, error) {
			start := time.Now()
			for range calls {
				var all []Record
				if err := c.Call("Records.List", 0, &all); err != nil {
					return 0, err
				}
			}
			return float64(time.Since(start).Nanoseconds()) / float64(calls), nil
		}})
	if err != nil {
		return memory, server, card, errors.Join(errors.New("process: shared state"), err)
	}
	return r.Samples[0], r.Samples[1], r.Card, nil
}
