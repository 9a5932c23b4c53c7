package measure

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

// Variant is one of the things compared.
type Variant struct {
	Name string
	// Run does the work once and returns what was measured, in the unit of the [Plan]. It should return early
	// when ctx is cancelled.
	Run func(ctx context.Context) (float64, error)
	// CPUs is how many CPUs Run should keep busy: 1 for a sequential computation, 0 for no expectation. A run
	// that used over 5 % more or less is labelled NOISY.
	CPUs float64
}

// Timed is a variant that measures the wall time of f in milliseconds, on the monotonic clock.
func Timed(name string, f func()) Variant {
	return Variant{Name: name, Run: func(context.Context) (float64, error) {
		start := time.Now()
		f()
		return float64(time.Since(start)) / float64(time.Millisecond), nil
	}}
}

// Plan says how often to run and what to report. The zero value measures 10 rounds after one warm-up, in ms.
type Plan struct {
	Rounds int    // kept rounds; 0 means 10
	WarmUp int    // rounds dropped at the start; 0 means 1, negative none
	Unit   string // of the values; "" means "ms"
	// Collect runs the garbage collector before each value, so that no variant pays for another's garbage.
	Collect bool
	// Crowded says that the variants themselves keep more threads ready than there are CPUs, in processes of their
	// own. CPU pressure then belongs to the experiment and does not make it NOISY.
	Crowded bool
	// Pause makes a pause before each round, in which nothing of the plan needs a CPU. A Crowded run is NOISY by the
	// pressure in its pauses. 10 ms are enough. The default is none.
	Pause time.Duration
	// Settle waits before the first round, at most this long, until the machine is calm (PSI avg10 at most 5 %).
	Settle time.Duration
	// Progress, if not nil, is called before each run and once at the end, on the goroutine of Interleave.
	Progress func(Progress)
}

// Progress is how far a measurement has come.
type Progress struct {
	Variant string // about to run; "" at the end
	Round   int    // 1-based, warm-up rounds included
	Rounds  int
	Done    int // values taken, warm-up included
	Total   int
	Elapsed time.Duration
	Left    time.Duration // estimated from the mean so far; 0 before the first value
}

// String writes the progress as "round 3 of 11, 27 of 99 values, 12s left".
func (p Progress) String() string {
	s := fmt.Sprintf("round %d of %d, %d of %d values", p.Round, p.Rounds, p.Done, p.Total)
	if p.Left > 0 {
		s += ", " + p.Left.Round(time.Second).String() + " left"
	}
	return s
}

// Result is what [Interleave] measured.
type Result struct {
	Samples []Sample // in the order of the variants, all of the same length unless the run was cut short
	Card    Card
}

// Sample returns the sample of that name.
func (r *Result) Sample(name string) (Sample, bool) {
	for _, s := range r.Samples {
		if s.Name == name {
			return s, true
		}
	}
	return Sample{}, false
}

// Compare compares every other variant with base; see [CompareAll].
func (r *Result) Compare(base string) ([]Comparison, error) {
	b, ok := r.Sample(base)
	if !ok {
		return nil, fmt.Errorf("no variant %q", base)
	}
	var others []Sample
	for _, s := range r.Samples {
		if s.Name != base {
			others = append(others, s)
		}
	}
	return CompareAll(b, others...)
}

// Ratio returns the round-by-round quotient other/base; see [Ratios].
func (r *Result) Ratio(base, other string) (Summary, error) {
	b, ok := r.Sample(base)
	o, ok2 := r.Sample(other)
	if !ok || !ok2 {
		return Summary{}, fmt.Errorf("no variants %q and %q", base, other)
	}
	return Ratios(b, o)
}

// Interleave runs the variants in turn, round by round, and returns their samples with the machine card of the
// measured rounds. When ctx ends or a variant fails it returns the error together with the values taken until
// then; the result is nil only when the plan itself is at fault.
func Interleave(ctx context.Context, plan Plan, variants ...Variant) (*Result, error) {
	if err := plan.check(variants); err != nil {
		return nil, err
	}
	plan = plan.defaults()
	r := &Result{Samples: make([]Sample, len(variants))}
	for i, v := range variants {
		r.Samples[i] = Sample{Name: v.Name, Unit: plan.Unit}
	}
	if err := settle(ctx, plan.Settle); err != nil {
		return r, err
	}
	watch := Watch()
	pauses := Reading{Stall: -1}
	begin := time.Now()
	rounds := plan.WarmUp + plan.Rounds
	p := Progress{Rounds: rounds, Total: rounds * len(variants)}
	var failure error
loop:
	for round := range rounds {
		if round == plan.WarmUp {
			watch = Watch()
		}
		if plan.Pause > 0 {
			pauses = pauses.plus(pause(plan.Pause))
		}
		for i, v := range variants {
			p.Variant, p.Round, p.Elapsed = v.Name, round+1, time.Since(begin)
			if p.Done > 0 {
				p.Left = p.Elapsed / time.Duration(p.Done) * time.Duration(p.Total-p.Done)
			}
			plan.report(p)
			value, reading, err := once(ctx, plan, v)
			if err != nil {
				failure = fmt.Errorf("variant %q, round %d: %w", v.Name, round+1, err)
				break loop
			}
			p.Done++
			if round >= plan.WarmUp {
				s := &r.Samples[i]
				s.Values = append(s.Values, value)
				s.Readings = append(s.Readings, reading)
			}
		}
	}
	r.Card = watch.Card()
	r.Card.Crowded, r.Card.Pauses = plan.Crowded, pauses
	r.Card.Uses = uses(variants, r.Samples)
	p.Variant, p.Left, p.Elapsed = "", 0, time.Since(begin)
	plan.report(p)
	return r, failure
}

// pause sleeps, and reads what the rest of the machine does meanwhile. What has just run gets a moment to end.
func pause(d time.Duration) Reading {
	time.Sleep(d / 5)
	meter := StartMeter()
	time.Sleep(d)
	return meter.Stop()
}

// once takes one value. A value that is NaN or infinite is the variant's error.
func once(ctx context.Context, plan Plan, v Variant) (float64, Reading, error) {
	if err := ctx.Err(); err != nil {
		return 0, Reading{}, err
	}
	if plan.Collect {
		runtime.GC()
	}
	meter := StartMeter()
	value, err := v.Run(ctx)
	reading := meter.Stop()
	if err == nil {
		err = check([]float64{value})
	}
	return value, reading, err
}

func (p Plan) check(variants []Variant) error {
	if len(variants) == 0 {
		return fmt.Errorf("measure: no variants: %w", ErrEmpty)
	}
	if p.Rounds < 0 {
		return fmt.Errorf("measure: %d rounds", p.Rounds)
	}
	seen := make(map[string]bool)
	for _, v := range variants {
		if v.Run == nil || v.Name == "" {
			return fmt.Errorf("measure: variant %q needs a name and a Run function", v.Name)
		}
		if seen[v.Name] {
			return fmt.Errorf("measure: two variants are named %q", v.Name)
		}
		seen[v.Name] = true
	}
	return nil
}

func (p Plan) defaults() Plan {
	if p.Rounds == 0 {
		p.Rounds = 10
	}
	switch {
	case p.WarmUp == 0:
		p.WarmUp = 1
	case p.WarmUp < 0:
		p.WarmUp = 0
	}
	if p.Unit == "" {
		p.Unit = "ms"
	}
	return p
}

func (p Plan) report(now Progress) {
	if p.Progress != nil {
		p.Progress(now)
	}
}

// uses compares the CPUs that each variant used, by the sums over its values, with what it should have used.
func uses(variants []Variant, samples []Sample) []Use {
	var list []Use
	for i, v := range variants {
		var wall, cpu time.Duration
		known := len(samples[i].Readings) > 0
		for _, r := range samples[i].Readings {
			wall, cpu, known = wall+r.Wall, cpu+r.CPU, known && r.CPUKnown
		}
		if known && wall > 0 {
			list = append(list, Use{Variant: v.Name, Used: float64(cpu) / float64(wall), Expected: v.CPUs})
		}
	}
	return list
}
