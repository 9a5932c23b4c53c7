package plots_test

import (
	"fmt"

	"interleave/plots"
)

// Three philosophers, each with the left fork, and a guest who waits for one of them.
func ExampleNewWaitFor() {
	chart, err := plots.NewWaitFor(
		plots.Wait{From: "Ana", To: "Budi", What: "fork 2"},
		plots.Wait{From: "Budi", To: "Citra", What: "fork 3"},
		plots.Wait{From: "Citra", To: "Ana", What: "fork 1"},
		plots.Wait{From: "guest", To: "Ana", What: "a seat"},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	gallery("waitfor", plots.Labels{Title: "Everyone holds a fork and waits for the next"}, chart)
	sentences(chart.Alt())
	// Output:
	// Wait-for graph of 4 nodes.
	// Ana waits for Budi (fork 2).
	// Budi waits for Citra (fork 3).
	// Citra waits for Ana (fork 1).
	// guest waits for Ana (a seat).
	// They wait in a circle: a deadlock.
}
