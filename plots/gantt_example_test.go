package plots_test

import (
	"fmt"
	"time"

	"interleave/plots"
)

// Two goroutines that share one processor, and a third that waits for both.
func ExampleNewGantt() {
	ms := func(v float64) time.Duration { return time.Duration(v * float64(time.Millisecond)) }
	var intervals []plots.Interval
	for i := range 4 {
		t := 6 * float64(i)
		intervals = append(intervals,
			plots.Interval{Lane: "worker A", Start: ms(t), End: ms(t + 3), State: plots.Running},
			plots.Interval{Lane: "worker A", Start: ms(t + 3), End: ms(t + 6), State: plots.Runnable},
			plots.Interval{Lane: "worker B", Start: ms(t), End: ms(t + 3), State: plots.Runnable},
			plots.Interval{Lane: "worker B", Start: ms(t + 3), End: ms(t + 5.5), State: plots.Running},
			plots.Interval{Lane: "worker B", Start: ms(t + 5.5), End: ms(t + 6), State: plots.Syscall, Reason: "write"})
	}
	intervals = append(intervals,
		plots.Interval{Lane: "main", Start: 0, End: ms(24), State: plots.Waiting, Reason: "sync"},
		plots.Interval{Lane: "main", Start: ms(24), End: ms(25), State: plots.Running})
	chart, err := plots.NewGantt(intervals, plots.Event{At: ms(20), Name: "cancel"})
	if err != nil {
		fmt.Println(err)
		return
	}
	gallery("gantt", plots.Labels{Title: "One processor: what one worker gains the other waits for", Machine: exampleData}, chart)
	sentences(chart.Alt())
	// Output:
	// Timeline of 3 lanes over 25 ms.
	// worker A: running 12 ms, runnable 12 ms.
	// worker B: running 10 ms, runnable 12 ms, syscall 2 ms.
	// main: running 1 ms, waiting 24 ms.
	// At 20 ms: cancel.
}
