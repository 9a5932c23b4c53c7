// Package noise holds the experiment and the exercises of notebook 00: the same work, timed again and again, first
// as the machine is and then beside a second load.
//
// [Spin] returns one point a repeat, with what the machine did meanwhile. The second load is a process of its own;
// it is killed before Spin returns, as is the goroutine that waits for it. Nothing is printed.
package noise

import (
	"context"
	_ "embed" // the source of the spin command
	"errors"
	"fmt"
	"time"

	"interleave/lessons/kit/child"
	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/pace"
	"interleave/lessons/kit/work"
)

// Size is how much the experiment does.
type Size struct {
	Repeats int           // half of them beside the second load
	Work    time.Duration // about how long one takes on a quiet machine
}

// DefaultSize is 200 repeats of 5 ms; 60 of 2 ms in fast mode.
func DefaultSize() Size {
	return Size{Repeats: pace.Pick(200, 60), Work: pace.Pick(5*time.Millisecond, 2*time.Millisecond)}
}

// Point is one repeat.
type Point struct {
	At     time.Duration // since the experiment began
	MS     float64       // how long it took
	Loaded bool          // the second load was running
	measure.Reading
}

// Result is all repeats, and the machine card of each half.
type Result struct {
	Points        []Point
	Alone, Loaded measure.Card
}

// Half is the times in milliseconds of the repeats with or without the second load.
func (r Result) Half(loaded bool) []float64 {
	var out []float64
	for _, p := range r.Points {
		if p.Loaded == loaded {
			out = append(out, p.MS)
		}
	}
	return out
}

//go:embed spin/main.go
var spinSource string

// Spin repeats a fixed amount of arithmetic. A zero size stands for [DefaultSize].
func Spin(ctx context.Context, size Size) (Result, error) {
	if size == (Size{}) {
		size = DefaultSize()
	}
	var r Result
	command := child.Command{Name: "spin", Source: spinSource}
	if _, err := child.Build(ctx, command); err != nil { // not while the clock runs
		return r, fmt.Errorf("noise: %w", err)
	}
	load := work.Calibrate(size.Work)
	start := time.Now()
	var err error
	if r.Alone, err = r.repeat(ctx, load, size.Repeats/2, start, false); err != nil {
		return r, err
	}
	second, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		_, err := child.Run(second, command)
		ended <- err
	}()
	r.Loaded, err = r.repeat(ctx, load, size.Repeats-size.Repeats/2, start, true)
	cancel()
	if err2 := <-ended; err == nil && err2 != nil && !errors.Is(err2, context.Canceled) {
		err = fmt.Errorf("noise: %w", err2)
	}
	return r, err
}

func (r *Result) repeat(ctx context.Context, load work.Load, n int, start time.Time, loaded bool) (measure.Card, error) {
	watch := measure.Watch()
	for range n {
		if ctx.Err() != nil {
			return watch.Card(), context.Cause(ctx)
		}
		p := Point{At: time.Since(start), Loaded: loaded}
		meter := measure.StartMeter()
		load.Do()
		p.Reading = meter.Stop()
		p.MS = float64(p.Wall) / float64(time.Millisecond)
		r.Points = append(r.Points, p)
	}
	return watch.Card(), nil
}
