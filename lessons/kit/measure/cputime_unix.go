//go:build unix

package measure

import (
	"syscall"
	"time"
)

// cpuTime returns the CPU time of this process and its reaped children.
func cpuTime() (time.Duration, bool) {
	var total time.Duration
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if syscall.Getrusage(who, &u) != nil {
			return 0, false
		}
		total += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return total, true
}
