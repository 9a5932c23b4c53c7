package ops

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"time"

	"interleave/lessons/kit/check"
	"interleave/lessons/kit/measure"
)

// Sort sorts numbers in place, upwards.
type Sort func(numbers []int)

// buffers are for [Merge]: an allocation for each merge would keep the collector busy on another core, and one
// goroutine would look faster than it is.
var buffers = sync.Pool{New: func() any { return new([]int) }}

// Merge merges two sorted halves, numbers[:middle] and numbers[middle:], in place.
func Merge(numbers []int, middle int) {
	buffer := buffers.Get().(*[]int)
	defer buffers.Put(buffer)
	*buffer = append((*buffer)[:0], numbers[:middle]...)
	left, right := *buffer, numbers[middle:]
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
	onTwo = 1 << 17
)

// The checks of [ParallelMergeSort], and the speeds they ask for, over that of one goroutine.
const (
	Sorts    = "sorts"
	NoDearer = "on one P, hardly slower than one goroutine"
	Parallel = "on two, faster than one goroutine"

	atLeastOnOne = 0.75
	atLeastOnTwo = 1.3
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
				return faster(ctx, answer, onOne, 1, atLeastOnOne)
			}},
			{Name: Parallel, Kind: check.Performance, Try: func(ctx context.Context, answer Sort) error {
				return faster(ctx, answer, onTwo, 2, atLeastOnTwo)
			}},
		},
	}
}

// faster asks for a speed on so many Ps. An answer that is several times too slow in each of some pairs of runs is not
// measured at length: one pair that others on this machine did not disturb acquits it.
func faster(ctx context.Context, answer Sort, n, procs int, atLeast float64) error {
	const tooSlow, pairs = 3, 10
	theirs, plain := sorting("", answer, onOne, procs), sorting("", MergeSort, onOne, procs)
	for pair := 1; ; pair++ {
		their, err := theirs.Run(ctx)
		if err != nil {
			return err
		}
		one, err := plain.Run(ctx)
		if err != nil {
			return err
		}
		if their*tooSlow >= one {
			break
		}
		if pair == pairs {
			return check.Show(nil, "one goroutine sorts %.2f million numbers a second, your answer %.2f: stopped after %d such pairs of runs, of %d numbers",
				one, their, pairs, onOne)
		}
	}
	return check.Ratio{
		Base: sorting("one goroutine", MergeSort, n, procs), Answer: sorting("your answer", answer, n, procs),
		Control: sorting("control", ParallelSort(controlThreshold), n, procs),
		AtLeast: atLeast, CPUs: procs, Plan: measure.Plan{Unit: "million numbers/s", Collect: true},
	}.Try(ctx)
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
