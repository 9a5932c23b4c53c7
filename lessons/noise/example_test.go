package noise_test

import (
	"fmt"

	"interleave/lessons/noise"
)

// What each card of the exercise says, without a look at the result that was measured.
func ExampleCards() {
	for _, c := range noise.Cards() {
		fmt.Println(c.Verdict())
	}
	// Output:
	// quiet
	// NOISY: tasks waited for a CPU in 42.0 % of the time; job used 0.61 CPUs instead of 1.000
	// NOISY: job used 1.02 CPUs instead of 2.000
	// NOISY: the hypervisor took 12.0 % of the CPU time
}
