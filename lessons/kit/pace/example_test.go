package pace_test

import (
	"fmt"

	"interleave/lessons/kit/pace"
)

// However fast, never fewer runs than an interval needs.
func ExampleRuns() {
	fmt.Println(pace.Runs(6), pace.Runs(1))
	// Output: 6 6
}
