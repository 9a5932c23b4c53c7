package preempt_test

import (
	"context"
	"fmt"

	"interleave/lessons/preempt"
)

// A yield after each row is good manners, but too often.
func ExampleInsertYields() {
	rows := func(n int, row func(i int), yield func()) {
		for i := range n {
			row(i)
			yield()
		}
	}
	fmt.Print(preempt.InsertYields().Check(context.Background(), rows))
	// Output:
	// passed        every row once and in order
	// passed        nobody waits over 2 ms
	// failed        at most one yield a millisecond
	//     1000 yields in 300ms, at most 300 are allowed
	// 2 passed, 1 failed
}
