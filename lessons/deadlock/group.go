package deadlock

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"interleave/lessons/kit/bubble"
	"interleave/lessons/kit/check"
)

// Job is one of the jobs of a group.
type Job func(ctx context.Context) error

// Group is an answer to [RunGroup]: it runs the jobs, at most limit at a time, and waits for all it has started.
// The first error cancels the context of the others and is what it returns.
type Group func(ctx context.Context, limit int, jobs []Job) error

// RunGroup is the exercise to write what errgroup does with a limit.
func RunGroup() check.Exercise[Group] {
	return check.Exercise[Group]{
		Name: "a group with a limit",
		Task: "Run the jobs, at most limit at a time. The first error cancels the rest and is returned, once every job that was started has ended.",
		Checks: []check.Check[Group]{
			{Name: "runs every job", Kind: check.Synctest, Try: runsAll},
			{Name: "never more than the limit", Kind: check.Synctest, Try: limits},
			{Name: "as many as the limit", Kind: check.Synctest, Try: uses},
			{Name: "returns the first error", Kind: check.Synctest, Try: firstError},
			{Name: "cancels the rest", Kind: check.Synctest, Try: cancels},
			{Name: "waits for all", Kind: check.Synctest, Try: waits},
		},
	}
}

// trial is a run of 6 jobs of 10 ms, 2 at a time.
type trial struct {
	ran, most, now atomic.Int64
	took           time.Duration
	err            error
}

func (t *trial) run(g Group) error {
	return bubble.Run(func() {
		start := time.Now()
		var jobs []Job
		for range 6 {
			jobs = append(jobs, func(context.Context) error {
				if n := t.now.Add(1); n > t.most.Load() {
					t.most.Store(n)
				}
				time.Sleep(10 * time.Millisecond)
				t.now.Add(-1)
				t.ran.Add(1)
				return nil
			})
		}
		t.err = g(context.Background(), 2, jobs)
		t.took = time.Since(start)
	})
}

func runsAll(_ context.Context, g Group) error {
	var t trial
	if err := t.run(g); err != nil {
		return err
	}
	if n := t.ran.Load(); n != 6 || t.err != nil {
		return check.Show(nil, "%d of 6 jobs ran, error %v", n, t.err)
	}
	return nil
}

func limits(_ context.Context, g Group) error {
	var t trial
	if err := t.run(g); err != nil {
		return err
	}
	if n := t.most.Load(); n > 2 {
		return check.Show(nil, "%d jobs ran at the same time; the limit is 2", n)
	}
	return nil
}

func uses(_ context.Context, g Group) error {
	var t trial
	if err := t.run(g); err != nil {
		return err
	}
	if n := t.most.Load(); n < 2 {
		return check.Show(nil, "never more than %d job ran at a time; the limit is 2, and 6 jobs of 10 ms took %v", n, t.took)
	}
	return nil
}

// failing are jobs that fail after 20, 10 and 30 ms, whatever their context says.
func failing() []Job {
	var jobs []Job
	for _, ms := range []int{20, 10, 30} {
		jobs = append(jobs, func(context.Context) error {
			time.Sleep(time.Duration(ms) * time.Millisecond)
			return fmt.Errorf("failed after %d ms", ms)
		})
	}
	return jobs
}

func firstError(_ context.Context, g Group) error {
	var got error
	if err := bubble.Run(func() { got = g(context.Background(), 3, failing()) }); err != nil {
		return err
	}
	if got == nil || got.Error() != "failed after 10 ms" {
		return check.Show(nil, "jobs fail after 20, 10 and 30 ms; the group returned: %v", got)
	}
	return nil
}

func cancels(_ context.Context, g Group) error {
	var took time.Duration
	err := bubble.Run(func() {
		start := time.Now()
		g(context.Background(), 2, []Job{
			func(context.Context) error { time.Sleep(10 * time.Millisecond); return errors.New("no") },
			func(ctx context.Context) error {
				select {
				case <-ctx.Done():
				case <-time.After(time.Hour):
				}
				return ctx.Err()
			},
		})
		took = time.Since(start)
	})
	if err == nil && took >= time.Hour {
		return check.Show(nil, "a job failed after 10 ms, and the other worked on for an hour: its context was not cancelled")
	}
	return err
}

func waits(_ context.Context, g Group) error {
	var running atomic.Int64
	left := int64(0)
	err := bubble.Run(func() {
		var jobs []Job
		for _, j := range failing() {
			jobs = append(jobs, func(ctx context.Context) error {
				running.Add(1)
				defer running.Add(-1)
				return j(ctx)
			})
		}
		g(context.Background(), 3, jobs)
		left = running.Load()
	})
	if err == nil && left > 0 {
		return check.Show(nil, "the group returned while %d jobs were still running", left)
	}
	return err
}
