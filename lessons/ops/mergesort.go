package ops

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"time"

	"interleave/lessons/check"
	"interleave/lessons/measure"
)

// Sort sorts numbers in place, upwards.
type Sort func(numbers []int)

// Merge merges two sorted halves, numbers[:middle] and numbers[middle:], in place.
func Merge(numbers []int, middle int) {
	left, right := slices.Clone(numbers[:middle]), numbers[middle:]
	for i := range numbers {
		switch {
		case len(left) == 0:
			return // the rest is in its place
		case len(right) == 0 || left[0] <= right[0]:
			numbers[i], left = left[0], left[1:]
		default:
			numbers[i], right = right[0], right[1:]
		}
	}
}

// MergeSort sorts on one goroutine.
func MergeSort(numbers []int) {
	if len(numbers) < 2 {
		return
	}
	middle := len(numbers) / 2
	MergeSort(numbers[:middle])
	MergeSort(numbers[middle:])
	Merge(numbers, middle)
}

// ParallelSort returns a mergesort that gives one half to another goroutine wherever the piece is longer than
// threshold.
func ParallelSort(threshold int) Sort {
	var sort Sort
	sort = func(numbers []int) {
		if len(numbers) <= threshold || len(numbers) < 2 {
			MergeSort(numbers)
			return
		}
		middle := len(numbers) / 2
		var wg sync.WaitGroup
		wg.Go(func() { sort(numbers[:middle]) })
		sort(numbers[middle:])
		wg.Wait()
		Merge(numbers, middle)
	}
	return sort
}

// controlThreshold is what the control uses. Any from some hundreds to a quarter of the numbers does.
const controlThreshold = 1024

// How many numbers the checks of speed sort: on two Ps long enough that waking the second one does not matter.
const (
	onOne = 1 << 14
	onTwo = 1 << 16
)

// The checks of [ParallelMergeSort].
const (
	Sorts     = "sorts"
	NoDearer  = "on one P, hardly slower than one goroutine"
	Parallel  = "on two, faster than one goroutine"
	noDearer  = 0.75
	parallel  = 1.3
	someTries = 3
)

// ParallelMergeSort is the exercise to make a mergesort parallel, so that it is faster with two cores and costs little
// with one.
func ParallelMergeSort() check.Exercise[Sort] {
	return check.Exercise[Sort]{
		Name: "parallel mergesort",
		Task: "Let other goroutines sort halves, but only halves that are worth it.",
		Checks: []check.Check[Sort]{
			{Name: Sorts, Kind: check.Value, Try: sorts},
			{Name: NoDearer, Kind: check.Performance, Try: func(ctx context.Context, answer Sort) error {
				return check.Ratio{
					Base: sorting("one goroutine", MergeSort, onOne, 1), Answer: sorting("your answer", answer, onOne, 1),
					Control: sorting("control", ParallelSort(controlThreshold), onOne, 1),
					AtLeast: noDearer, Plan: measure.Plan{Unit: "million numbers/s", Collect: true}, Tries: someTries,
				}.Try(ctx)
			}},
			{Name: Parallel, Kind: check.Performance, Try: func(ctx context.Context, answer Sort) error {
				return check.Ratio{
					Base: sorting("one goroutine", MergeSort, onTwo, 2), Answer: sorting("your answer", answer, onTwo, 2),
					Control: sorting("control", ParallelSort(controlThreshold), onTwo, 2),
					AtLeast: parallel, CPUs: 2, Plan: measure.Plan{Unit: "million numbers/s", Collect: true}, Tries: someTries,
				}.Try(ctx)
			}},
		},
	}
}

func sorts(_ context.Context, answer Sort) error {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 2, 3, 5, 100, 1023, 5000} {
		numbers := make([]int, n)
		for i := range numbers {
			numbers[i] = r.IntN(2*n) - n/2 // some twice
		}
		want := slices.Clone(numbers)
		slices.Sort(want)
		got := slices.Clone(numbers)
		answer(got)
		if slices.Equal(got, want) {
			continue
		}
		if n <= 5 {
			return check.Show(fmt.Sprintf("%v became %v", numbers, got), "%d numbers are not sorted", n)
		}
		for i := range got {
			if got[i] != want[i] {
				return check.Show(nil, "of %d numbers, the one at %d should be %d and is %d", n, i, want[i], got[i])
			}
		}
	}
	return nil
}

// sorting measures a sort of n numbers with so many Ps.
func sorting(name string, sort Sort, n, procs int) measure.Variant {
	r := rand.New(rand.NewPCG(3, 4))
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = r.Int()
	}
	return measure.Variant{Name: name, Run: func(context.Context) (float64, error) {
		mine := slices.Clone(numbers)
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		start := time.Now()
		sort(mine)
		took := time.Since(start)
		return float64(n) / took.Seconds() / 1e6, nil
	}}
}
