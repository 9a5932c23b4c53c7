package structure

import (
	"context"
	"runtime"
	"time"

	"interleave/lessons/kit/pace"
)

// Primes is the first n primes, each found by a goroutine of its own: a chain of filters through which every
// number passes on channels. It is a fine structure, and hardly any work: nearly all of its time is hand-over.
func Primes(n int) []int {
	done := make(chan struct{})
	defer close(done)
	naturals := make(chan int)
	go func() {
		for i := 2; ; i++ {
			select {
			case naturals <- i:
			case <-done:
				return
			}
		}
	}()
	numbers := naturals
	primes := make([]int, 0, n)
	for range n {
		prime := <-numbers
		primes = append(primes, prime)
		numbers = filter(numbers, prime, done)
	}
	return primes
}

// filter passes on what the prime does not divide.
func filter(in <-chan int, prime int, done <-chan struct{}) chan int {
	out := make(chan int)
	go func() {
		for {
			select {
			case i := <-in:
				if i%prime == 0 {
					continue
				}
				select {
				case out <- i:
				case <-done:
					return
				}
			case <-done:
				return
			}
		}
	}()
	return out
}

// SieveRun is how long the sieve took in milliseconds, run by run, at one GOMAXPROCS.
type SieveRun struct {
	Procs int
	MS    []float64
}

// Sieve times [Primes] at each GOMAXPROCS, in turn round by round, and drops a first round. A count of 0 stands
// for 400 primes and 10 runs, or 150 and 6 in fast mode.
func Sieve(ctx context.Context, count, runs int, procs ...int) ([]SieveRun, error) {
	if count == 0 {
		count = pace.Pick(400, 150)
	}
	if runs == 0 {
		runs = pace.Runs(10)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	out := make([]SieveRun, len(procs))
	for round := range runs + 1 {
		for i, p := range procs {
			if ctx.Err() != nil {
				return out, context.Cause(ctx)
			}
			out[i].Procs = p
			runtime.GOMAXPROCS(p)
			start := time.Now()
			Primes(count)
			if round > 0 {
				out[i].MS = append(out[i].MS, float64(time.Since(start))/float64(time.Millisecond))
			}
		}
	}
	return out, nil
}
