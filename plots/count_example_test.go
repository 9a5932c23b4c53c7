package plots_test

import (
	"fmt"

	"interleave/plots"
)

// All schedules of two increments without a lock.
func ExampleNewCount() {
	chart, err := plots.NewCount("schedules",
		plots.Outcome{Name: "ends in 1", Count: 18},
		plots.Outcome{Name: "ends in 2", Count: 2},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	gallery("count", plots.Labels{Title: "Eighteen of twenty schedules lose an increment", X: "schedules"}, chart)
	sentences(chart.Alt())
	// Output:
	// Counts of 20 schedules.
	// ends in 1: 18, ends in 2: 2.
}
