package ops

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"time"

	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/python"
	"interleave/lessons/talk"
)

// Versus is the talk's CPU programs in Python and in Go, measured in one run.
type Versus struct {
	Interpreters []*python.Interpreter
	Starts       []Start // the benchmarks, in the order of the talk
	Result       *measure.Result
}

// Compare measures the Go side of the talk's five CPU programs, and the same programs by each interpreter, all in
// turn. What a worker needs in order to start is part of what is measured, on both sides: goroutines, threads,
// processes and pools; the start of an interpreter is not.
func Compare(ctx context.Context, size Size, interpreters ...*python.Interpreter) (*Versus, error) {
	size = size.orDefault()
	v := &Versus{Interpreters: interpreters, Starts: Starts()}
	var variants []measure.Variant
	for _, s := range v.Starts {
		for _, i := range interpreters {
			p, err := i.Start(ctx, s.program)
			if err != nil {
				return nil, fmt.Errorf("ops: %w", err)
			}
			defer p.Close()
			variants = append(variants, measure.Variant{Name: v.name(s, i), Run: pythonSide(p, size)})
		}
		variants = append(variants, measure.Variant{Name: v.name(s, nil), CPUs: s.cpus(size), Run: goSide(s, size)})
	}
	plan := size.plan()
	plan.Crowded = true // Python's threads and processes are more than there are CPUs
	var err error
	v.Result, err = measure.Interleave(ctx, plan, variants...)
	return v, err
}

func (s Start) cpus(size Size) float64 {
	if s.Model == talk.Sequential {
		return 1
	}
	return float64(min(size.Workers, runtime.GOMAXPROCS(0)))
}

func goSide(s Start, size Size) func(context.Context) (float64, error) {
	return func(ctx context.Context) (float64, error) {
		start := time.Now()
		ops, err := s.Count(ctx, size.Workers, size.Job)
		if err != nil {
			return 0, err
		}
		return speed(ops, time.Since(start))
	}
}

func pythonSide(p *python.Program, size Size) func(context.Context) (float64, error) {
	request := map[string]any{"seconds": size.Job.Seconds(), "workers": size.Workers}
	return func(ctx context.Context) (float64, error) {
		var answer struct {
			Ops     int
			Seconds float64
		}
		if err := p.Round(ctx, request, &answer); err != nil {
			return 0, err
		}
		return speed(answer.Ops, time.Duration(answer.Seconds*float64(time.Second)))
	}
}

// name is the name of a variant: "Python 3.11.7 cpu threading-class"; a nil interpreter is Go.
func (v *Versus) name(s Start, i *python.Interpreter) string {
	return v.Side(i) + " " + string(s.Model)
}

// Side names a side: "Python 3.11.7", "Python 3.14.0 without GIL", "Python 3.14.0 with GIL, free-threaded build" where an
// extension has brought the lock back, "Go" for nil.
func (v *Versus) Side(i *python.Interpreter) string {
	switch {
	case i == nil:
		return "Go"
	case i.GIL && i.FreeThreaded:
		return "Python " + i.Version + " with GIL, free-threaded build"
	case i.GIL:
		return "Python " + i.Version
	}
	return "Python " + i.Version + " without GIL"
}

// Duel is one benchmark: what each side did.
type Duel struct {
	Start Start
	Names []string         // sides
	Sides []measure.Sample // the same order; Go last
	Talk  measure.Sample   // the nine runs recorded in 2019, on another machine
}

// Duel returns the benchmark of that program of the talk.
func (v *Versus) Duel(model talk.Model) (*Duel, error) {
	for _, s := range v.Starts {
		if s.Model != model {
			continue
		}
		d := &Duel{Start: s, Talk: talk.Sample(talk.Program{Workload: talk.CPU, Model: model})}
		for _, i := range append(v.Interpreters[:len(v.Interpreters):len(v.Interpreters)], nil) {
			sample, ok := v.Result.Sample(v.name(s, i))
			if !ok {
				return nil, fmt.Errorf("ops: %s was not measured", v.name(s, i))
			}
			d.Names, d.Sides = append(d.Names, v.Side(i)), append(d.Sides, sample)
		}
		return d, nil
	}
	return nil, fmt.Errorf("ops: the talk has no CPU program %q", model)
}

// Ratio is Go's speed over that of the first Python, round by round.
func (d *Duel) Ratio() (measure.Summary, error) {
	return measure.Ratios(d.Sides[0], d.Sides[len(d.Sides)-1])
}

// String writes the medians and the ratio, or the medians alone when there is only Go.
func (d *Duel) String() string {
	var lines []string
	for k, s := range d.Sides {
		sum, err := s.Summary()
		if err != nil {
			return err.Error()
		}
		name := d.Names[k]
		if name == "Go" {
			name = "Go, " + d.Start.Name
		}
		lines = append(lines, fmt.Sprintf("%s: %s k ops/s", name, sum))
	}
	if len(d.Sides) > 1 {
		ratio, err := d.Ratio()
		if err != nil {
			return err.Error()
		}
		lines = append(lines, fmt.Sprintf("Go / %s: %s", d.Names[0], ratio))
	}
	return strings.Join(lines, "\n")
}
