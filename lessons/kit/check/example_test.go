package check_test

import (
	"context"
	"fmt"

	"interleave/lessons/kit/check"
	"interleave/lessons/kit/measure"
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

// A check of kind P: batches must be at least twice as fast as single items. The values here are made up, so that they
// are the same on every machine; a real variant measures. The control, known to be fast, shows that the machine lets
// one see it.
func ExampleRatio() {
	speed := func(name string, itemsPerMS ...float64) measure.Variant {
		round := 0
		return measure.Variant{Name: name, Run: func(context.Context) (float64, error) {
			round++
			return itemsPerMS[round%len(itemsPerMS)], nil
		}}
	}
	batch := check.Exercise[measure.Variant]{Name: "batch", Checks: []check.Check[measure.Variant]{
		{Name: "is twice as fast", Kind: check.Performance, Try: func(ctx context.Context, yours measure.Variant) error {
			return check.Ratio{
				Base: speed("one by one", 10), Answer: yours, Control: speed("batches of 100", 50),
				AtLeast: 2, Plan: measure.Plan{Unit: "items/ms"},
			}.Try(ctx)
		}},
	}}
	ctx := context.Background()
	for _, f := range batch.Check(ctx, speed("yours", 12, 13, 14)).Findings {
		fmt.Println(f.Verdict, "-", f.Message)
	}
	for _, f := range batch.Check(ctx, speed("yours", 35, 40, 45)).Findings {
		fmt.Println(f.Verdict, "-", f.Message)
	}
	// Output:
	// failed - yours / one by one is 1.300 [1.200, 1.400] n=10, asked for is at least 2
	// passed - yours / one by one is 4.000 [3.500, 4.500] n=10, asked for is at least 2
}
