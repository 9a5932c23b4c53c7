// Command tally measures ways to count. "tally N WAY" lets as many goroutines as there are Ps add 1 a number of times
// and prints the millions of additions in a second of wall time. "tally check" counts with the answer, and prints what
// it should have counted and has. The Counter is the answer to an exercise; what is here beside it in the repository
// is the one that learners begin with. Names here begin with tally, so that they do not meet those of the answer.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"
)

// tallyMutex is what answers are compared with.
type tallyMutex struct {
	mu sync.Mutex
	n  int
}

func (c *tallyMutex) Add(int) {
	c.mu.Lock()
	c.n++
	c.mu.Unlock()
}

// tallyApart is a number for each goroutine, 128 bytes from the next: the control.
type tallyApart struct{ shards []tallyShard }

type tallyShard struct {
	n int
	_ [120]byte
}

func (c *tallyApart) Add(g int) { c.shards[g].n++ }

func main() {
	if len(os.Args) == 2 && os.Args[1] == "check" {
		tallyCheck()
		return
	}
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: tally check | tally N mutex|apart|answer")
		os.Exit(2)
	}
	n, err := strconv.Atoi(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	goroutines := runtime.GOMAXPROCS(0)
	var loop func(g int) // with the counter's own type, so that Add may be inlined in each
	switch os.Args[2] {
	case "mutex":
		c := &tallyMutex{}
		loop = func(g int) {
			for range n {
				c.Add(g)
			}
		}
	case "apart":
		c := &tallyApart{make([]tallyShard, goroutines)}
		loop = func(g int) {
			for range n {
				c.Add(g)
			}
		}
	default:
		c := NewCounter(goroutines)
		loop = func(g int) {
			for range n {
				c.Add(g)
			}
		}
	}
	took := tallyTogether(goroutines, loop)
	fmt.Println(float64(n) * float64(goroutines) / took.Seconds() / 1e6)
}

// tallyTogether runs the loop in so many goroutines that begin at the same time.
func tallyTogether(goroutines int, loop func(g int)) time.Duration {
	var wg sync.WaitGroup
	begin := make(chan bool)
	for g := range goroutines {
		wg.Go(func() {
			<-begin
			loop(g)
		})
	}
	start := time.Now()
	close(begin)
	wg.Wait()
	return time.Since(start)
}

// tallyCheck counts with the answer, with more goroutines than Ps, and with another number of additions for each.
func tallyCheck() {
	const goroutines, each = 7, 100
	c := NewCounter(goroutines)
	tallyTogether(goroutines, func(g int) {
		for range each * (g + 1) {
			c.Add(g)
		}
	})
	fmt.Println(c.Value(), "of", each*goroutines*(goroutines+1)/2)
}
