package race

import (
	"context"
	_ "embed" // the source of the counter command
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"interleave/lessons/kit/child"
	"interleave/lessons/kit/pace"
)

// Variant is a way to add 1 to a shared counter.
type Variant string

// The variants.
const (
	Plain     Variant = "plain c++"          // a data race; in a process of its own
	Scheduled Variant = "read, yield, write" // loses updates on every machine
	Mutex     Variant = "mutex"
	Atomic    Variant = "atomic"
)

// Size is how much an experiment does.
type Size struct {
	Runs       int // of each variant
	Goroutines int
	Increments int // by each goroutine, in a run
}

// DefaultSize is 50 runs of two goroutines with a million increments each. The scheduled variant does a tenth of
// the increments, since each of them yields. Fast mode does fewer runs, and fewer increments except of the plain
// variant, which needs them to overlap.
func DefaultSize(v Variant) Size {
	n := 1_000_000
	switch v {
	case Scheduled:
		n = pace.Pick(100_000, 10_000)
	case Mutex, Atomic:
		n = pace.Pick(1_000_000, 100_000)
	}
	return Size{Runs: pace.Pick(50, 12), Goroutines: 2, Increments: n}
}

// Run is one run of a counter.
type Run struct {
	Want, Got int
	Wall      time.Duration
}

// Lost is how many increments have no effect on the final value.
func (r Run) Lost() int { return r.Want - r.Got }

// Series is the runs of one variant at one GOMAXPROCS.
type Series struct {
	Variant Variant
	Procs   int // GOMAXPROCS
	CPUs    int // logical CPUs that the process may use
	Runs    []Run
	Note    string // what the reader must know to judge it, such as that one P shows nothing; "" otherwise
}

// Finals are the final values, in the order of the runs.
func (s Series) Finals() []float64 {
	out := make([]float64, len(s.Runs))
	for i, r := range s.Runs {
		out[i] = float64(r.Got)
	}
	return out
}

// LostPercent is the share of the increments that each run lost, in the order of the runs.
func (s Series) LostPercent() []float64 {
	out := make([]float64, len(s.Runs))
	for i, r := range s.Runs {
		out[i] = 100 * float64(r.Lost()) / float64(r.Want)
	}
	return out
}

// Failed counts the runs that lost anything.
func (s Series) Failed() int {
	n := 0
	for _, r := range s.Runs {
		if r.Lost() != 0 {
			n++
		}
	}
	return n
}

// String names the series, as in "plain c++, P = 2".
func (s Series) String() string { return fmt.Sprintf("%s, P = %d", s.Variant, s.Procs) }

// Count runs one variant at one GOMAXPROCS. A zero size stands for [DefaultSize].
func Count(ctx context.Context, v Variant, procs int, size Size) (Series, error) {
	if size == (Size{}) {
		size = DefaultSize(v)
	}
	s := Series{Variant: v, Procs: procs, CPUs: runtime.NumCPU()}
	var err error
	if v == Plain {
		s.Runs, err = plain(ctx, procs, size)
	} else {
		s.Runs, err = inProcess(ctx, v, procs, size)
	}
	if err != nil {
		return s, fmt.Errorf("race: %s: %w", s, err)
	}
	s.Note = note(s)
	return s, nil
}

// note explains a result that depends on the machine.
func note(s Series) string {
	switch {
	case s.Variant != Plain || s.Failed() > len(s.Runs)/2:
		return ""
	case s.Procs == 1:
		return "One P runs one goroutine at a time and almost never stops it inside c++, so this shows no loss. " +
			"The bug is there all the same: it needs two Ps to show, or a yield between read and write."
	case s.CPUs == 1:
		return "This machine has one CPU, so two Ps take turns on it and this shows little or no loss. " +
			"The bug is there all the same: see the variant that yields between read and write."
	}
	return "Most runs lost nothing: the two goroutines hardly ran at the same time. The bug is there all the same."
}

//go:embed counter/main.go
var counterSource string

// plain runs the counter command, which prints a line a run.
func plain(ctx context.Context, procs int, size Size) ([]Run, error) {
	out, err := child.Run(ctx, child.Command{
		Name:   "counter",
		Source: counterSource,
		Args: []string{"-runs", strconv.Itoa(size.Runs), "-goroutines", strconv.Itoa(size.Goroutines),
			"-increments", strconv.Itoa(size.Increments)},
		Env: []string{"GOMAXPROCS=" + strconv.Itoa(procs)},
	})
	if err != nil {
		return nil, err
	}
	if out.Exit != 0 {
		return nil, fmt.Errorf("the counter command ended with status %d: %s", out.Exit, out.Stderr)
	}
	var runs []Run
	for line := range strings.Lines(out.Stdout) {
		r := Run{Want: size.Goroutines * size.Increments}
		var wall int64
		if _, err := fmt.Sscan(line, &r.Got, &wall); err != nil {
			return nil, fmt.Errorf("the counter command printed %q: %w", line, err)
		}
		r.Wall = time.Duration(wall)
		runs = append(runs, r)
	}
	return runs, nil
}

// inProcess runs the variants that are no data race.
func inProcess(ctx context.Context, v Variant, procs int, size Size) ([]Run, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
	var runs []Run
	for range size.Runs {
		if err := ctx.Err(); err != nil {
			return runs, context.Cause(ctx)
		}
		add, final := adder(v, size.Goroutines)
		if add == nil {
			return nil, fmt.Errorf("there is no variant %q", v)
		}
		start := time.Now()
		var wg sync.WaitGroup
		for range size.Goroutines {
			wg.Go(func() { add(size.Increments) })
		}
		wg.Wait()
		wall := time.Since(start)
		runs = append(runs, Run{Want: size.Goroutines * size.Increments, Got: final(), Wall: wall})
	}
	return runs, nil
}

// adder makes a fresh counter: what each goroutine does, and the final value.
func adder(v Variant, goroutines int) (add func(n int), final func() int) {
	switch v {
	case Scheduled:
		var c atomic.Int64
		var met sync.WaitGroup
		met.Add(goroutines)
		return func(n int) {
			for i := range n {
				value := c.Load() // read
				if i == 0 {
					met.Done()
					met.Wait() // all have read 0, so with more Ps, too, one cannot be through before another begins
				} else {
					runtime.Gosched() // let the other one read the same
				}
				c.Store(value + 1) // write
			}
		}, func() int { return int(c.Load()) }
	case Mutex:
		var mu sync.Mutex
		c := 0
		return func(n int) {
			for range n {
				mu.Lock()
				c++
				mu.Unlock()
			}
		}, func() int { return c }
	case Atomic:
		var c atomic.Int64
		return func(n int) {
			for range n {
				c.Add(1)
			}
		}, func() int { return int(c.Load()) }
	}
	return nil, nil
}
