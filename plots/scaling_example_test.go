package plots_test

import (
	"fmt"

	"interleave/plots"
)

// Measured at 1, 2 and 4 workers; beyond that the lines are models, and say so.
func ExampleNewScaling() {
	chart, err := plots.NewScaling([]plots.Level{
		{N: 1, Values: scale(spread(10, 1, 0.06), 7.25)},
		{N: 2, Values: scale(spread(10, 1, 0.08), 13.9)},
		{N: 4, Values: scale(spread(10, 1, 0.12), 23.5)},
	}, 8, plots.Amdahl(0.06), plots.Gustafson(0.06), plots.USL(0.05, 0.01))
	if err != nil {
		fmt.Println(err)
		return
	}
	gallery("scaling", plots.Labels{Title: "Four workers do three times the work of one", Machine: exampleData}, chart)
	sentences(chart.Alt())
	// Output:
	// Scaling curve: speed-up by workers.
	// With 1: median 1 [0.9919, 1.044], n=10.
	// With 2: median 1.916 [1.895, 2.028], n=10.
	// With 4: median 3.233 [3.182, 3.523], n=10.
	// ideal with 8: 8.
	// Amdahl, s=0.06 with 8: 5.634.
	// Gustafson, s=0.06 with 8: 7.58.
	// USL, a=0.05 b=0.01 with 8: 4.188.
}
