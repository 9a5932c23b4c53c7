package main

import (
	"context"
	"errors"
	"sync"
)

// preparation runs jobs, each as soon as those it needs are done. The first failure cancels the others: what a user must mend is
// said at once. Steps are shown by the progress.
type preparation struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	bound  func() bool // stop of what ends it with the caller's context
	p      *progress
	all    sync.WaitGroup
}

// job is one thing that is prepared.
type job struct {
	done chan struct{} // closed when it has ended
	err  error         // set before
}

// newPreparation begins one that ends with ctx.
func newPreparation(ctx context.Context, p *progress) *preparation {
	w := &preparation{p: p}
	w.ctx, w.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	w.bound = context.AfterFunc(ctx, func() { w.cancel(context.Cause(ctx)) })
	return w
}

// detach lets it go on when the context of newPreparation ends: only stop ends it then.
func (w *preparation) detach() { w.bound() }

// start begins a job once those it needs are done. When one of them fails it does not begin, and has that error.
func (w *preparation) start(do func(context.Context, *task) error, needs ...*job) *job {
	j := &job{done: make(chan struct{})}
	w.all.Go(func() { // ends with the job, at the latest some seconds after the context
		defer close(j.done)
		for _, n := range needs {
			<-n.done
			if n.err != nil {
				j.err = n.err
				return
			}
		}
		if j.err = context.Cause(w.ctx); j.err != nil {
			return
		}
		t := w.p.task()
		if j.err = do(w.ctx, t); j.err != nil {
			t.drop()
			w.cancel(j.err)
			return
		}
		t.end()
	})
	return j
}

// wait waits for jobs. When anything fails, even what is not waited for, it stops all of it and returns the error of what failed
// first.
func (w *preparation) wait(jobs ...*job) error {
	for _, j := range jobs {
		select {
		case <-j.done:
		case <-w.ctx.Done():
		}
		if err := context.Cause(w.ctx); err != nil {
			w.all.Wait()
			return err
		}
	}
	return nil
}

// errStopped is the cause when stop has ended a preparation.
var errStopped = errors.New("stopped")

// stop ends what is still under way, and waits for that.
func (w *preparation) stop() {
	w.bound()
	w.cancel(errStopped)
	w.all.Wait()
}
