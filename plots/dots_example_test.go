package plots_test

import (
	"fmt"

	"interleave/plots"
)

// What a switch costs, from a function call to a process.
func ExampleNewDots() {
	chart, err := plots.NewDots("µs",
		plots.Group{Name: "function call", Values: scale(spread(11, 1, 0.1), 0.0012)},
		plots.Group{Name: "iter.Pull", Values: scale(spread(11, 1, 0.1), 0.04)},
		plots.Group{Name: "channel", Values: scale(spread(11, 1, 0.2), 0.18)},
		plots.Group{Name: "thread", Values: scale(spread(11, 1, 0.2), 2.8)},
		plots.Group{Name: "process start", Values: scale(spread(11, 1, 0.5), 1700)},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	gallery("dots", plots.Labels{Title: "Six decades lie between a call and a process", X: "time per switch (µs)", Machine: exampleData}, chart)
	sentences(chart.Alt())
	// Output:
	// Dot plot on a logarithmic axis of 5 groups in µs.
	// function call: median 0.001199 [0.001179, 0.001249], n=11, range 0.001179 to 0.001315.
	// iter.Pull: median 0.03997 [0.0393, 0.04163], n=11, range 0.03929 to 0.04382.
	// channel: median 0.1797 [0.1738, 0.1949], n=11, range 0.1737 to 0.216.
	// thread: median 2.795 [2.703, 3.032], n=11, range 2.701 to 3.36.
	// process start: median 1693 [1557, 2075], n=11, range 1554 to 2682.
}
