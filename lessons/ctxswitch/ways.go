package ctxswitch

import (
	"context"
	"iter"
	"runtime"
	"sync"
	"time"
)

// Way is a way to hand over from one to another.
type Way struct {
	Name     string
	Between  string  // who takes turns
	Includes string  // what one hand-off consists of
	share    float64 // of the hand-offs of a [Size]
	cpus     float64 // that it keeps busy; 0 where that is no sign of noise
	run      func(ctx context.Context, n int) (ns, switches float64, err error)
}

// HandOffs is how many hand-offs one value is taken from.
func (w Way) HandOffs(size Size) int { return max(2, int(float64(size.HandOffs)*w.share)) }

// Names of the ways that results are asked for.
const (
	Call      = "function call"
	Pull      = "iter.Pull"
	Gosched   = "Gosched"
	Channel   = "channel"
	Futex     = "thread, futex"
	Pipe      = "thread, pipe"
	Process   = "process, pipe"
	Locked    = "LockOSThread"
	FutexCall = "two futex calls"
	PipeCall  = "write + read"
)

// Ways are all of them, from cheap to dear as they usually come out; then the two baselines, in which nothing is
// switched.
func Ways() []Way {
	return []Way{
		{Call, "nobody", "one call and its return: no switch, the end of the scale", 50, 0, inProcess(calls)},
		{Pull, "two coroutines", "one direct switch, half of a call of next; no scheduler", 5, 0, inProcess(pulls)},
		{Gosched, "two goroutines", "one yield to the run queue, through the scheduler", 5, 1, onOneP(yields)},
		{Channel, "two goroutines", "one send on an unbuffered channel that wakes its receiver, and a wait for the answer", 2, 1, onOneP(sends)},
		{Futex, "two threads", "one FUTEX_WAKE and one FUTEX_WAIT that sleeps: two system calls and the kernel's switch", 1, 1, futex("futex")},
		{Pipe, "two threads", "one write and one read that sleeps: two system calls and the kernel's switch", 1, 1, futex("pipe")},
		{Process, "two processes", "one write and one read that sleeps, and another address space", 1, 1, pipes("switch")},
		{Locked, "two goroutines, each locked to a thread", "a channel hand-off, and the P passed from thread to thread", 0.05, 0, onOneP(locked)},
		{FutexCall, "nobody", "the two futex calls of one thread, with nobody to wake or wait for", 1, 0, futex("calls")},
		{PipeCall, "nobody", "one write and one read by one process, which never sleeps", 1, 0, pipes("calls")},
	}
}

// inProcess measures f, which does n hand-offs, in this process.
func inProcess(f func(n int) time.Duration) func(context.Context, int) (float64, float64, error) {
	return func(_ context.Context, n int) (float64, float64, error) {
		f(2 + n/10) // a warm-up
		before := kernelSwitches()
		took := f(n)
		return float64(took.Nanoseconds()) / float64(n), float64(kernelSwitches()-before) / float64(n), nil
	}
}

// onOneP is inProcess with GOMAXPROCS at 1, so that who wakes another has to give way to it.
func onOneP(f func(n int) time.Duration) func(context.Context, int) (float64, float64, error) {
	return func(ctx context.Context, n int) (float64, float64, error) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
		return inProcess(f)(ctx, n)
	}
}

//go:noinline
func nothing(x int) int { return x + 1 }

// sink keeps the compiler from leaving calls out.
//
//lint:ignore U1000 it is only written
var sink int

func calls(n int) time.Duration {
	start, x := time.Now(), 0
	for range n {
		x = nothing(x)
	}
	took := time.Since(start)
	sink = x
	return took
}

func pulls(n int) time.Duration {
	next, stop := iter.Pull(func(yield func(int) bool) {
		for i := 0; yield(i); i++ {
		}
	})
	defer stop()
	start := time.Now()
	for range n / 2 { // to the coroutine and back
		next()
	}
	return time.Since(start)
}

func yields(n int) time.Duration {
	return two(func(int) {
		for range n / 2 {
			runtime.Gosched()
		}
	})
}

func sends(n int) time.Duration {
	to, fro := make(chan int), make(chan int)
	return two(func(me int) { handOff(me, n, to, fro) })
}

func locked(n int) time.Duration {
	to, fro := make(chan int), make(chan int)
	return two(func(me int) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		handOff(me, n, to, fro)
	})
}

// handOff is one side, of two, of n hand-offs.
func handOff(me, n int, to, fro chan int) {
	for range n / 2 {
		if me == 0 {
			to <- 1
			<-fro
		} else {
			<-to
			fro <- 1
		}
	}
}

// two runs f as two goroutines at once and times them.
func two(f func(me int)) time.Duration {
	var wg sync.WaitGroup
	begin := make(chan bool)
	for me := range 2 {
		wg.Go(func() {
			<-begin
			f(me)
		})
	}
	start := time.Now()
	close(begin)
	wg.Wait()
	return time.Since(start)
}
