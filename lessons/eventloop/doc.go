// Package eventloop is the event loop of notebook 11, built by hand on one goroutine, with the experiments and
// exercises about it. Its words are asyncio's.
//
//   - A [Coroutine] is a function that can be left and gone on with: it runs on iter.Pull, whose switch needs no
//     scheduler. Calling the function that makes one runs nothing.
//   - A [Future] is a place for a result that is not there yet, and a list of who waits for it.
//   - A [Task] is a coroutine that [Start] has put on a loop, and the future of what it returns. Only now does
//     anything run.
//   - [Await] leaves the coroutine until a future is done. Between two awaits nothing else on the loop runs.
//   - The [Loop] holds a ready queue, first come, first served, and a heap of timers. It runs what is ready; when
//     nothing is, it waits for the next timer, by a [Real] clock or by a [Virtual] one that jumps.
//   - To cancel is to make an await return [ErrCancelled]: a coroutine can clean up, and can refuse.
//
// A loop and all that belongs to it is for one goroutine: the one that called [Run]. Other goroutines may call
// [Loop.Post] alone. The only goroutines that the loop starts are those of [Offload], which end when their function
// does; coroutines of iter.Pull never run at the same time as their loop. When Run returns, every coroutine has ended: what was not done is unwound.
//
// A [Recording] keeps what happened, as a table of stack, queue and timers, and as a timeline.
package eventloop
