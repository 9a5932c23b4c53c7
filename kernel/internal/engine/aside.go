package engine

import (
	"fmt"
	"runtime/debug"

	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/session"
)

// asideMost is how many steps that an interrupt has left behind may still be going on before another one waits for an end:
// each may hold the memory of a large cell.
const asideMost = 4

// aside does a step of a cell in a goroutine of its own, and leaves it behind when the cell is interrupted: parsers and
// checkers of the standard library do not stop when they are told to. Such a step must change nothing that the engine holds. When it
// compiles packages and takes long, the cell shows which.
func aside[T any](r *run, doing string, step func() T) (result T, fault *session.Fault) {
	select {
	case r.e.asides <- struct{}{}:
	case <-r.ctx.Done():
		return result, faults.Interrupted(doing)
	}
	type ended struct {
		result T
		panics any
	}
	done := make(chan ended, 1)
	go func() {
		defer func() { <-r.e.asides }()
		var end ended
		defer func() {
			if p := recover(); p != nil {
				end.panics = fmt.Sprintf("%v\n%s", p, debug.Stack())
			}
			done <- end
		}()
		end.result = step()
	}()
	line := r.waits()
	defer line.End()
	for {
		select {
		case end := <-done:
			if end.panics != nil {
				panic(end.panics) // the session tells of it, as of any other
			}
			if r.ctx.Err() != nil {
				return result, faults.Interrupted(doing)
			}
			return end.result, nil
		case s := <-r.e.progress:
			line.step(s)
		case <-r.ctx.Done():
			return result, faults.Interrupted(doing)
		}
	}
}
