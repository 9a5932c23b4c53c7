package ctxswitch_test

import (
	"context"
	"fmt"
	"time"

	"interleave/lessons/ctxswitch"
)

// The talk blames 321 ms on context switching. If one costs 850 ns, that is 378 thousand of them, 2.4 µs apart.
func ExampleHowMany() {
	const ns = 850.0
	extra := 924.05 - 603.15 // ms, of the medians
	switches := extra * 1e6 / ns
	fmt.Print(ctxswitch.HowMany(ns).Check(context.Background(), ctxswitch.Blame{
		Extra:    time.Duration(extra * float64(time.Millisecond)),
		Switches: switches,
		Every:    time.Duration(924.05 * float64(time.Millisecond) / switches),
	}))
	// Output:
	// passed        the extra time
	// passed        the number of switches
	// passed        how far apart
	// 3 passed, 0 failed
}
