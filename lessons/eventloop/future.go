package eventloop

import "errors"

// ErrCancelled is what a cancelled future gives to those who await it.
var ErrCancelled = errors.New("cancelled")

// Future is a result that may not be there yet. Use [NewFuture].
type Future[T any] struct {
	loop    *Loop
	what    string
	done    bool
	value   T
	err     error
	waiters []callback
	cancel  func() // of a task: its own way to be cancelled
}

// NewFuture makes a future that nobody has filled. What it stands for is for recordings and errors.
func NewFuture[T any](l *Loop, what string) *Future[T] {
	return &Future[T]{loop: l, what: what}
}

// Awaitable is a future, or a task, which has one.
type Awaitable[T any] interface{ future() *Future[T] }

// pending is what a coroutine can wait for.
type pending interface {
	name() string
	Done() bool
	Cancel()
	then(who string, f func())
}

func (f *Future[T]) future() *Future[T] { return f }
func (f *Future[T]) name() string       { return f.what }

// Done reports whether there is a result, an error or a cancellation.
func (f *Future[T]) Done() bool { return f.done }

// Err is the error of a future that is done; [ErrCancelled] if it was cancelled.
func (f *Future[T]) Err() error { return f.err }

// Result is the value and the error of a future that is done, and zero before.
func (f *Future[T]) Result() (T, error) { return f.value, f.err }

// Set fills the future with a value. It does nothing if it is done.
func (f *Future[T]) Set(value T) { f.settle(value, nil) }

// Fail fills the future with an error. It does nothing if it is done.
func (f *Future[T]) Fail(err error) {
	var zero T
	f.settle(zero, err)
}

// Cancel ends the wait for it with [ErrCancelled]. A task is cancelled where it awaits. It does nothing if the
// future is done.
func (f *Future[T]) Cancel() {
	switch {
	case f.done:
	case f.cancel != nil:
		f.cancel()
	default:
		f.Fail(ErrCancelled)
	}
}

// OnDone puts a function into the ready queue when the future is done, or at once if it is.
func (f *Future[T]) OnDone(g func()) { f.then("("+f.what+" done)", g) }

func (f *Future[T]) then(who string, g func()) {
	if f.done {
		f.loop.Soon(who, g)
		return
	}
	f.waiters = append(f.waiters, callback{who, g})
}

// settle fills the future and makes those ready who wait for it.
func (f *Future[T]) settle(value T, err error) {
	if f.done {
		return
	}
	f.value, f.err, f.done = value, err, true
	for _, w := range f.waiters {
		f.loop.Soon(w.who, w.run)
		f.loop.watch.ready(w.who, f.loop.Now())
	}
	f.waiters = nil
}
