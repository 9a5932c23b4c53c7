// Command dining seats philosophers at a round table with a fork, a mutex, between each two. Each takes one fork
// and then the other. With -order hand everybody takes his left fork first and waits until all have done so: then
// nobody can eat, the trace is written, and the runtime ends the program with "all goroutines are asleep". With
// -order number everybody takes the lower-numbered fork first, and all eat. It prints a line "who has wants" for
// each philosopher who is about to wait, and "ate N" at the end.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/trace"
	"strings"
	"sync"
	"time"
)

func main() {
	n := flag.Int("n", 5, "philosophers")
	order := flag.String("order", "hand", "hand or number")
	meals := flag.Int("meals", 1000, "meals of each")
	file := flag.String("trace", "", "write an execution trace to this file")
	flag.Parse()
	stop := start(*file)
	forks := make([]sync.Mutex, *n)
	var all, seated sync.WaitGroup
	seated.Add(*n)
	for i := range *n {
		first, second := i, (i+1)%*n
		if *order == "number" && second < first {
			first, second = second, first
		}
		all.Go(func() {
			trace.Log(context.Background(), "lane", fmt.Sprint("philosopher ", i))
			for meal := range *meals {
				forks[first].Lock()
				if meal == 0 && *order == "hand" {
					fmt.Println(i, first, second)
					seated.Done()
					seated.Wait() // all have their left fork now
				}
				forks[second].Lock()
				//lint:ignore SA2001 a meal takes no time
				forks[second].Unlock()
				forks[first].Unlock()
			}
		})
	}
	if *order == "hand" {
		seated.Wait()
		for waiting(*n) < *n { // for the picture: the end where nobody runs
			time.Sleep(5 * time.Millisecond)
		}
		stop()
	}
	all.Wait()
	stop()
	fmt.Println("ate", *n**meals)
}

// waiting counts the goroutines, n and a few, that wait for a mutex.
func waiting(n int) int {
	stacks := make([]byte, (n+100)<<12)
	return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), " [sync.Mutex.Lock")
}

// start begins a trace; what it returns ends it, once.
func start(file string) (stop func()) {
	if file == "" {
		return func() {}
	}
	f, err := os.Create(file)
	if err == nil {
		err = trace.Start(f)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	trace.Log(context.Background(), "lane.window", "begin")
	return sync.OnceFunc(func() {
		trace.Log(context.Background(), "lane.window", "end")
		trace.Stop()
		f.Close()
	})
}
