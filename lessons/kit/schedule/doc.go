// Package schedule is the interleaving machine: it runs a small concurrent program one step at a time, in an
// order that somebody chooses, so that a race or a deadlock stops being a matter of luck.
//
// # Programs
//
// A [Program] comes from one of two places. [Parse] reads a tiny step language, a few lines a thread:
//
//	var n = 0
//	threads 2
//	  read n
//	  add 1
//	  write n
//	ensure n == 2
//
// [Define] takes Go closures, which name their steps: every method that takes a *[Thread] is one step, and
// [Thread.Step] makes a step of the statements that follow it.
//
// # Ways to run it
//
//   - play: [Program.Play] lets you choose the next thread, and undo;
//   - predict: [Run.Predict] hides the values until they are answered;
//   - enumerate: [Program.Enumerate] runs every schedule, counts the outcomes, finds deadlocks, and keeps the
//     shortest failing schedule;
//   - random: [Program.Random] and [Program.Sample] draw schedules from a seed;
//   - replay: [Program.Replay] runs one schedule, written as "1 2 1 2 1 2".
//
// A [Run] prints itself as a [Table] with a column a thread, one a shared variable and one a lock, and a row a
// step: ← marks a value that was read, → one that was written. Tables are text, Markdown and plain HTML
// without style or script, so that a notebook nobody trusts yet, and paper, show them as well.
//
// # Semantics
//
// Steps are sequentially consistent: one step happens at a time, whole, and every thread sees what it did.
// Real compilers and processors may do more than that (see go.dev/ref/mem, and the race detector): a schedule
// that fails here can fail there, but a program with a data race is not proved right by passing here.
//
//   - A thread that finds its mutex held or its semaphore at zero cannot be chosen. Which of several gets it
//     next is open, as in sync.Mutex.
//   - wait gives up the lock of its condition variable and sleeps; signal wakes the one that has slept longest;
//     the woken thread must then get its lock back, and others may come before it. Nothing wakes by itself.
//   - A send or receive that finds no partner is a step of its own: the thread joins the channel's queue and
//     sleeps until its partner arrives. Queues are first come, first served, as in Go's runtime.
//   - The run ends when every thread has ended, when all that are left are blocked (a deadlock), or when an
//     assertion fails, a thread panics, or the step limit is reached.
//
// The package measures nothing and starts no goroutine that outlives a call: closures run as coroutines of
// iter.Pull, one at a time, and are unwound when their run ends. A [Program] is safe for concurrent use;
// a [Play] and a [Quiz] are not.
package schedule
