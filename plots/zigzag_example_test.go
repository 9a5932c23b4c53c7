package plots_test

import (
	"fmt"

	"interleave/plots"
)

// The same two tasks, run in three ways.
func ExampleNewZigZag() {
	a, b := plots.Step{Task: 0}, plots.Step{Task: 1}
	b2 := plots.Step{Task: 1, Worker: 1}
	chart, err := plots.NewZigZag(
		plots.Order{Name: "sequential", Steps: []plots.Step{a, a, a, a, b, b, b, b}},
		plots.Order{Name: "concurrent", Steps: []plots.Step{a, b, a, b, a, b, a, b}},
		plots.Order{Name: "parallel", Steps: []plots.Step{a, b2, a, b2, b2, a, a, b2}},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	gallery("zigzag", plots.Labels{Title: "Concurrent is one worker that switches, parallel is two", Machine: exampleData}, chart)
	sentences(chart.Alt())
	// Output:
	// Order of the steps of 2 tasks in 3 runs.
	// sequential, 1 at work: A1 A2 A3 A4 B1 B2 B3 B4.
	// concurrent, 1 at work: A1 B1 A2 B2 A3 B3 A4 B4.
	// parallel, 2 at work: A1 B1 A2 B2 B3 A3 A4 B4.
}
