package process

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"interleave/lessons/kit/bubble"
	"interleave/lessons/kit/check"
)

// Caller does a job and waits for the answer. When it has ended, before or meanwhile, the answer's Err is
// [ErrCrashed]. A [Process] is one.
type Caller interface{ Call(Job) Answer }

// Executor is what the exercise asks for.
type Executor interface {
	Map(jobs []Job) []Answer        // in the order of the jobs
	ApplyAsync(j Job) <-chan Answer // returns at once
}

// Crew is an answer to [SurviveCrashes]: it makes an Executor of n workers, each of them started by start.
type Crew func(n int, start func() Caller) Executor

// SurviveCrashes is the exercise to write a process pool. Most of its checks run the answer in a bubble, with workers
// that only pretend to be processes, so that they crash on time; the last one has real ones.
func SurviveCrashes() check.Exercise[Crew] {
	in := func(try func(Crew) error) func(context.Context, Crew) error {
		return func(_ context.Context, answer Crew) error {
			var fault error
			if err := bubble.Run(func() { fault = try(answer) }); fault == nil && err != nil {
				return err
			}
			return fault
		}
	}
	return check.Exercise[Crew]{
		Name: "a pool that survives",
		Task: "Write a pool: Map gives the answers in the order of the jobs, ApplyAsync returns a future at once. A job whose worker ends is given to a new worker, three workers in all, and the pool keeps its size.",
		Checks: []check.Check[Crew]{
			{Name: "Map keeps the order", Kind: check.Value, Try: in(keepsOrder)},
			{Name: "as many jobs at once as workers", Kind: check.Synctest, Try: in(usesAll)},
			{Name: "ApplyAsync returns a future", Kind: check.Synctest, Try: in(isFuture)},
			{Name: "a job survives its worker", Kind: check.Value, Try: in(survives)},
			{Name: "the pool keeps its size", Kind: check.Synctest, Try: in(keepsSize)},
			{Name: "a job that ends every worker is given up", Kind: check.Value, Try: in(givesUp)},
			{Name: "real processes, one ended by SIGKILL", Kind: check.Value, Try: reallySurvives},
		},
	}
}

// troupe starts pretended workers. It lives in a bubble.
type troupe struct {
	mu             sync.Mutex
	tripped        map[int]bool
	started, now   int
	most, overlaps int
	afterDeath     int
}

// maxStarted is how many workers an answer gets before the next one never answers.
const maxStarted = 30

func (t *troupe) start() Caller {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.started++
	return &actor{troupe: t, mute: t.started > maxStarted}
}

// actor is a pretended worker. Jobs are "wait n" (n ms, gives n), "trip n" (the same, but the first time the worker
// ends in the middle of it) and "crash" (ends the worker).
type actor struct {
	troupe           *troupe
	busy, dead, mute bool
}

func (a *actor) Call(j Job) Answer {
	n, _ := j.Arg.(int)
	t := a.troupe
	t.mu.Lock()
	if a.mute {
		t.mu.Unlock()
		select {}
	}
	if a.dead {
		t.afterDeath++
		t.mu.Unlock()
		time.Sleep(time.Millisecond)
		return Answer{Err: fmt.Errorf("%w: before the call", ErrCrashed)}
	}
	if a.busy {
		t.overlaps++
	}
	a.busy = true
	t.now++
	t.most = max(t.most, t.now)
	crash := j.Func == "crash" || j.Func == "trip" && !t.tripped[n]
	if j.Func == "trip" {
		if t.tripped == nil {
			t.tripped = map[int]bool{}
		}
		t.tripped[n] = true
	}
	t.mu.Unlock()
	d := time.Duration(n) * time.Millisecond
	if crash {
		d /= 2
	}
	time.Sleep(d)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now--
	a.busy = false
	if crash {
		a.dead = true
		return Answer{Err: fmt.Errorf("%w: signal: killed", ErrCrashed)}
	}
	return Answer{Value: n}
}

// waits are jobs that take so many milliseconds and give that number.
func waits(name string, ms ...int) []Job {
	jobs := make([]Job, len(ms))
	for i, n := range ms {
		jobs[i] = Job{name, n}
	}
	return jobs
}

// same tells whether the answers are those to waits.
func same(answers []Answer, ms ...int) error {
	if len(answers) != len(ms) {
		return fmt.Errorf("%d jobs have %d answers", len(ms), len(answers))
	}
	table := "job  answer\n"
	bad := -1
	for i, a := range answers {
		got := fmt.Sprint(a.Value)
		if a.Err != nil {
			got = a.Err.Error()
		}
		table += fmt.Sprintf("%3d  %s\n", ms[i], got)
		if bad < 0 && a.Value != ms[i] {
			bad = i
		}
	}
	if bad >= 0 {
		return check.Show(table, "job %d of %d has the wrong answer", bad+1, len(ms))
	}
	return nil
}

func keepsOrder(answer Crew) error {
	return same(answer(2, new(troupe).start).Map(waits("wait", 40, 10, 30, 20)), 40, 10, 30, 20)
}

func usesAll(answer Crew) error {
	t := new(troupe)
	pool, start := answer(4, t.start), time.Now()
	if err := same(pool.Map(waits("wait", 10, 10, 10, 10, 10, 10, 10, 10)), 10, 10, 10, 10, 10, 10, 10, 10); err != nil {
		return err
	}
	switch took := time.Since(start); {
	case t.started != 4:
		return fmt.Errorf("a pool of 4 started %d workers", t.started)
	case t.overlaps > 0:
		return fmt.Errorf("%d times a worker got a job while it had one", t.overlaps)
	case t.most < 4 || took != 20*time.Millisecond:
		return fmt.Errorf("8 jobs of 10 ms on 4 workers took %v, at most %d at once; it should be 20ms and 4", took, t.most)
	}
	return nil
}

func isFuture(answer Crew) error {
	t := new(troupe)
	pool, start := answer(1, t.start), time.Now()
	pool.ApplyAsync(Job{"wait", 5}) // nobody will ever take this one
	future := pool.ApplyAsync(Job{"wait", 10})
	if took := time.Since(start); took > 0 {
		return fmt.Errorf("it returned after %v", took)
	}
	a := <-future
	if took := time.Since(start); took != 10*time.Millisecond && took != 15*time.Millisecond {
		return fmt.Errorf("of jobs of 5 and 10 ms on one worker the second was done after %v", took)
	}
	time.Sleep(time.Second) // enough for the other job, too
	return same([]Answer{a}, 10)
}

func survives(answer Crew) error {
	t := new(troupe)
	jobs := append(waits("wait", 10, 20), waits("trip", 30, 8)...)
	if err := same(answer(2, t.start).Map(jobs), 10, 20, 30, 8); err != nil {
		return err
	}
	return t.buried()
}

// buried fails when a dead worker was given a job.
func (t *troupe) buried() error {
	if t.afterDeath > 0 {
		return fmt.Errorf("%d times a worker got a job after it had ended", t.afterDeath)
	}
	return nil
}

func keepsSize(answer Crew) error {
	t := new(troupe)
	pool := answer(4, t.start)
	if err := same(pool.Map(waits("trip", 10, 12, 14, 16)), 10, 12, 14, 16); err != nil {
		return err
	}
	start := time.Now()
	if err := same(pool.Map(waits("wait", 10, 10, 10, 10, 10, 10, 10, 10)), 10, 10, 10, 10, 10, 10, 10, 10); err != nil {
		return err
	}
	if took := time.Since(start); took != 20*time.Millisecond {
		return fmt.Errorf("after four crashes 8 jobs of 10 ms on 4 workers took %v, not 20ms: the pool has changed its size", took)
	}
	return t.buried()
}

func givesUp(answer Crew) error {
	t := new(troupe)
	got := answer(2, t.start).Map([]Job{{"wait", 10}, {"crash", 4}, {"wait", 20}})
	if len(got) != 3 || !errors.Is(got[1].Err, ErrCrashed) {
		return check.Show(got, "the second job ends whoever does it, so its answer must be ErrCrashed")
	}
	if err := same([]Answer{got[0], got[2]}, 10, 20); err != nil {
		return err
	}
	if t.started < 4 || t.started > 5 { // two, and two more for the job; one may replace the last
		return fmt.Errorf("%d workers were started; the job should have had three, and the other two jobs the fourth", t.started)
	}
	return nil
}

// reallySurvives has the answer run processes. An answer that does not pass in the bubble might wait for ever.
func reallySurvives(ctx context.Context, answer Crew) error {
	for _, try := range []func(Crew) error{survives, keepsSize} {
		var fault error
		if err := bubble.Run(func() { fault = try(answer) }); err != nil || fault != nil {
			return errors.New("not tried: first the pretended crashes")
		}
	}
	if err := Prepare(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var mu sync.Mutex
	var all []*Process
	defer func() {
		mu.Lock()
		defer mu.Unlock()
		for _, p := range all {
			p.Close()
		}
	}()
	start := func() Caller {
		p, err := Start(ctx)
		if err != nil {
			return failed{err}
		}
		mu.Lock()
		defer mu.Unlock()
		all = append(all, p)
		return p
	}
	trap, err := newTrap()
	if err != nil {
		return err
	}
	defer trap.remove()
	got := answer(2, start).Map([]Job{{"square", 2}, {"trip", trap.name}, {"square", 3}, {"square", 4}})
	if len(got) != 4 || got[0].Value != 4 || got[1].Value != trap.name || got[2].Value != 9 || got[3].Value != 16 {
		return check.Show(got, "the second job ended its process once; all four should have their answers")
	}
	return nil
}

// failed is a worker that could not be started.
type failed struct{ err error }

func (f failed) Call(Job) Answer { return Answer{Err: f.err} }
