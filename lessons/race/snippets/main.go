// Command snippets runs one of six small programs that share something between goroutines. Three of them have a
// data race, on purpose; built with -race, the command then ends with status 66.
package main

import (
	"os"
	"sync"
	"sync/atomic"
)

func main() {
	snippets := map[string]func(){"A": a, "B": b, "C": c, "D": d, "E": e, "F": f}
	snippets[os.Args[1]]()
}

// A: two goroutines count.
func a() {
	n := 0
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for range 1000 {
				n++
			}
		})
	}
	wg.Wait()
}

// B: two goroutines load an atomic, add 1 and store it.
func b() {
	var n atomic.Int64
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for range 1000 {
				n.Store(n.Load() + 1)
			}
		})
	}
	wg.Wait()
}

// C: two goroutines look under the lock, and act under the lock, but not under one.
func c() {
	seats := 1
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			mu.Lock()
			free := seats > 0
			mu.Unlock()
			if free {
				mu.Lock()
				seats--
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

// D: one goroutine stores the answer and then says so; the other looks whether it has.
func d() {
	answer, done := 0, false
	var wg sync.WaitGroup
	wg.Go(func() {
		answer = 42
		done = true
	})
	if done {
		println(answer)
	}
	wg.Wait()
}

// E: each goroutine writes its own element of a slice.
func e() {
	squares := make([]int, 100)
	var wg sync.WaitGroup
	for i := range squares {
		wg.Go(func() { squares[i] = i * i })
	}
	wg.Wait()
}

// F: two goroutines append their results to one slice.
func f() {
	var results []int
	var wg sync.WaitGroup
	for i := range 2 {
		wg.Go(func() { results = append(results, i) })
	}
	wg.Wait()
}
