package plots_test

import (
	"fmt"

	"interleave/plots"
)

// The speed-up of concurrent over sequential requests, by latency and size of the body.
func ExampleNewHeat() {
	latency := []string{"0 ms", "1 ms", "5 ms", "20 ms", "50 ms"}
	body := []string{"1 kB", "256 kB", "8 MB"}
	middle := [][]float64{{1.03, 3.9, 6.8, 8.2, 8.9}, {0.92, 2.6, 5.6, 7.5, 8.4}, {0.72, 0.83, 1.02, 1.6, 2.7}}
	ratios := make([][][]float64, len(body))
	for r := range ratios {
		for c := range latency {
			ratios[r] = append(ratios[r], scale(spread(10, 1, 0.1), middle[r][c]))
		}
	}
	chart, err := plots.NewHeat(latency, body, ratios, [2]int{0, 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	gallery("heat", plots.Labels{Title: "Goroutines win as soon as there is latency to wait for", X: "added latency", Y: "size of the body", Machine: exampleData}, chart)
	sentences(chart.Alt())
	// Output:
	// Heat map of 5 by 3 cells; 12 are above 1.
	// Lowest 0.7171 at 0 ms, 8 MB.
	// Highest 8.864 at 50 ms, 1 kB.
	// Framed: 0.7171 at 0 ms, 8 MB.
}
