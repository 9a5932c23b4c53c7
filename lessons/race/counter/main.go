// Command counter lets goroutines add 1 to a shared variable without any synchronisation, on purpose. It prints
// for each run what the variable was at the end and how long it took in nanoseconds.
//
// It is a data race: nothing about its result is promised.
package main

import (
	"flag"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
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
		var wg sync.WaitGroup
		var arrived atomic.Int64
		for range *goroutines {
			wg.Go(func() {
				// Begin together. Whoever is first keeps its P busy, so that the others must come on Ps of their own:
				// if it slept here, a busy machine would run them one after another on the same P.
				for arrived.Add(1); arrived.Load() < int64(*goroutines); {
					if *goroutines > runtime.GOMAXPROCS(0) {
						runtime.Gosched()
					}
				}
				for range *increments {
					c++
				}
			})
		}
		wg.Wait()
		fmt.Println(c, time.Since(start).Nanoseconds())
	}
}
