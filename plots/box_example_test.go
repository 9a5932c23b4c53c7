package plots_test

import (
	"fmt"

	"interleave/plots"
)

// Gaps between the turns of a goroutine, in four modes of the scheduler.
func ExampleNewLogBox() {
	chart, err := plots.NewLogBox("ms",
		plots.Group{Name: "not pre-empted", Values: scale(spread(12, 1, 0.05), 847)},
		plots.Group{Name: "pre-empted", Values: scale(spread(40, 1, 0.4), 14)},
		plots.Group{Name: "Gosched", Values: scale(spread(60, 1, 1.5), 0.02)},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	gallery("box", plots.Labels{Title: "Pre-emption bounds the gap; yielding removes it", X: "gap (ms)", Machine: exampleData}, chart)
	sentences(chart.Alt())
	// Output:
	// Box plot of 3 groups in ms.
	// not pre-empted: median 848.5 [840.3, 876], n=12, middle half 840.3 to 864, range 839.4 to 899.
	// pre-empted: median 13.99 [13.3, 15.44], n=40, middle half 13.14 to 16.42, range 13.03 to 22.55.
	// Gosched: median 0.01994 [0.01707, 0.02661], n=60, middle half 0.01577 to 0.03801, range 0.01527 to 0.1292.
}
