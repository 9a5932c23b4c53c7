// Package bubble runs a function in a testing/synctest bubble outside of a test: with a fake clock that starts in
// 2000 and jumps when everybody waits, so that time costs nothing, and with an end that tells whether a goroutine
// was left behind or everybody waits for everybody.
//
// synctest wants a *testing.T. Only a test has a real one, and package testing offers no other way to get one in an
// ordinary program, so [Run] passes the zero T, of which synctest needs nothing. Package testing does not promise
// that; therefore each Run first tries an empty bubble, and returns [ErrUnsupported] where that fails.
//
// A mutex, a file or a socket that blocks is not a wait that the bubble understands: use channels, timers, wait
// groups and condition variables in it.
package bubble

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
)

// ErrUnsupported says that this version of Go runs no bubble outside of a test.
var ErrUnsupported = errors.New("bubble: not possible with this version of Go")

// Run calls f in a bubble and waits until every goroutine it started has ended; from when f returns the fake clock
// stands still, so what sleeps then never wakes. The error says that f panicked,
// that all goroutines wait for one another, or that some were left behind when f returned. Those that are left are
// lost: nothing can end them. It must not be called in a bubble. It is safe for concurrent use.
func Run(f func()) error {
	if err := run(func() {}); err != nil {
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	return run(f)
}

// run has a goroutine of its own, for synctest ends it when the bubble fails.
func run(f func()) error {
	err := errors.New("the bubble failed")
	var wg sync.WaitGroup
	wg.Go(func() {
		defer func() {
			if v := recover(); v != nil {
				err = fmt.Errorf("%v", v)
			}
		}()
		var fault error
		synctest.Test(new(testing.T), func(*testing.T) {
			defer func() {
				if v := recover(); v != nil {
					fault = fmt.Errorf("panic: %v", v)
				}
			}()
			f()
		})
		err = fault
	})
	wg.Wait()
	return err
}
