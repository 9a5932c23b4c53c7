package plots_test

import (
	"fmt"

	"interleave/plots"
)

// The final value of an unsynchronised counter, by the number of processors.
func ExampleNewHistogram() {
	chart, err := plots.NewHistogram("increments kept", 24,
		plots.Group{Name: "P = 1", Values: []float64{2e6, 2e6, 2e6, 2e6, 2e6, 2e6, 2e6, 2e6, 2e6, 2e6}},
		plots.Group{Name: "P = 2", Values: scale(spread(50, 1, 0.3), 1.1e6)},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	gallery("histogram", plots.Labels{Title: "On one processor nothing is lost; on two, half of it", X: "final value of 2,000,000 increments", Machine: exampleData}, chart)
	sentences(chart.Alt())
	// Output:
	// Histogram of 2 groups in increments kept.
	// P = 1: 10 values from 2,000,000 to 2,000,000, 10 of them between 1,960,091 and 2,000,000.
	// P = 2: 50 values from 1,042,176 to 1,597,484, 22 of them between 1,042,176 and 1,082,085.
}
