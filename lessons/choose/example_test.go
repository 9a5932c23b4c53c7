package choose_test

import (
	"fmt"

	"interleave/lessons/choose"
)

// The talk's own product, cameras and a web API, walks through both charts.
func Example() {
	original, err := choose.Original().Walk(choose.Answers{"interconnected": "no", "cpu": "yes", "machine": "yes",
		"builtin": "yes", "stateful": "no", "similar": "yes"})
	fmt.Println(original.Advice(), err)
	edition, err := choose.Go2026().Walk(choose.Answers{"fast": "no", "order": "no", "machines": "no", "isolation": "no",
		"both": "yes", "stop": "yes", "shared": "an invariant"})
	for _, leaf := range edition.Leaves() {
		fmt.Println(leaf.Text)
	}
	fmt.Println(err)
	// Output:
	// Pool().map <nil>
	// Two bounded pools; watch p99
	// A context everywhere, and a leak check
	// Mutex, written down beside what it guards
	// Measure again; at ~ keep the simpler one
	// <nil>
}
