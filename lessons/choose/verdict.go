package choose

import (
	"context"
	"fmt"
	"strings"
	"time"

	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/pace"
	"interleave/lessons/ops"
	"interleave/lessons/process"
	"interleave/lessons/talk"
)

// Evidence is what was measured to judge the talk's conclusions: the same jobs in several models, round by round.
type Evidence struct {
	Latency time.Duration // of the server that is far away
	Body    int           // bytes of the large answers
	CPUs    int
	Gains   []Gain
	Card    measure.Card
}

// Gain is how many times as fast as sequential a model does a job, round by round.
type Gain struct {
	Job, Model string
	Values     []float64
}

// Name is job and model.
func (g Gain) Name() string { return g.Job + ": " + g.Model }

// Jobs of an [Evidence].
const (
	Far  = "I/O, far"  // small answers after a latency
	Near = "I/O, near" // large answers without latency: where the talk measured
	CPU  = "CPU"
)

// OneP is the model of goroutines that share one P, as threads share the GIL.
const OneP = "goroutines on one P"

// Measured runs the jobs: nine requests to a server far away and near by in the models of package process, the talk's CPU
// job in the same, and once more with six goroutines on one P. It takes 6 rounds of each.
func Measured(ctx context.Context) (*Evidence, error) {
	far, near := process.Waiting(), process.Corner()
	far.Runs, near.Runs = pace.MinRuns, pace.MinRuns
	far.Bodies, near.Bodies = true, true
	far.Latency = pace.Pick(far.Latency, far.Latency/2)
	near.Body = pace.Pick(near.Body, near.Body/4)
	crunch := process.Crunch()
	crunch.Runs, crunch.Each = pace.MinRuns, pace.Pick(80*time.Millisecond, 30*time.Millisecond)
	e := &Evidence{Latency: far.Latency, Body: near.Body, CPUs: crunch.Workers}
	watch := measure.Watch()
	var parts []measure.Card
	for _, job := range []struct {
		name string
		process.Fetching
	}{{Far, far}, {Near, near}} {
		list, card, err := job.Compare(ctx)
		if err != nil {
			return nil, fmt.Errorf("choose: %s: %w", job.name, err)
		}
		var samples []measure.Sample
		for _, b := range list {
			samples = append(samples, measure.Sample{Name: b.Name, Values: b.Totals()})
		}
		e.add(job.name, samples, false)
		parts = append(parts, card)
	}
	cpu, err := crunch.Compare(ctx)
	if err != nil {
		return nil, fmt.Errorf("choose: %s: %w", CPU, err)
	}
	e.add(CPU, cpu.Samples, true)
	oneP, err := ops.Ways(ctx, ops.Size{Rounds: pace.MinRuns, Job: crunch.Each / 2, Workers: ops.TalkWorkers}, ops.Sequential, ops.OneP)
	if err != nil {
		return nil, fmt.Errorf("choose: %s: %w", OneP, err)
	}
	for i, s := range oneP.Samples {
		if s.Name == ops.OneP {
			s.Name = OneP
			e.add(CPU, []measure.Sample{oneP.Samples[0], s}, true)
			parts = append(parts, measure.Card{Uses: oneP.Card.Uses[i : i+1]})
		}
	}
	e.Card = company(watch.Card(), append(parts, cpu.Card)...)
	return e, nil
}

// company is the card of all of it, judged as its parts are: processes that want more CPUs than there are do not make
// it NOISY, what goes on in their pauses does.
func company(all measure.Card, parts ...measure.Card) measure.Card {
	all.Crowded = true
	for _, c := range parts {
		all.Uses = append(all.Uses, c.Uses...)
		if c.Crowded {
			all.Pauses.Wall += c.Pauses.Wall
			all.Pauses.Stall += c.Pauses.Stall // where the system tells nothing, it is below 0, as one is
		}
	}
	return all
}

// add takes the samples of a job, of which the first is sequential. Speeds gain by being higher, times by being lower.
func (e *Evidence) add(job string, samples []measure.Sample, speeds bool) {
	for _, s := range samples[1:] {
		g := Gain{Job: job, Model: s.Name}
		for i, v := range s.Values {
			if base := samples[0].Values[i]; speeds {
				g.Values = append(g.Values, v/base)
			} else {
				g.Values = append(g.Values, base/v)
			}
		}
		e.Gains = append(e.Gains, g)
	}
}

// Gain returns the gain of a model in a job, with its interval; empty if it was not measured.
func (e *Evidence) Gain(job, model string) measure.Summary {
	for _, g := range e.Gains {
		if g.Job == job && g.Model == model {
			s, err := measure.Summarize(g.Values)
			if err != nil {
				return measure.Summary{}
			}
			return s
		}
	}
	return measure.Summary{}
}

// Verdict is one of the talk's conclusions, judged.
type Verdict struct {
	Claim string
	Then  string // the evidence of the talk's own runs
	Now   string // what was measured here
	Is    string // what both together say of the claim
	Holds string // "holds when ..."
}

// than says what an interval says of a gain.
func than(s measure.Summary) string {
	switch {
	case !s.Claimed:
		return "no interval"
	case s.Lo > 1:
		return "faster"
	case s.Hi < 1:
		return "slower"
	}
	return "~"
}

// Verdicts judges the three conclusions by the talk's runs and by these. A verdict follows from the intervals: with
// other measurements it reads differently.
func (e *Evidence) Verdicts() ([]Verdict, error) {
	io, err := then(talk.IO, talk.Threading, talk.Asyncio, talk.MultiprocessingPool)
	if err != nil {
		return nil, err
	}
	cpu, err := then(talk.CPU, talk.ThreadingClass, talk.ThreadingCallable, talk.MultiprocessingClass, talk.MultiprocessingPool)
	if err != nil {
		return nil, err
	}
	now := func(job, model string) string {
		s := e.Gain(job, model)
		return fmt.Sprintf("%s, %s: x %v, %s", strings.TrimPrefix(job, "I/O, "), model, s, than(s))
	}
	is := func(job, model, yes, no string) string {
		switch than(e.Gain(job, model)) {
		case "faster":
			return yes
		case "slower":
			return no
		}
		return "not shown here"
	}
	claims := Conclusions()
	return []Verdict{
		{
			Claim: claims[0],
			Then:  io[talk.Asyncio],
			Now:   now(Far, process.Goroutines) + "; " + now(Near, process.Goroutines),
			Is: "not shown by its own data. Goroutines, which wait on a loop too: " + is(Far, process.Goroutines, "true with latency", "false with latency") +
				", " + is(Near, process.Goroutines, "true without", "false without"),
			Holds: "the time is waiting, and the waits can overlap. Python's own loop is in 09, ours in 11",
		},
		{
			Claim: claims[1],
			Then:  cpu[talk.ThreadingClass] + "; " + cpu[talk.ThreadingCallable] + "; " + io[talk.Threading],
			Now:   now(CPU, OneP) + "; " + now(CPU, process.Goroutines) + "; " + now(Far, process.Goroutines),
			Is:    "for CPU: on one P " + than(e.Gain(CPU, OneP)) + ", on all " + than(e.Gain(CPU, process.Goroutines)) + ". For I/O: " + is(Far, process.Goroutines, "false with latency", "holds with latency too"),
			Holds: "one lock or one P serves all threads, or nothing is waited for",
		},
		{
			Claim: claims[2],
			Then:  cpu[talk.MultiprocessingPool] + "; " + io[talk.MultiprocessingPool],
			Now:   now(CPU, process.StartedPool) + "; " + now(Near, process.NewProcesses) + "; " + now(Far, process.StartedPool),
			Is: "for CPU: " + is(CPU, process.StartedPool, "true", "false") + ". For I/O: " +
				is(Near, process.NewProcesses, "false near by", "true near by") + ", " + is(Far, process.StartedPool, "false far away for a started pool", "true far away"),
			Holds: "for I/O: what starting and copying cost is more than the waits that are saved",
		},
	}, nil
}

// then compares programs of the talk with its sequential one, by the nine runs each that it recorded.
func then(w talk.Workload, models ...talk.Model) (map[talk.Model]string, error) {
	sample := func(m talk.Model) measure.Sample {
		return measure.Sample{Name: string(m), Unit: w.Unit(), Values: talk.Values(talk.Program{Workload: w, Model: m})}
	}
	var others []measure.Sample
	for _, m := range models {
		others = append(others, sample(m))
	}
	comparisons, err := measure.CompareAll(sample(talk.Sequential), others...)
	if err != nil {
		return nil, err
	}
	list := map[talk.Model]string{}
	for i, c := range comparisons {
		p, err := measure.Compare(sample(talk.Sequential), others[i]) // as notebook 01 has it, without Holm's correction
		if err != nil {
			return nil, err
		}
		list[models[i]] = fmt.Sprintf("%s %s: x %s in %s, %s, n=%d+%d", w, models[i], measure.Format(c.Ratio), w.Unit(), measure.FormatP(p.P), c.NBase, c.NOther)
	}
	return list, nil
}
