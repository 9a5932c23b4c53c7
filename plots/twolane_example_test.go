package plots_test

import (
	"fmt"
	"time"

	"interleave/plots"
)

// The classic picture of two kinds of job, from the goroutine intervals of a trace.
func ExampleTwoLanes() {
	ms := func(v int) time.Duration { return time.Duration(v) * time.Millisecond }
	var trace []plots.Interval
	for i := range 3 {
		t := 20 * i
		trace = append(trace,
			plots.Interval{Lane: "G7", Start: ms(t), End: ms(t + 17), State: plots.Running},
			plots.Interval{Lane: "G7", Start: ms(t + 17), End: ms(t + 20), State: plots.Waiting, Reason: "network"},
			plots.Interval{Lane: "G8", Start: ms(t), End: ms(t + 3), State: plots.Running},
			plots.Interval{Lane: "G8", Start: ms(t + 3), End: ms(t + 20), State: plots.Waiting, Reason: "network"})
	}
	chart, err := plots.NewGantt(append(plots.TwoLanes(trace, "G7", "job 1"), plots.TwoLanes(trace, "G8", "job 2")...))
	if err != nil {
		fmt.Println(err)
		return
	}
	gallery("twolane", plots.Labels{Title: "Job 1 is bound by the CPU, job 2 by what it waits for", Machine: exampleData}, chart)
	sentences(chart.Alt())
	// Output:
	// Timeline of 4 lanes over 60 ms.
	// job 1 CPU: CPU 51 ms.
	// job 1 I/O: I/O 9 ms.
	// job 2 CPU: CPU 9 ms.
	// job 2 I/O: I/O 51 ms.
}
