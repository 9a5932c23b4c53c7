package plots_test

import (
	"fmt"

	"interleave/plots"
)

// What a message costs by its size, on two logarithmic axes.
func ExampleNewLogLines() {
	cost := func(start, perByte float64) (list []plots.Level) {
		for size := 8.0; size <= 1<<20; size *= 8 {
			list = append(list, plots.Level{N: size, Values: scale(spread(8, 1, 0.4), start+perByte*size)})
		}
		return list
	}
	chart, err := plots.NewLogLines("ns",
		plots.Series{Name: "channel", Levels: cost(180, 0)},
		plots.Series{Name: "pipe", Levels: cost(2800, 0.4)},
		plots.Series{Name: "RPC", Levels: cost(97000, 1.5)},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	gallery("lines", plots.Labels{Title: "A channel hands over a pointer, a pipe copies", X: "size of the message (bytes)", Y: "time per message (ns)", Machine: exampleData}, chart)
	sentences(chart.Alt())
	// Output:
	// Lines of 3 series in ns.
	// channel: from 177.1 at 8 to 177.1 at 262,144, lowest 177.1 at 8, highest 177.1 at 8.
	// pipe: from 2758 at 8 to 105,916 at 262,144, lowest 2758 at 8, highest 105,916 at 262,144.
	// RPC: from 95,442 at 8 to 482,285 at 262,144, lowest 95,442 at 8, highest 482,285 at 262,144.
}
