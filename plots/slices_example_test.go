package plots_test

import (
	"fmt"
	"time"

	"interleave/plots"
)

// The price of a switch, as it is usually drawn and as it is.
func ExampleNewSlices() {
	chart, err := plots.NewSlices(10*time.Millisecond,
		plots.Group{Name: "goroutine", Values: spread(11, 185, 0.1)},
		plots.Group{Name: "thread", Values: spread(11, 850, 0.2)},
		plots.Group{Name: "process", Values: spread(11, 1130, 0.2)})
	if err != nil {
		fmt.Println(err)
		return
	}
	gallery("slices", plots.Labels{Title: "A switch, as it is drawn and as it is", Machine: exampleData}, chart)
	sentences(chart.Alt())
	// Output:
	// Six slices of 10 ms of two tasks.
	// In the cartoon a switch takes 35 % of a slice.
	// goroutine: median 184.8 [181.8, 192.5], n=11 (ns), 0.0018 % of a slice.
	// thread: median 848.5 [820.7, 920.5], n=11 (ns), 0.0085 % of a slice.
	// process: median 1128 [1091, 1224], n=11 (ns), 0.011 % of a slice.
}
