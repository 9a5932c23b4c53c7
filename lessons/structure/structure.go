// Package structure holds the experiments of notebook 03: concurrency is how a program is put together,
// parallelism is how it is run.
//
// The same two tasks of four steps are run one after the other, as two goroutines on one P, and as two goroutines
// on two Ps ([Run]). The second has the structure without the parallelism: its steps are interleaved and it takes
// as long as the first. [Sieve] is the concurrent program that more Ps make slower. Goroutines end before each
// call returns. Functions that change GOMAXPROCS put it back, so they must not run at the same time as one
// another.
package structure

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"interleave/lessons/kit/pace"
	"interleave/lessons/kit/timeline"
	"interleave/lessons/kit/work"
)

// Execution is a way to run the two tasks.
type Execution string

// The executions.
const (
	Sequential Execution = "sequential"
	Concurrent Execution = "concurrent, P = 1"
	Parallel   Execution = "parallel, P = 2"
)

// Executions are all of them, in the order of the talk's figure.
func Executions() []Execution { return []Execution{Sequential, Concurrent, Parallel} }

// Size is how much there is to do.
type Size struct {
	Runs  int           // of each execution
	Tasks int           // two in the figure
	Steps int           // of each task
	Step  time.Duration // about how long a step takes on a quiet machine
}

// DefaultSize is two tasks of 4 steps of 3 ms, 10 runs; 6 in fast mode, with steps of 1 ms.
func DefaultSize() Size {
	return Size{Runs: pace.Runs(10), Tasks: 2, Steps: 4, Step: pace.Pick(3*time.Millisecond, time.Millisecond)}
}

// Dot is one step that was done.
type Dot struct {
	Task, Step int // from 1
	Start, End time.Duration
}

// Result is the runs of one execution.
type Result struct {
	Execution Execution
	Walls     []time.Duration    // of the runs, in order
	Dots      []Dot              // of the last run, in the order in which steps began
	Timeline  *timeline.Timeline // of the last run: lanes "task 1", "task 2"
	CPUs      int                // logical CPUs
	Note      string             // what the reader must know, such as that one CPU runs nothing in parallel
}

// Milliseconds are the walls, for a strip.
func (r Result) Milliseconds() []float64 {
	out := make([]float64, len(r.Walls))
	for i, w := range r.Walls {
		out[i] = float64(w) / float64(time.Millisecond)
	}
	return out
}

// Switches counts how often a step was begun by another task than the step before: 1 when sequential, and at most
// 7 for two tasks of 4 steps.
func (r Result) Switches() int {
	n := 0
	for i := 1; i < len(r.Dots); i++ {
		if r.Dots[i].Task != r.Dots[i-1].Task {
			n++
		}
	}
	return n
}

// Compare runs the executions in turn, round by round, and drops a first round. A zero size stands for
// [DefaultSize].
func Compare(ctx context.Context, size Size) ([]Result, error) {
	if size == (Size{}) {
		size = DefaultSize()
	}
	load := work.Calibrate(size.Step)
	var results []Result
	for _, e := range Executions() {
		r := Result{Execution: e, CPUs: runtime.NumCPU()}
		if e == Parallel && r.CPUs == 1 {
			r.Note = "This machine has one CPU, so two Ps take turns on it: nothing runs in parallel here."
		}
		results = append(results, r)
	}
	for round := range size.Runs + 1 {
		for i := range results {
			if err := ctx.Err(); err != nil {
				return results, context.Cause(ctx)
			}
			if err := results[i].once(size, load, round); err != nil {
				return results, err
			}
		}
	}
	return results, nil
}

// once runs one execution; round 0 warms up, and the last round is recorded as a timeline.
func (r *Result) once(size Size, load work.Load, round int) error {
	procs := 1
	if r.Execution == Parallel {
		procs = size.Tasks
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
	start := time.Now()
	if round < size.Runs {
		r.Dots = tasks(r.Execution, size, load)
		if round > 0 {
			r.Walls = append(r.Walls, time.Since(start))
		}
		return nil
	}
	var err error
	r.Timeline, err = timeline.Record(func() { r.Dots = tasks(r.Execution, size, load) })
	if err != nil {
		return fmt.Errorf("structure: %s: %w", r.Execution, err)
	}
	r.Timeline.SortByName()
	r.Walls = append(r.Walls, r.Timeline.Wall)
	return nil
}

// tasks does all steps and returns them in the order in which they began.
func tasks(e Execution, size Size, load work.Load) []Dot {
	start := time.Now()
	var mu sync.Mutex
	var dots []Dot
	task := func(n int) {
		timeline.Name(fmt.Sprint("task ", n))
		for step := 1; step <= size.Steps; step++ {
			mu.Lock()
			at := len(dots)
			dots = append(dots, Dot{Task: n, Step: step, Start: time.Since(start)})
			mu.Unlock()
			load.Do()
			mu.Lock()
			dots[at].End = time.Since(start)
			mu.Unlock()
			if e != Sequential {
				runtime.Gosched() // a step is done: another task may have its turn
			}
		}
	}
	var wg sync.WaitGroup
	for n := 1; n <= size.Tasks; n++ {
		wg.Go(func() { task(n) })
		if e == Sequential {
			wg.Wait()
		}
	}
	wg.Wait()
	return dots
}
