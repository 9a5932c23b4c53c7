package structure_test

import (
	"slices"
	"testing"

	"interleave/lessons/kit/check"
	"interleave/lessons/structure"
)

// trial divides by all odd numbers up to the root, which is less work than the sieve's.
func trial(n int) []int {
	var primes []int
	for i := 2; len(primes) < n; i++ {
		prime := true
		for d := 2; prime && d*d <= i; d++ {
			prime = i%d != 0
		}
		if prime {
			primes = append(primes, i)
		}
	}
	return primes
}

// piped is the sieve with room for so many numbers in each channel.
func piped(room int) func(int) []int {
	return func(n int) []int {
		stop := make(chan bool)
		defer close(stop)
		pass := func(in <-chan int, keep func(int) bool) chan int {
			out := make(chan int, room)
			go func() {
				for {
					select {
					case i := <-in:
						if keep(i) {
							select {
							case out <- i:
							case <-stop:
								return
							}
						}
					case <-stop:
						return
					}
				}
			}()
			return out
		}
		all := make(chan int)
		go func() {
			for i := 2; ; i++ {
				select {
				case all <- i:
				case <-stop:
					return
				}
			}
		}()
		numbers := all
		var primes []int
		for range n {
			p := <-numbers
			primes = append(primes, p)
			numbers = pass(numbers, func(i int) bool { return i%p != 0 })
		}
		return primes
	}
}

func TestExplain(t *testing.T) {
	// Runs that were measured with Sieve on two CPUs, in ms.
	runs := []structure.SieveRun{
		{Procs: 1, MS: []float64{28.1, 28.4, 28.5, 28.5, 28.3, 28.6}},
		{Procs: 2, MS: []float64{45.0, 59.6, 73.4, 59.3, 64.0, 90.0}},
	}
	good := structure.Explanation{Runs: runs, Says: structure.Slower, Primes: trial}
	with := func(change func(*structure.Explanation)) structure.Explanation {
		e := good
		change(&e)
		return e
	}
	primes := func(f func(int) []int) structure.Explanation {
		return with(func(e *structure.Explanation) { e.Primes = f })
	}
	const fast, says, same = "without hand-over at least 10 times as fast", "the claim is what the interval says", "the same primes"
	proof := structure.Explain().Proof(t.Context(), check.Times(), good,
		check.Mutant[structure.Explanation]{Name: "the sieve as it is, for it may stay on one P", Answer: primes(structure.Primes), Fails: fast},
		check.Mutant[structure.Explanation]{Name: "channels with room", Answer: primes(piped(16)), Fails: fast},
		check.Mutant[structure.Explanation]{Name: "channels with much room", Answer: primes(piped(1024)), Fails: fast},
		check.Mutant[structure.Explanation]{Name: "twice the processors, half the time", Answer: with(func(e *structure.Explanation) { e.Says = structure.Faster }), Fails: says},
		check.Mutant[structure.Explanation]{Name: "no difference", Answer: with(func(e *structure.Explanation) { e.Says = structure.Unsure }), Fails: says},
		check.Mutant[structure.Explanation]{Name: "one run each", Answer: with(func(e *structure.Explanation) {
			e.Runs = []structure.SieveRun{{Procs: 1, MS: runs[0].MS[:1]}, {Procs: 2, MS: runs[1].MS[:1]}}
		}), Fails: "it is reproduced"},
		check.Mutant[structure.Explanation]{Name: "two Ps only", Answer: with(func(e *structure.Explanation) { e.Runs = runs[1:] }), Fails: "it is reproduced"},
		check.Mutant[structure.Explanation]{Name: "odd numbers", Answer: primes(func(n int) []int {
			var odd []int
			for i := range n {
				odd = append(odd, 2*i+1)
			}
			return odd
		}), Fails: same},
		check.Mutant[structure.Explanation]{Name: "nothing", Answer: primes(func(int) []int { return nil }), Fails: same},
	)
	t.Log(proof)
	if err := proof.Err(); err != nil {
		t.Error(err)
	}
	if got := trial(6); !slices.Equal(got, []int{2, 3, 5, 7, 11, 13}) {
		t.Error(got)
	}
}
