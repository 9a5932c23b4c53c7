package schedule

import (
	"fmt"
	"iter"
)

// Thread is what a closure steps with. Each method is one step; the code between two of them runs with the
// earlier one, so it must keep to the thread's own variables. Shared state that the machine does not know
// (a map, say) is touched only right after a [Thread.Step], by one statement.
type Thread struct {
	yield  func(op) bool
	result int
}

// unwind leaves a closure whose run has ended.
type unwind struct{}

// do parks the thread before its operation and returns the result once it was done.
func (t *Thread) do(o op) int {
	if !t.yield(o) {
		panic(unwind{})
	}
	return t.result
}

// Step makes one step of the statement that follows, with a name for the table.
func (t *Thread) Step(name string) { t.do(op{kind: opStep, text: name}) }

// Read reads the integer.
func (x *Int) Read(t *Thread) int { return t.do(op{kind: opRead, obj: x}) }

// Write sets the integer.
func (x *Int) Write(t *Thread, v int) { t.do(op{kind: opWrite, obj: x, a: v}) }

// Add adds to the integer in one atomic step and returns the sum.
func (x *Int) Add(t *Thread, delta int) int { return t.do(op{kind: opAtomicAdd, obj: x, a: delta}) }

// CompareAndSwap sets the integer to new if it is old, in one atomic step, and reports whether it was.
func (x *Int) CompareAndSwap(t *Thread, old, new int) bool {
	return t.do(op{kind: opCAS, obj: x, a: old, b: new}) == 1
}

// Lock takes the mutex; the thread cannot be chosen while somebody holds it.
func (mu *Mutex) Lock(t *Thread) { t.do(op{kind: opLock, obj: mu}) }

// Unlock gives the mutex back. Unlocking an unlocked mutex fails the run.
func (mu *Mutex) Unlock(t *Thread) { t.do(op{kind: opUnlock, obj: mu}) }

// Acquire takes one from the semaphore; the thread cannot be chosen while it is at zero.
func (s *Sem) Acquire(t *Thread) { t.do(op{kind: opAcquire, obj: s}) }

// Release gives one back.
func (s *Sem) Release(t *Thread) { t.do(op{kind: opRelease, obj: s}) }

// Wait gives up the lock and sleeps until it is woken and has the lock again.
func (c *Cond) Wait(t *Thread) { t.do(op{kind: opWait, obj: c}) }

// Signal wakes the thread that has slept longest, if there is one.
func (c *Cond) Signal(t *Thread) { t.do(op{kind: opSignal, obj: c}) }

// Broadcast wakes all.
func (c *Cond) Broadcast(t *Thread) { t.do(op{kind: opBroadcast, obj: c}) }

// Send sends a value. Sending on a closed channel fails the run.
func (c *Chan) Send(t *Thread, v int) { t.do(op{kind: opSend, obj: c, a: v}) }

// Recv receives a value: 0 from a channel that is closed and empty.
func (c *Chan) Recv(t *Thread) int { return t.do(op{kind: opRecv, obj: c}) }

// Close closes the channel.
func (c *Chan) Close(t *Thread) { t.do(op{kind: opClose, obj: c}) }

// routine is a closure as a source of operations.
type routine struct {
	thread Thread
	pull   func() (op, bool)
	cancel func()
	fault  string
}

func newRoutine(body func(*Thread)) *routine {
	r := &routine{}
	r.pull, r.cancel = iter.Pull(func(yield func(op) bool) {
		defer func() {
			switch v := recover().(type) {
			case nil, unwind:
			default:
				r.fault = fmt.Sprint("panic: ", v)
			}
		}()
		r.thread.yield = yield
		body(&r.thread)
	})
	return r
}

func (r *routine) advance(result int) (op, bool, string) {
	r.thread.result = result
	next, ok := r.pull()
	return next, ok, r.fault
}

func (r *routine) stop() { r.cancel() }
