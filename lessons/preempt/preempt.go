// Package preempt holds the experiments and exercises of notebook 04: who decides when a goroutine gives up its P?
//
// A loop that calls no function shares one P with a goroutine that asks for sleeps of 1 ms. How long those sleeps
// really take says who switched: the scheduler by its signals, the loop by yielding or by blocking, or nobody
// until the loop ended. Each run is a process of its own, since GODEBUG is read at start ([child.Run]); the
// package starts no goroutine and prints nothing.
package preempt

import (
	"context"
	_ "embed" // the source of the hot command
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"interleave/lessons/kit/child"
	"interleave/lessons/kit/pace"
	"interleave/lessons/kit/timeline"
)

// Mode is who may decide the switch.
type Mode string

// The modes.
const (
	Nobody  Mode = "asyncpreemptoff=1" // the loop runs to its end
	Signals Mode = "default"           // pre-emptive: the runtime interrupts after 10 ms
	Yields  Mode = "Gosched"           // cooperative: the loop offers its P
	Blocks  Mode = "run to block"      // cooperative: the loop waits for somebody now and then
)

// Modes are all of them, in the order of the notebook.
func Modes() []Mode { return []Mode{Nobody, Signals, Yields, Blocks} }

// Size is how much an experiment does.
type Size struct {
	Runs   int           // of each mode
	Loop   time.Duration // about how long the loop takes when nobody stops it
	Sleeps int           // of 1 ms, in a run
}

// DefaultSize is 6 runs of a loop of 1 s, or 0.2 s in fast mode, and 6 sleeps.
func DefaultSize() Size {
	return Size{Runs: pace.MinRuns, Loop: pace.Pick(time.Second, 200*time.Millisecond), Sleeps: 6}
}

// Result is the runs of one mode.
type Result struct {
	Mode     Mode
	Gaps     [][]time.Duration  // by run: how long each sleep of 1 ms took
	Timeline *timeline.Timeline // of the last run: lanes "loop" and "sleeper"
}

// Longest is the longest gap of each run, in milliseconds.
func (r Result) Longest() []float64 {
	var out []float64
	for _, gaps := range r.Gaps {
		longest := time.Duration(0)
		for _, g := range gaps {
			longest = max(longest, g)
		}
		out = append(out, ms(longest))
	}
	return out
}

// All is every gap in milliseconds, for a box or a strip.
func (r Result) All() []float64 {
	var out []float64
	for _, gaps := range r.Gaps {
		for _, g := range gaps {
			out = append(out, ms(g))
		}
	}
	return out
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

//go:embed hot/main.go
var hotSource string

// Run measures one mode on one P. A zero size stands for [DefaultSize].
func Run(ctx context.Context, m Mode, size Size) (Result, error) {
	if size == (Size{}) {
		size = DefaultSize()
	}
	r := Result{Mode: m}
	dir, err := os.MkdirTemp("", "preempt")
	if err != nil {
		return r, fmt.Errorf("preempt: %w", err)
	}
	defer os.RemoveAll(dir)
	for range size.Runs {
		if err := r.once(ctx, filepath.Join(dir, "trace"), size); err != nil {
			return r, fmt.Errorf("preempt: %s: %w", m, err)
		}
	}
	return r, nil
}

func (r *Result) once(ctx context.Context, file string, size Size) error {
	godebug, yield := "asyncpreemptoff=0", "no"
	switch r.Mode {
	case Nobody:
		godebug = "asyncpreemptoff=1"
	case Yields:
		yield = "gosched"
	case Blocks:
		yield = "block"
	}
	out, err := child.Run(ctx, child.Command{
		Name: "hot", Source: hotSource, Env: []string{"GOMAXPROCS=1", "GODEBUG=" + godebug},
		Args: []string{"-yield", yield, "-loop", size.Loop.String(), "-sleeps", strconv.Itoa(size.Sleeps), "-trace", file},
	})
	if err != nil {
		return err
	}
	if out.Exit != 0 {
		return fmt.Errorf("the hot command ended with status %d: %s", out.Exit, out.Stderr)
	}
	var gaps []time.Duration
	for line := range strings.Lines(out.Stdout) {
		ns, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
		if err != nil {
			return fmt.Errorf("the hot command printed %q: %w", line, err)
		}
		gaps = append(gaps, time.Duration(ns))
	}
	r.Gaps = append(r.Gaps, gaps)
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if r.Timeline, err = timeline.Read(f); err != nil {
		return err
	}
	r.Timeline.SortByName()
	return nil
}
