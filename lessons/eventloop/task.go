package eventloop

import (
	"fmt"
	"iter"
	"slices"
	"time"
)

// Coroutine is a function that can give up the loop and be gone on with: where it calls [Await], or a method of the
// Co that it gets. It has not begun until it is started.
type Coroutine[T any] func(co *Co) (T, error)

// Co is a coroutine's side of its task. Only the coroutine itself may use it, while it runs.
type Co struct{ *co }

// Task is a coroutine on a loop, and the future of its result.
type Task[T any] struct {
	*Future[T]
	co *co
}

// co is what a task is to the loop.
type co struct {
	loop    *Loop
	name    string
	next    func() (pending, bool)
	stop    func()
	yield   func(pending) bool
	abandon func()  // settles the future of one that never began
	waiting pending // what it awaits; nil while it is ready, or runs
	cancel  bool    // to be told at its next await
	begun   bool
	unwound bool
}

// unwind is the panic that ends a coroutine whose loop has ended.
type unwind struct{}

// Start puts a coroutine at the end of the ready queue, as a task. Nothing of it runs before the caller gives up
// the loop.
func Start[T any](l *Loop, name string, body Coroutine[T]) *Task[T] {
	c := &co{loop: l, name: name}
	t := &Task[T]{NewFuture[T](l, name), c}
	t.cancel = c.requestCancel
	c.abandon = func() { t.Fail(ErrCancelled) }
	c.next, c.stop = iter.Pull(func(yield func(pending) bool) {
		defer func() {
			if v := recover(); v != nil && v != any(unwind{}) {
				panic(v)
			}
		}()
		c.yield = yield
		value, err := body(&Co{c})
		c.loop.watch.did("returns")
		t.settle(value, err)
	})
	l.tasks = append(l.tasks, c)
	l.watch.did("starts %s", name)
	l.watch.ready(name, l.Now())
	l.Soon(name, c.step)
	return t
}

// step goes on with the coroutine until its next await, or its end.
func (c *co) step() {
	l := c.loop
	c.waiting = nil
	if c.cancel && !c.begun {
		c.stop()
		c.abandon()
		l.end(c)
		return
	}
	if !c.begun {
		l.watch.did("begins")
	}
	c.begun = true
	l.watch.running(c.name, l.Now())
	w, more := c.next()
	switch {
	case !more:
		l.end(c)
	case w == nil:
		l.watch.ready(c.name, l.Now())
		l.Soon(c.name, c.step)
	default:
		l.watch.waiting(c.name, w.name(), l.Now())
		c.waiting = w
		w.then(c.name, c.step)
	}
}

// end forgets a coroutine that has ended.
func (l *Loop) end(c *co) {
	l.tasks = slices.DeleteFunc(l.tasks, func(other *co) bool { return other == c })
	l.watch.ended(c.name, l.Now())
}

// requestCancel cancels what the coroutine awaits, or, if it awaits nothing, its next await.
func (c *co) requestCancel() {
	c.loop.watch.did("cancels %s", c.name)
	if c.waiting != nil && !c.waiting.Done() {
		c.waiting.Cancel()
		return
	}
	c.cancel = true
}

// suspend gives up the loop until w is done; nil stands for the next turn. It reports whether the task was
// cancelled meanwhile.
func (c *co) suspend(w pending) (cancelled bool) {
	if c.unwound || !c.yield(w) {
		c.unwound = true
		panic(unwind{})
	}
	cancelled = c.cancel
	c.cancel = false
	return cancelled
}

// Await gives up the loop until a future is done, and returns its result. If it is done already it returns at
// once, without giving up anything. If the task is cancelled meanwhile, so is the future, and the error is
// [ErrCancelled].
func Await[T any](co *Co, a Awaitable[T]) (T, error) {
	f := a.future()
	if !f.done {
		co.loop.watch.did("awaits %s", f.what)
		if co.suspend(f) {
			var zero T
			return zero, ErrCancelled
		}
	}
	return f.Result()
}

// Loop is the loop that the coroutine runs on.
func (c *Co) Loop() *Loop { return c.loop }

// Sleep gives up the loop for d. The error is nil or [ErrCancelled].
func (c *Co) Sleep(d time.Duration) error {
	f := NewFuture[struct{}](c.loop, timerName)
	cancel := c.loop.After(d, c.name, func() { f.Set(struct{}{}) })
	c.loop.watch.did("sleeps %s", words(d))
	cancelled := c.suspend(f)
	if _, err := f.Result(); err != nil || cancelled {
		cancel()
		return ErrCancelled
	}
	return nil
}

// timerName is what a coroutine that sleeps waits for.
const timerName = "timer"

// Yield lets all that are ready take a step. The error is nil or [ErrCancelled].
func (c *Co) Yield() error {
	c.loop.watch.did("yields")
	if c.suspend(nil) {
		return ErrCancelled
	}
	return nil
}

// Block keeps the loop for d, as a computation or a call does that knows nothing of it.
func (c *Co) Block(d time.Duration) {
	c.loop.watch.did("blocks %s", words(d))
	c.loop.clock.block(d)
}

// Gather is done when all are, with the results in the order given; or as soon as one has failed, with its error,
// while the others go on. To cancel it is to cancel them all.
func Gather[T any](l *Loop, all ...Awaitable[T]) *Future[[]T] {
	out := NewFuture[[]T](l, fmt.Sprintf("all %d", len(all)))
	values, left := make([]T, len(all)), len(all)
	if left == 0 {
		out.Set(values)
	}
	out.cancel = func() {
		out.Fail(ErrCancelled)
		for _, a := range all {
			a.future().Cancel()
		}
	}
	for i, a := range all {
		f := a.future()
		f.then("(gather)", func() {
			if f.err != nil {
				out.Fail(f.err)
				return
			}
			values[i] = f.value
			l.watch.did("notes the result of %s", f.what)
			if left--; left == 0 {
				out.Set(values)
			}
		})
	}
	return out
}

// Offload lets a function that blocks run on a goroutine of its own, and gives the future of what it returns.
func Offload[T any](l *Loop, what string, f func() (T, error)) *Future[T] {
	out := NewFuture[T](l, what)
	l.outside++
	go func() {
		value, err := f()
		l.Post(func() {
			l.outside--
			out.settle(value, err)
		})
	}()
	return out
}
