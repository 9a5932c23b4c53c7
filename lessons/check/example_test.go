package check_test

import (
	"context"
	"fmt"

	"interleave/lessons/check"
)

func Example() {
	even := check.Exercise[int]{Name: "even", Checks: []check.Check[int]{
		{Name: "is even", Kind: check.Value, Try: func(_ context.Context, n int) error {
			if n%2 != 0 {
				return check.Show(nil, "%d leaves %d", n, n%2)
			}
			return nil
		}},
	}}
	fmt.Print(even.Check(context.Background(), 7))
	// Output:
	// failed        is even
	//     7 leaves 1
	// 0 passed, 1 failed
}
