// Command counter lets goroutines add 1 to a shared variable without any synchronisation, on purpose. It prints
// for each run what the variable was at the end and how long it took in nanoseconds.
//
// It is a data race: nothing about its result is promised.
package main

import (
	"flag"
	"fmt"
	"sync"
	"time"
)

// c is shared by all goroutines.
var c int

func main() {
	runs := flag.Int("runs", 1, "how often to run")
	goroutines := flag.Int("goroutines", 2, "how many goroutines")
	increments := flag.Int("increments", 1_000_000, "how often each adds 1")
	flag.Parse()
	for range *runs {
		c = 0
		start := time.Now()
		var wg, ready sync.WaitGroup
		ready.Add(*goroutines)
		for range *goroutines {
			wg.Go(func() {
				ready.Done()
				ready.Wait() // begin together
				for range *increments {
					c++
				}
			})
		}
		wg.Wait()
		fmt.Println(c, time.Since(start).Nanoseconds())
	}
}
