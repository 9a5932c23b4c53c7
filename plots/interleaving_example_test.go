package plots_test

import (
	"fmt"

	"interleave/plots"
)

// One schedule in which an increment is lost.
func ExampleNewInterleaving() {
	chart, err := plots.NewInterleaving([]string{"Thread 1", "Thread 2", "value"}, [][]string{
		{"", "", "0"},
		{"read value", "", "← 0"},
		{"", "read value", "← 0"},
		{"add 1", "", "0"},
		{"", "add 1", "0"},
		{"write back", "", "→ 1"},
		{"", "write back", "→ 1"},
	}, 2, 6)
	if err != nil {
		fmt.Println(err)
		return
	}
	gallery("interleaving", plots.Labels{Title: "Two increments, one lost"}, chart)
	sentences(chart.Alt())
	// Output:
	// Table of 7 moments.
	// Row 1: value: 0.
	// Row 2: Thread 1: read value, value: ← 0.
	// Row 3: Thread 2: read value, value: ← 0.
	// Row 4: Thread 1: add 1, value: 0.
	// Row 5: Thread 2: add 1, value: 0.
	// Row 6: Thread 1: write back, value: → 1.
	// Row 7: Thread 2: write back, value: → 1.
}
