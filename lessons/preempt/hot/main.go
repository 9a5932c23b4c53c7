// Command hot runs a loop that calls no function next to a goroutine that wants to sleep 1 ms at a time, and
// prints how long each of those sleeps really took, in nanoseconds. Run it with GOMAXPROCS=1, and with
// GODEBUG=asyncpreemptoff=1 to see the scheduler without its signals.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/trace"
	"sync"
	"sync/atomic"
	"time"
)

// step is how many rounds of arithmetic the loop does between two chances to yield.
const step = 20_000

// sink keeps the compiler from leaving the loop out.
//
//lint:ignore U1000 it is only written
var sink uint64

func main() {
	yield := flag.String("yield", "no", "what the loop does after each step: no, gosched or block")
	loop := flag.Duration("loop", time.Second, "about how long the loop takes")
	sleeps := flag.Int("sleeps", 6, "how often the other goroutine sleeps")
	file := flag.String("trace", "", "write an execution trace to this file")
	flag.Parse()
	debug.SetGCPercent(-1) // a collection would stop the loop
	steps := calibrate(*loop)

	if *file != "" {
		f, err := os.Create(*file)
		if err == nil {
			err = trace.Start(f)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		defer f.Close()
		defer trace.Stop()
	}
	for _, gap := range run(*yield, steps, *sleeps) {
		fmt.Println(gap.Nanoseconds())
	}
}

// run lets the two goroutines go until the sleeper has had all its sleeps.
func run(yield string, steps, sleeps int) []time.Duration {
	ctx := context.Background()
	trace.Log(ctx, "lane.window", "begin")
	defer trace.Log(ctx, "lane.window", "end")
	var gaps []time.Duration
	var stop atomic.Bool
	var wg sync.WaitGroup
	asleep := make(chan bool)
	echo := make(chan int)
	go func() {
		for v := range echo {
			echo <- v
		}
	}()
	wg.Go(func() {
		trace.Log(ctx, "lane", "sleeper")
		for i := range sleeps {
			start := time.Now()
			if i == 0 {
				close(asleep) // the loop may begin, once this goroutine leaves the P
			}
			time.Sleep(time.Millisecond)
			gaps = append(gaps, time.Since(start))
		}
		stop.Store(true)
	})
	wg.Go(func() {
		trace.Log(ctx, "lane", "loop")
		<-asleep
		x := uint64(1)
		for i := 0; i < steps && !stop.Load(); i++ {
			for range step {
				x = x*6364136223846793005 + 1442695040888963407
			}
			switch yield {
			case "gosched":
				runtime.Gosched()
			case "block":
				echo <- i
				<-echo
			}
		}
		sink = x
	})
	wg.Wait()
	close(echo)
	return gaps
}

// calibrate finds how many steps take so long.
func calibrate(d time.Duration) int {
	best := time.Hour
	for range 20 {
		start := time.Now()
		x := uint64(1)
		for range step * 10 {
			x = x*6364136223846793005 + 1442695040888963407
		}
		sink = x
		best = min(best, time.Since(start))
	}
	return int(10 * float64(d) / float64(best))
}
