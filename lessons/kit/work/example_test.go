package work_test

import (
	"fmt"
	"time"

	"interleave/lessons/kit/work"
)

// A load is a number of rounds: it is calibrated once, and takes longer when the core is shared.
func ExampleCalibrate() {
	load := work.Calibrate(time.Millisecond)
	load.Do()
	fmt.Println(load.Rounds() > 0, load.Times(2).Rounds() > load.Rounds())
	// Output: true true
}
