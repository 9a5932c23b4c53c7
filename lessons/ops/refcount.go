package ops

import (
	"sync"
	"sync/atomic"

	"interleave/lessons/kit/schedule"
)

// Refcount is an object with one reference, of which one thread takes another while a second thread drops the first:
// what an interpreter that counts references does all the time. With gil, one lock is held around each.
//
// It must end with one reference. With 2 the object is never freed, a leak; with 0 it is freed while in use.
func Refcount(gil bool) *schedule.Program {
	lock, unlock := "", ""
	if gil {
		lock, unlock = "lock gil\n", "unlock gil\n"
	}
	return schedule.MustParse("var refs = 1\n" +
		"thread takes\n" + lock + "read refs\nadd 1\nwrite refs\n" + unlock +
		"thread drops\n" + lock + "read refs\nsub 1\nwrite refs\n" + unlock +
		"ensure refs == 1")
}

// Drop lets two goroutines drop the two references of each of so many objects, and returns how many were freed, by
// whoever saw the count fall to 0. With atomically false a drop is a read and a write, and both goroutines read
// before either writes, on any machine; so no drop ever sees 0. (The read and the write are atomic each: this is a race
// condition without a data race.)
func Drop(objects int, atomically bool) (freed int) {
	var frees atomic.Int64
	for range objects {
		var refs atomic.Int64
		refs.Store(2)
		var read, done sync.WaitGroup
		read.Add(2)
		for range 2 {
			done.Go(func() {
				var left int64
				if atomically {
					left = refs.Add(-1)
				} else {
					left = refs.Load() - 1
					read.Done()
					read.Wait()
					refs.Store(left)
				}
				if left == 0 {
					frees.Add(1)
				}
			})
		}
		done.Wait()
	}
	return int(frees.Load())
}
