package plots_test

import (
	"fmt"

	"interleave/plots"
)

// Where the time of a process pool goes.
func ExampleNewStack() {
	chart, err := plots.NewStack("ms", []string{"start", "transfer", "work"},
		plots.Bar{Name: "new processes", Parts: [][]float64{scale(spread(10, 1, 0.2), 12), scale(spread(10, 1, 0.3), 6), scale(spread(10, 1, 0.1), 20)}},
		plots.Bar{Name: "started pool", Parts: [][]float64{scale(spread(10, 1, 0.2), 0.2), scale(spread(10, 1, 0.3), 6), scale(spread(10, 1, 0.1), 20)}},
		plots.Bar{Name: "goroutines", Parts: [][]float64{scale(spread(10, 1, 0.2), 0.1), scale(spread(10, 1, 0.3), 0.1), scale(spread(10, 1, 0.1), 20)}},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	gallery("stack", plots.Labels{Title: "Starting and copying is what a process costs", X: "time for the job (ms)", Machine: exampleData}, chart)
	sentences(chart.Alt())
	// Output:
	// Stacked bars of 3 variants in ms.
	// new processes: total median 37.75 [36.93, 42.46], n=10; start 11.9, transfer 5.927, work 19.92.
	// started pool: total median 26.04 [25.54, 28.96], n=10; start 0.1984, transfer 5.927, work 19.92.
	// goroutines: total median 20.12 [19.84, 21.63], n=10; start 0.09919, transfer 0.09878, work 19.92.
}
