package session

import (
	"context"
	"sync"
)

// lane is a queue of requests with one consumer. It holds as much as clients send, so that receiving never
// waits for serving. The lane of cells can be aborted and interrupted.
type lane struct {
	wake chan struct{} // holds one token when something was pushed

	mu      sync.Mutex
	queue   []queued
	current *run
}

type queued struct {
	req     *Request
	aborted bool
}

// run is one request taken from a lane, until it is done.
type run struct {
	req         *Request
	aborted     bool          // it shall be answered without being run
	interrupted bool          // guarded by lane.mu
	entered     bool          // guarded by lane.mu: the engine has it
	stop        chan struct{} // closed by an interrupt
}

func newLane() *lane { return &lane{wake: make(chan struct{}, 1)} }

func (l *lane) push(req *Request) {
	l.mu.Lock()
	l.queue = append(l.queue, queued{req: req})
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// next takes the oldest request, waiting for one. When ctx has ended what is still queued comes out
// aborted, and then nil.
func (l *lane) next(ctx context.Context) *run {
	for {
		if r := l.take(ctx.Err() != nil); r != nil {
			return r
		}
		if ctx.Err() != nil {
			return nil
		}
		select {
		case <-l.wake:
		case <-ctx.Done():
		}
	}
}

func (l *lane) take(ended bool) *run {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		return nil
	}
	first := l.queue[0]
	l.queue[0] = queued{}
	l.queue = l.queue[1:]
	l.current = &run{req: first.req, aborted: first.aborted || ended, stop: make(chan struct{})}
	return l.current
}

// done says that the current request was served.
func (l *lane) done() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.current = nil
}

// enter says that the engine gets the request now; it reports false if an interrupt came before.
func (l *lane) enter(r *run) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.entered = !r.interrupted
	return r.entered
}

// leave says that the engine is done with the request; it reports whether there was an interrupt.
func (l *lane) leave(r *run) (interrupted bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.entered = false
	return r.interrupted
}

// abort marks everything that is queued now.
func (l *lane) abort() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.abortLocked()
}

func (l *lane) abortLocked() {
	for i := range l.queue {
		l.queue[i].aborted = true
	}
}

// interrupt aborts what is queued and ends the current request: by tell if the engine has it. Between cells
// tell is called as well, since the engine may have a cell in the background that an earlier interrupt left
// there. The lock is held over tell, so that the engine cannot meanwhile have gone on to another cell.
func (l *lane) interrupt(tell func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.abortLocked()
	r := l.current
	if r == nil {
		tell()
		return
	}
	if !r.interrupted {
		r.interrupted = true
		close(r.stop)
	}
	if r.entered {
		tell()
	}
}
