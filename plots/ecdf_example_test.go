package plots_test

import (
	"fmt"

	"interleave/plots"
)

// How often is a request slow? The median hides it, the distribution shows it.
func ExampleNewLogECDF() {
	chart, err := plots.NewLogECDF("ms",
		plots.Group{Name: "quiet", Values: spread(200, 5, 0.1)},
		plots.Group{Name: "with a second load", Values: spread(200, 6, 1.2)},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	gallery("ecdf", plots.Labels{Title: "With a second load, one run in ten takes over three times as long", X: "time per run (ms)", Machine: exampleData}, chart)
	sentences(chart.Alt())
	// Output:
	// Cumulative distribution of 2 groups in ms.
	// quiet: median 5.001 [4.968, 5.044], n=200, 90 % at most 5.467, largest 5.693.
	// with a second load: median 6.014 [5.558, 6.671], n=200, 90 % at most 17.53, largest 28.46.
}
