package structure_test

import (
	"fmt"

	"interleave/lessons/structure"
)

// Three goroutines, one baton: the order is the same on every machine.
func ExampleRelay() {
	fmt.Println(structure.Relay())
	// Output: [1 3 2 1 3 2]
}

// A goroutine for each prime.
func ExamplePrimes() {
	fmt.Println(structure.Primes(8))
	// Output: [2 3 5 7 11 13 17 19]
}
