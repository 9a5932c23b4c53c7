// Package handout makes of the workshop's notebooks what teachers give away and what they keep, and takes apart what comes
// back.
//
// An exercise is cells named ex-N-…: the task in Markdown, and code cells to change, the last of which ends in a line
// that calls a check of package lessons/kit/check. The student edition has no outputs, so that a question can be asked before
// its answer is seen, and no cell tagged instructor. In the instructor's edition the cells to change hold solutions,
// which are kept apart from the notebooks, in package lessons/exercises. So are hidden checks, which no edition has: they ask
// for other values than the checks that a student can run, so that an answer that knows those by heart fails.
//
// A returned notebook is judged by the original: of the returned one come the cells to change, and cells that their author
// has added and that those need; of the original everything else, the call of the check among it. [Trials] gives a
// notebook for each exercise, to be run in a kernel of its own, with nothing in it that the exercise does not need. It
// judges answers and does not stop somebody who wants to cheat: the answers run in the process that judges them.
//
// The package runs nothing, reads no files but its own and starts no goroutine.
package handout
