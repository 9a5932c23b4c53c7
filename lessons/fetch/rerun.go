package fetch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/pace"
	"interleave/lessons/kit/python"
	"interleave/lessons/talk"
)

// Workers is how many processes the talk's pool had.
const Workers = 6

// RerunPlan is what [Rerun] measures.
type RerunPlan struct {
	Requests int
	Jobs     []Job // the first is the talk's corner
	Rounds   int   // kept; the first is dropped
	Progress func(measure.Progress)
}

// DefaultRerunPlan is 9 requests at the talk's corner, 0 ms x 8192 kB, and at 50 ms x 1 kB, in 7 rounds; in fast mode
// 0 ms x 1024 kB and 5 ms x 1 kB, 6 rounds.
func DefaultRerunPlan() RerunPlan {
	return RerunPlan{
		Requests: Requests, Rounds: pace.Runs(7),
		Jobs: []Job{
			{0, pace.Pick(8192<<10, 1024<<10)},
			{pace.Pick(50*time.Millisecond, 5*time.Millisecond), 1 << 10},
		},
	}
}

// client is a program that does rounds: of package python, or our own command.
type client interface {
	Round(ctx context.Context, request, answer any) error
	Close() error
}

// contender is a program that stays alive while it is measured.
type contender struct {
	model    talk.Model
	language string
	started  bool
	client   client
	request  map[string]any // without the URLs
}

// answer is what a client says of a round.
type answer struct {
	Seconds float64
	Sizes   []int
	Method  string
}

// Rerun runs the talk's four I/O programs in Python and in Go, in turn, round by round, against one server on the
// loopback interface. All clients are processes of their own that were started before; the time is what they measured
// themselves. In each round each of them opens its connections anew, but for pools that were started before. Where a
// Python without the global interpreter lock is found, too, it runs the first two of them. Where no Python is found, Go
// runs alone. [Benchmarks.Note] says which.
func Rerun(ctx context.Context, plan RerunPlan) (*Benchmarks, error) {
	b := &Benchmarks{Plan: plan}
	server, err := Listen(ctx, 0)
	if err != nil {
		return nil, err
	}
	defer server.Close()
	contenders, err := b.contenders(ctx)
	defer func() {
		for _, c := range contenders {
			c.client.Close()
		}
	}()
	if err != nil {
		return nil, fmt.Errorf("fetch: %w", err)
	}
	var variants []measure.Variant
	for _, job := range plan.Jobs {
		urls := server.URLs(plan.Requests, job)
		for _, c := range contenders {
			variants = append(variants, b.variant(c, job, urls))
		}
	}
	r, err := measure.Interleave(ctx, measure.Plan{
		Rounds: plan.Rounds, Collect: true, Crowded: true, Progress: plan.Progress}, variants...)
	if err != nil {
		return nil, err
	}
	b.Card = r.Card
	b.file(contenders, r.Samples)
	return b, nil
}

// contenders starts all programs, at the same time: a Python needs some tenths of a second of a CPU. Those that have
// started are returned with an error, too.
func (b *Benchmarks) contenders(ctx context.Context) ([]contender, error) {
	var err error
	if b.Python, b.missing, err = find(ctx, python.Find); err != nil {
		return nil, err
	}
	if b.Free, b.missingFree, err = find(ctx, python.FindFreeThreaded); err != nil {
		return nil, err
	}
	if _, err := buildClient(ctx); err != nil { // so that they do not build it all at once
		return nil, err
	}
	var starts []func() (contender, error)
	for _, p := range pythonPrograms {
		for _, i := range []*python.Interpreter{b.Python, b.Free} {
			if i == nil || i == b.Free && !p.free {
				continue
			}
			starts = append(starts, func() (contender, error) {
				c, err := p.start(ctx, i)
				if i == b.Free {
					c.language = Free
				}
				return c, err
			})
		}
	}
	for _, p := range []struct {
		model   talk.Model
		started bool
		name    string
		env     string
	}{
		{talk.Sequential, false, "sequential", ""}, {talk.Threading, false, "goroutines", ""}, {talk.Asyncio, false, "goroutines", "GOMAXPROCS=1"},
		{talk.MultiprocessingPool, false, "pool", ""}, {talk.MultiprocessingPool, true, "started pool", ""},
	} {
		starts = append(starts, func() (contender, error) {
			process, err := startProcess(ctx, p.env)
			return contender{p.model, Go, p.started, process, map[string]any{"model": p.name, "workers": Workers}}, err
		})
	}
	list, errs := make([]contender, len(starts)), make([]error, len(starts))
	var wg sync.WaitGroup
	for i, start := range starts {
		wg.Go(func() { list[i], errs[i] = start() })
	}
	wg.Wait()
	started := list[:0]
	for i, c := range list {
		if errs[i] == nil {
			started = append(started, c)
		}
	}
	return started, errors.Join(errs...)
}

// find tells a Python that is not there from an error.
func find(ctx context.Context, look func(context.Context) (*python.Interpreter, error)) (*python.Interpreter, error, error) {
	i, err := look(ctx)
	var missing *python.NotFoundError
	if errors.As(err, &missing) {
		return nil, err, nil
	}
	return i, nil, err
}

// pythonProgram is one of package python's.
type pythonProgram struct {
	model   talk.Model
	started bool
	name    string
	free    bool // run by a Python without the lock, too
}

var pythonPrograms = [...]pythonProgram{ // never changed
	{talk.Sequential, false, "io_sequential", true}, {talk.Threading, false, "io_threading", true},
	{talk.Asyncio, false, "io_asyncio", false},
	{talk.MultiprocessingPool, false, "io_pool", false}, {talk.MultiprocessingPool, true, "io_pool", false},
}

func (p pythonProgram) start(ctx context.Context, i *python.Interpreter) (contender, error) {
	var args []string
	request := map[string]any{}
	if p.model == talk.MultiprocessingPool {
		request["workers"] = Workers
	}
	if p.started {
		args = []string{"started", fmt.Sprint(Workers)}
	}
	program, err := i.Start(ctx, p.name, args...)
	return contender{p.model, Python, p.started, program, request}, err
}

// variant is one program at one job, in ms as it measured them.
func (b *Benchmarks) variant(c contender, job Job, urls []string) measure.Variant {
	request := map[string]any{"urls": urls}
	for k, v := range c.request {
		request[k] = v
	}
	name := fmt.Sprintf("%s %s, %v", c.language, c.model, job)
	if c.started {
		name += ", started"
	}
	return measure.Variant{Name: name, Run: func(ctx context.Context) (float64, error) {
		var a answer
		if err := c.client.Round(ctx, request, &a); err != nil {
			return 0, err
		}
		if len(a.Sizes) != len(urls) || slices.ContainsFunc(a.Sizes, func(n int) bool { return n != job.Body }) {
			return 0, fmt.Errorf("fetch: bodies of %v bytes instead of %d of %d", a.Sizes, len(urls), job.Body)
		}
		if a.Method != "" {
			b.Start = a.Method
		}
		return a.Seconds * 1000, nil
	}}
}

// file sorts the samples into the benchmarks: of each Python first, job by job.
func (b *Benchmarks) file(contenders []contender, samples []measure.Sample) {
	words := map[talk.Model][2]string{
		talk.Sequential:          {"one requests.Session", "one http.Client"},
		talk.Threading:           {"a thread and a session each", "a goroutine each"},
		talk.Asyncio:             {"asyncio with aiohttp", "a goroutine each, P = 1"},
		talk.MultiprocessingPool: {"multiprocessing.Pool(6)", "a pool of 6 processes"},
	}
	for _, program := range talk.ByWorkload(talk.IO) {
		one := Benchmark{Program: program, Python: words[program.Model][0], Go: words[program.Model][1]}
		for j, job := range b.Plan.Jobs {
			for i, c := range contenders {
				if c.model != program.Model {
					continue
				}
				row := Row{Language: c.language, Started: c.started, Job: job, Sample: samples[j*len(contenders)+i]}
				if c.language == Python && !c.started && j == 0 {
					if sum, err := talk.Sample(program).Summary(); err == nil { // recorded data, which a test reads
						row.Rings = []float64{sum.Median}
					}
				}
				one.Rows = append(one.Rows, row)
			}
		}
		b.List = append(b.List, one)
	}
}
