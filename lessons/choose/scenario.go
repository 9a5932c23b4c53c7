package choose

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"interleave/lessons/kit/check"
	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/pace"
	"interleave/lessons/kit/work"
)

// Scenario is a program that needs a model.
type Scenario struct {
	ID, Text string
	leaf     string // of the Go edition
	question string // that decides
	job      *job   // what can be run here; nil if nothing can
}

// Scenarios are eight programs, each with another leaf.
func Scenarios() []Scenario {
	short := pace.Pick(2*time.Millisecond, time.Millisecond)
	return []Scenario{
		{ID: "pages", Text: "Fetch 24 pages of a site, some milliseconds each. It allows 8 connections and refuses the ninth.",
			leaf: Bounded, question: "limit", job: &job{items: 24, wait: 2 * short, limit: 8, base: Sequential, atMost: 0.5}},
		{ID: "thumbnails", Text: "Shrink 24 photographs on this machine, some milliseconds of arithmetic each.",
			leaf: Workers, question: "pieces"}, // notebook 08 measures it: on a machine whose cores are taken nothing would show
		{ID: "config", Text: "Read one configuration file at start; it takes 50 µs.", leaf: Sequential, question: "fast"},
		{ID: "log", Text: "Follow a log: read, parse, look an address up, write. Lines stay in order, and while one is looked up the next can be parsed.",
			leaf: Pipeline, question: "overlap"},
		{ID: "prices", Text: "Add the tax to 20,000 prices in memory, less than a microsecond each; 1,000 times a second.",
			leaf: Batch, question: "pieces", job: &job{items: 20_000, compute: 100 * time.Nanosecond, base: PerTask, atMost: 0.5}},
		{ID: "decoder", Text: "Decode uploads with a C library that crashes on some of them.", leaf: Processes, question: "isolation"},
		{ID: "night", Text: "Every night, more scenes to render than any one machine gets done by morning.", leaf: Queue, question: "machines"},
		{ID: "cameras", Text: "Analyse five cameras' frames, and answer a web API beside it.", leaf: Pools, question: "both"},
	}
}

// job is a scenario's work in small, so that models can be compared by running them.
type job struct {
	items   int
	wait    time.Duration // of each item
	compute time.Duration // of each item, about
	limit   int           // items that the other side bears at once; 0 if any number
	base    string        // the model that a choice is compared with
	atMost  float64       // its time, as a share of the base's
}

// errRefused says that the other side was asked too much at once.
type errRefused struct{ atOnce, limit int }

func (e errRefused) Error() string {
	return fmt.Sprintf("the other side refused: %d at once, and it allows %d", e.atOnce, e.limit)
}

// run does the job once by a model.
func (j job) run(ctx context.Context, model string, load work.Load) error {
	var atOnce, refused atomic.Int64
	item := func() {
		now := atOnce.Add(1)
		defer atOnce.Add(-1)
		if j.limit > 0 && now > int64(j.limit) {
			refused.Store(max(refused.Load(), now))
			return
		}
		load.Do()
		if j.wait > 0 {
			time.Sleep(j.wait)
		}
	}
	if err := j.share(model, item); err != nil {
		return err
	}
	if n := refused.Load(); n > 0 {
		return errRefused{int(n), j.limit}
	}
	return ctx.Err()
}

// share does all items by a model.
func (j job) share(model string, item func()) error {
	var wg sync.WaitGroup
	switch model {
	case Sequential:
		for range j.items {
			item()
		}
	case PerTask:
		for range j.items {
			wg.Go(item)
		}
	case Bounded:
		limit := make(chan struct{}, max(1, j.limit))
		for range j.items {
			limit <- struct{}{}
			wg.Go(func() { item(); <-limit })
		}
	case Workers:
		todo := make(chan struct{})
		for range gomaxprocs() {
			wg.Go(func() {
				for range todo {
					item()
				}
			})
		}
		for range j.items {
			todo <- struct{}{}
		}
		close(todo)
	case Batch:
		workers := gomaxprocs()
		for w := range workers {
			wg.Go(func() {
				for range j.items*(w+1)/workers - j.items*w/workers {
					item()
				}
			})
		}
	default:
		return fmt.Errorf("%q is no way to run this job here", model)
	}
	wg.Wait()
	return nil
}

// Choose is the exercise to choose a leaf for each scenario, and to defend two of the choices by a measurement. The
// answer names a leaf's id for each scenario's.
func Choose() check.Exercise[map[string]string] {
	type answer = map[string]string
	e := check.Exercise[answer]{Name: "eight programs", Task: "Choose a leaf for each of the eight programs."}
	for _, s := range Scenarios() {
		e.Checks = append(e.Checks, check.Check[answer]{Name: s.ID, Kind: check.Value, Try: func(_ context.Context, a answer) error {
			chart := Go2026()
			if n, ok := chart.Node(a[s.ID]); !ok || !n.Leaf() {
				return fmt.Errorf("%q is no leaf: name one of choose.Go2026().Leaves()", a[s.ID])
			}
			if a[s.ID] != s.leaf {
				q, _ := chart.Node(s.question)
				return check.Show(s.Text, "the question that decides is: %s", q.Text)
			}
			return nil
		}})
	}
	for _, s := range Scenarios() {
		if s.job == nil {
			continue
		}
		e.Checks = append(e.Checks, check.Check[answer]{Name: s.ID + ", measured", Kind: check.Performance,
			Try: func(ctx context.Context, a answer) error { return s.defend(ctx, a[s.ID]) }})
	}
	return e
}

// defend compares the chosen model with another one, by running both.
func (s Scenario) defend(ctx context.Context, model string) error {
	j := *s.job
	load := work.Calibrate(j.compute)
	variant := func(name, model string) measure.Variant {
		return measure.Variant{Name: name, Run: func(ctx context.Context) (float64, error) {
			start := time.Now()
			err := j.run(ctx, model, load)
			return float64(time.Since(start)) / float64(time.Millisecond), err
		}}
	}
	if err := j.run(ctx, model, load); err != nil {
		return err
	}
	return check.Ratio{
		Base: variant("by "+j.base, j.base), Answer: variant("your choice, "+model, model), Control: variant("a choice that does", s.leaf),
		AtMost: j.atMost, Plan: measure.Plan{Rounds: pace.Runs(10), Collect: true},
	}.Try(ctx)
}
