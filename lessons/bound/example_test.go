package bound_test

import (
	"fmt"
	"time"

	"interleave/lessons/bound"
)

// The kind is where the time went.
func ExampleLanes_Kind() {
	l := bound.Lanes{Wall: 42 * time.Millisecond, Computing: 4 * time.Millisecond, Waiting: 38 * time.Millisecond}
	fmt.Printf("%s: %.0f %% waiting\n", l.Kind(), 100*l.WaitShare())
	// Output: io: 90 % waiting
}
