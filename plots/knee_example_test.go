package plots_test

import (
	"fmt"

	"interleave/plots"
)

// Throughput of a server that has 16 places, each for 10 ms.
func ExampleNewKnee() {
	var levels []plots.Level
	for n := 1.0; n <= 256; n *= 2 {
		levels = append(levels, plots.Level{N: n, Values: scale(spread(8, 1, 0.08), min(95*n, 1500*n/(n+4)+40))})
	}
	chart, err := plots.NewKnee("requests/s", 100, 1600, levels...)
	if err != nil {
		fmt.Println(err)
		return
	}
	gallery("knee", plots.Labels{Title: "Beyond sixteen requests at once, waiting grows and throughput does not", Machine: exampleData}, chart)
	sentences(chart.Alt())
	// Output:
	// Throughput in requests/s against requests at once; by Little's law the knee is at 16.
	// 1 at once: median 94.69 [93.65, 100.3], n=8.
	// 2 at once: median 189.4 [187.3, 200.5], n=8.
	// 4 at once: median 378.8 [374.6, 401], n=8.
	// 8 at once: median 757.5 [749.2, 802], n=8.
	// 16 at once: median 1236 [1222, 1309], n=8.
	// 32 at once: median 1369 [1354, 1449], n=8.
	// 64 at once: median 1447 [1431, 1532], n=8.
	// 128 at once: median 1490 [1473, 1577], n=8.
	// 256 at once: median 1512 [1495, 1601], n=8.
}
