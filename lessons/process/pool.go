package process

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// maxTries is how many processes a job may cost before it is given up.
const maxTries = 3

// Pool is a number of worker processes that share jobs. It is safe for concurrent use.
type Pool struct {
	ctx    context.Context
	cancel context.CancelFunc
	idle   chan *Process // a nil stands for a worker that could not be started again yet
	size   int
	jobs   sync.WaitGroup
	lost   atomic.Int64
	closed sync.Once
}

// ErrClosed says that the pool was closed, or its context ended, before a job was done.
var ErrClosed = errors.New("the pool is closed")

// NewPool starts n workers, and returns when all of them answer. They end with ctx or with Close.
func NewPool(ctx context.Context, n int) (*Pool, error) {
	if n < 1 {
		return nil, fmt.Errorf("process: a pool of %d workers", n)
	}
	p := &Pool{idle: make(chan *Process, n), size: n}
	p.ctx, p.cancel = context.WithCancel(ctx)
	var mu sync.Mutex
	var errs []error
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			w, err := Start(p.ctx)
			if err == nil {
				err = w.Call(Job{Func: "ready"}).Err
			}
			if err != nil {
				mu.Lock()
				errs = append(errs, err)
				mu.Unlock()
			}
			p.idle <- w
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Size is how many workers the pool has.
func (p *Pool) Size() int { return p.size }

// Lost is how many workers have ended in the middle of a job so far; each was replaced.
func (p *Pool) Lost() int { return int(p.lost.Load()) }

// ApplyAsync has some worker do a job and returns at once. The answer will be in the channel, a future, whether
// anybody takes it or not. A job whose worker ends is given to a new one, three times in all: so a function may run
// more than once, and should do no harm by it.
func (p *Pool) ApplyAsync(name string, arg any) <-chan Answer {
	future := make(chan Answer, 1) // room for the answer: nobody is left behind if it is not taken
	p.jobs.Go(func() { future <- p.do(Job{name, arg}) })
	return future
}

// do waits for an idle worker, has it do the job, and replaces it if it ends.
func (p *Pool) do(j Job) Answer {
	var w *Process
	select {
	case w = <-p.idle:
	case <-p.ctx.Done():
		return Answer{Err: ErrClosed}
	}
	defer func() { p.idle <- w }()
	var a Answer
	for range maxTries {
		if p.ctx.Err() != nil {
			return Answer{Err: ErrClosed}
		}
		if w == nil {
			var err error
			if w, err = Start(p.ctx); err != nil {
				return Answer{Err: err}
			}
		}
		if a = w.Call(j); !errors.Is(a.Err, ErrCrashed) {
			return a
		}
		w.Close()
		w = nil
		p.lost.Add(1)
	}
	return a
}

// Map has the workers do a job for each argument, and returns the results in the order of the arguments. The error
// is that of the first argument whose job failed.
func Map[R, A any](p *Pool, name string, args []A) ([]R, error) {
	answers := make([]<-chan Answer, len(args))
	for i, arg := range args {
		answers[i] = p.ApplyAsync(name, arg)
	}
	results := make([]R, len(args))
	var first error
	for i, future := range answers {
		a := <-future
		value, ok := a.Value.(R)
		if a.Err == nil && !ok {
			a.Err = fmt.Errorf("%s gives %T, not %T", name, a.Value, value)
		}
		if a.Err != nil && first == nil {
			first = fmt.Errorf("argument %d: %w", i, a.Err)
		}
		results[i] = value
	}
	return results, first
}

// Close ends all workers, in the middle of a job if need be, and waits until they have ended.
func (p *Pool) Close() {
	p.closed.Do(func() {
		p.cancel()
		p.jobs.Wait()
		for range p.size {
			if w := <-p.idle; w != nil {
				w.Close()
			}
		}
	})
}
