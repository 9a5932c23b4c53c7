package locks

import (
	"context"
	_ "embed" // the program around the answer
	"fmt"
	"strconv"
	"strings"

	"interleave/lessons/kit/check"
	"interleave/lessons/kit/child"
	"interleave/lessons/kit/measure"
)

//go:embed tally/main.go
var tallySource string

// OneMutex is the answer to [Shards] that learners begin with.
const OneMutex = `import "sync"

type Counter struct {
	mu sync.Mutex // guards n
	n  int
}

func NewCounter(goroutines int) *Counter { return &Counter{} }

// Add adds 1. It is called by goroutine g, from 0 to goroutines-1.
func (c *Counter) Add(g int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
}

// Value is called when all goroutines have ended.
func (c *Counter) Value() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}
`

// Twice is how many times as fast as the mutex an answer to [Shards] is to be.
const Twice = 2

// additions of each goroutine in a process that is timed: some milliseconds with a mutex.
const additions = 300_000

// Shards is the exercise to count at least twice as fast as with one mutex. The answer is Go source as [OneMutex] has it.
// Speed is that of a process for each value, additions in a second of wall time, and it takes two CPUs. The control is
// a plain number for each goroutine, far apart from the others.
func Shards() check.Exercise[string] {
	return check.Exercise[string]{
		Name: "a counter without a queue",
		Task: "Goroutines count together, and wait for one mutex. Write a counter that is at least twice as fast, and right.",
		Checks: []check.Check[string]{
			{Name: "it compiles", Kind: check.Value, Try: func(ctx context.Context, a string) error { return tally(a).Compiles(ctx) }},
			{Name: "every addition counts", Kind: check.Value, Try: func(ctx context.Context, a string) error { return tally(a).Prints(ctx) }},
			{Name: "the race detector is silent", Kind: check.RaceClean, Try: func(ctx context.Context, a string) error { return tally(a).RaceFree(ctx) }},
			{Name: "at least twice as fast as the mutex", Kind: check.Performance, Try: func(ctx context.Context, a string) error {
				if err := tally(a).Prints(ctx); err != nil {
					return check.Inconclusive("a counter that does not count is fast for nothing")
				}
				return check.Ratio{
					Base: counting("one mutex", "mutex", a), Answer: counting("yours", "answer", a), Control: counting("known to be fast", "apart", a),
					AtLeast: Twice, CPUs: 2, Plan: measure.Plan{Unit: "M additions/s"}, Tries: 8, // a busy minute passes
				}.Try(ctx)
			}},
		},
	}
}

// tally is the program that counts with an answer and says whether it is right.
func tally(answer string) check.Program {
	return check.Program{
		Command: child.Command{Name: "tally", Source: tallySource, Files: map[string]string{"answer.go": check.Go(answer)}, Args: []string{"check"}},
		Want:    "2800 of 2800",
	}
}

// counting is a way to count, timed in a process of its own.
func counting(name, way, answer string) measure.Variant {
	return measure.Variant{Name: name, Run: func(ctx context.Context) (float64, error) {
		c := tally(answer).Command
		c.Args = []string{strconv.Itoa(additions), way}
		out, err := child.Run(ctx, c)
		if err != nil {
			return 0, err
		}
		if out.Exit != 0 {
			return 0, fmt.Errorf("tally %s ended with status %d: %s", way, out.Exit, out.Stderr)
		}
		return strconv.ParseFloat(strings.TrimSpace(out.Stdout), 64)
	}}
}
