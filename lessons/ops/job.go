// Package ops holds the experiments and exercises of notebook 08: the talk's CPU-bound job in Go, in every way that
// shares it among cores and some that only seem to, beside the same job in Python.
//
// The job of the talk (slide 18) is count_ops: for a given time, fill three 64x64 matrices with random numbers and
// compute a·x + b, and count how often that was done. Here the product is gonum's, the matrices are made once and
// used again, and each worker has a random generator of its own, unless the experiment is about that. Every worker
// keeps a checksum, and [Worker.Verify] compares it with plain loops.
//
// Speeds are in thousands of operations per second of wall time, k ops/s, of all workers together. Experiments run
// their variants in turn through [measure.Interleave]; goroutines end before a call returns, except the one that a
// cancelled call may have to wait for; nothing is printed.
package ops

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"gonum.org/v1/gonum/mat"
)

// Side is the number of rows and columns of the talk's matrices.
const Side = 64

// Fill overwrites numbers with random ones from 0 to 1.
type Fill func(numbers []float64)

// Own is a Fill with a generator of its own, a PCG. Two with one seed give the same numbers.
func Own(seed uint64) Fill {
	r := rand.New(rand.NewPCG(seed, 0))
	return func(numbers []float64) {
		for i := range numbers {
			numbers[i] = r.Float64()
		}
	}
}

// Worker does the job. Make it with [NewWorker]; one goroutine may use it at a time.
type Worker struct {
	Ops int // operations done

	fill       Fill
	a, x, b, c *mat.Dense
	pause      func() // between the steps of an operation; nil for none
	sum        float64
	early      float64 // sum after the first verified operations
}

// verified is how many operations Verify does again.
const verified = 8

// NewWorker makes a worker of a generator.
func NewWorker(fill Fill) *Worker {
	square := func() *mat.Dense { return mat.NewDense(Side, Side, nil) }
	return &Worker{fill: fill, a: square(), x: square(), b: square(), c: square()}
}

// Do does one operation: three fills, a product, a sum.
func (w *Worker) Do() {
	for _, m := range [...]*mat.Dense{w.a, w.x, w.b} {
		w.fill(m.RawMatrix().Data)
		w.rest()
	}
	w.c.Mul(w.a, w.x)
	w.rest()
	w.c.Add(w.c, w.b)
	w.rest()
	for i := range Side {
		w.sum += w.c.At(i, i)
	}
	w.Ops++
	if w.Ops <= verified {
		w.early = w.sum
	}
}

func (w *Worker) rest() {
	if w.pause != nil {
		w.pause()
	}
}

// Run does operations until the deadline or the end of ctx. It does one in any case unless ctx has ended: where much
// else runs, a worker may start only after its deadline, and its speed is still what it did in the time it took.
func (w *Worker) Run(ctx context.Context, deadline time.Time) {
	for first := true; (first || time.Now().Before(deadline)) && ctx.Err() == nil; first = false {
		w.Do()
	}
}

// Sum is the checksum: the sum of the diagonals of all results.
func (w *Worker) Sum() float64 { return w.sum }

// Verify checks the checksum in two ways. It does the first operations again in plain loops, with fresh, which must
// give the numbers that the worker's generator gave; nil where nobody can tell, as with a shared generator. And it
// compares the mean with what random numbers must give: a diagonal of a·x + b sums to 64 (64/4 + 1/2) = 1056 on average.
func (w *Worker) Verify(fresh Fill) error {
	if w.Ops == 0 {
		return nil // another had the core all the time
	}
	if fresh != nil {
		if want := plain(fresh, min(w.Ops, verified)); math.Abs(w.early-want) > 1e-9*want {
			return fmt.Errorf("ops: the first %d operations sum to %v, plain loops give %v", min(w.Ops, verified), w.early, want)
		}
	}
	const (
		mean     = Side * (Side*0.25 + 0.5)
		variance = Side * (Side*(1.0/9-1.0/16) + 1.0/12) // of one diagonal; its elements hardly depend on each other
	)
	n := float64(w.Ops)
	if off := w.sum - n*mean; math.Abs(off) > 8*math.Sqrt(n*variance) {
		return fmt.Errorf("ops: %d operations have a mean checksum of %v instead of %v", w.Ops, w.sum/n, mean)
	}
	return nil
}

// plain is the checksum of n operations without gonum.
func plain(fill Fill, n int) float64 {
	var a, x, b [Side * Side]float64
	sum := 0.0
	for range n {
		fill(a[:])
		fill(x[:])
		fill(b[:])
		for i := range Side {
			dot := b[i*Side+i]
			for k := range Side {
				dot += a[i*Side+k] * x[k*Side+i]
			}
			sum += dot
		}
	}
	return sum
}
