package bubble_test

import (
	"fmt"
	"time"

	"interleave/lessons/kit/bubble"
)

// An hour passes in no time, and who can never end is found.
func ExampleRun() {
	fmt.Println(bubble.Run(func() { time.Sleep(time.Hour) }))
	fmt.Println(bubble.Run(func() {
		answers := make(chan int)
		go func() { answers <- 42 }() // nobody receives
	}))
	// Output:
	// <nil>
	// deadlock: main bubble goroutine has exited but blocked goroutines remain
}
