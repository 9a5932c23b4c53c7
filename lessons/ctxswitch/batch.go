package ctxswitch

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"time"

	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/pace"
)

// BatchSizes are the sizes of [Batches].
func BatchSizes() []int { return []int{1, 4, 16, 64, 256, 1024} }

// Batching is the cost of an item, by batch size.
type Batching struct {
	Sizes  []int
	Handed [][]float64 // by size: ns per item in each round, over a channel to another goroutine
	Alone  []float64   // ns per item in each round, with no hand-off at all
	Card   measure.Card
}

// Batches hands items over in batches of each size, on one P, and for comparison does the same work without a
// hand-off. It takes 10 rounds of 100,000 items; in fast mode 6 of 20,000.
func Batches(ctx context.Context) (*Batching, error) {
	items := pace.Pick(100_000, 20_000)
	b := &Batching{Sizes: BatchSizes()}
	variants := []measure.Variant{{Name: "no hand-off", CPUs: 1, Run: func(context.Context) (float64, error) {
		return alone(items)
	}}}
	for _, size := range b.Sizes {
		variants = append(variants, measure.Variant{Name: fmt.Sprint("batches of ", size), CPUs: 1, Run: func(context.Context) (float64, error) {
			return handOver(inBatches(size), items)
		}})
	}
	r, err := measure.Interleave(ctx, measure.Plan{Rounds: pace.Runs(10), Unit: "ns", Collect: true}, variants...)
	if err != nil {
		return nil, fmt.Errorf("ctxswitch: %w", err)
	}
	b.Card, b.Alone = r.Card, r.Samples[0].Values
	for _, s := range r.Samples[1:] {
		b.Handed = append(b.Handed, s.Values)
	}
	return b, nil
}

// Sender is a way to hand items over: it calls send with all of them, in order, in batches of its choice. The
// receiver keeps the batches.
type Sender func(items iter.Seq[int], send func(batch []int))

// inBatches sends batches of one size, and what is left.
func inBatches(size int) Sender {
	return func(items iter.Seq[int], send func([]int)) {
		for batch := range chunks(items, size) {
			send(batch)
		}
	}
}

// chunks is slices.Chunk for a sequence; every chunk has memory of its own.
func chunks(items iter.Seq[int], size int) iter.Seq[[]int] {
	return func(yield func([]int) bool) {
		batch := make([]int, 0, size)
		for v := range items {
			if batch = append(batch, v); len(batch) == size {
				if !yield(batch) {
					return
				}
				batch = make([]int, 0, size)
			}
		}
		if len(batch) > 0 {
			yield(batch)
		}
	}
}

// count is the items 0 to n-1.
func count(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// handOver lets a sender send to another goroutine on the same P, and gives ns per item.
func handOver(sender Sender, n int) (float64, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	batches, total := make(chan []int), make(chan int)
	go func() {
		sum := 0
		for batch := range batches {
			for _, v := range batch {
				sum += v
			}
		}
		total <- sum
	}()
	start := time.Now()
	sender(count(n), func(batch []int) { batches <- batch })
	close(batches)
	sum := <-total
	return perItem(time.Since(start), sum, n)
}

// alone adds the items up where they are made.
func alone(n int) (float64, error) {
	start, sum := time.Now(), 0
	for v := range count(n) {
		sum += nothing(v) - 1 // a call, so that there is something to measure
	}
	return perItem(time.Since(start), sum, n)
}

func perItem(took time.Duration, sum, n int) (float64, error) {
	if want := n * (n - 1) / 2; sum != want {
		return 0, fmt.Errorf("the items add up to %d, not %d: some were lost or sent twice", sum, want)
	}
	return float64(took.Nanoseconds()) / float64(n), nil
}

// received is what arrives when a sender is let go, batch by batch, looked at only when all have arrived.
func received(sender Sender, n int) (items []int, longest int) {
	var all [][]int
	sender(count(n), func(batch []int) { all = append(all, batch) })
	for _, batch := range all {
		longest = max(longest, len(batch))
	}
	return slices.Concat(all...), longest
}
