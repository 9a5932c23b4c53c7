package plots_test

import (
	"fmt"

	"interleave/plots"
)

// Nine runs of two programs, and in rings the numbers that a slide said about them.
func ExampleNewStrip() {
	strip, err := plots.NewStrip("ms",
		plots.Group{Name: "sequential", Values: sequential, Rings: []float64{588.41}},
		plots.Group{Name: "asyncio", Values: asyncio, Rings: []float64{578.92}},
		plots.Group{Name: "three runs", Values: []float64{598, 640, 660}},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	strip.Rings = "number on the slide"
	labels := plots.Labels{
		Title: "Asyncio was not faster: the intervals overlap", X: "time for nine requests (ms)",
		Machine: "Recorded 2019, cores unknown.",
	}
	gallery("strip", labels, strip)
	sentences(strip.Alt())
	// Output:
	// Strip chart of 3 groups in ms.
	// sequential: median 603.1 [597.2, 630.8], n=9, range 588.4 to 661.9, ring at 588.4.
	// asyncio: median 613.7 [603, 629.1], n=9, range 578.9 to 759.4, ring at 578.9.
	// three runs: median 640, no interval (n=3), range 598 to 660.
}

// Recorded in 2019; see package interleave/lessons/talk.
var (
	sequential = []float64{588.41, 661.91, 607.28, 602.58, 630.80, 603.15, 611.36, 597.21, 601.42}
	asyncio    = []float64{759.39, 611.15, 578.92, 602.97, 629.15, 613.71, 618.92, 610.74, 625.15}
)
