package process_test

import (
	"context"
	"fmt"

	"interleave/lessons/process"
)

// The program that runs this has called process.Main, so the workers are the program itself.
func Example() {
	pool, err := process.NewPool(context.Background(), 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()
	future := pool.ApplyAsync("crash", 0) // ends three workers, one after another
	squares, err := process.Map[int](pool, "square", []int{1, 2, 3, 4})
	fmt.Println(squares, err)
	fmt.Println((<-future).Err)
	fmt.Println("workers lost and replaced:", pool.Lost())
	// Output:
	// [1 4 9 16] <nil>
	// the worker process has ended: signal: killed
	// workers lost and replaced: 3
}
