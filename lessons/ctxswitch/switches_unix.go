//go:build unix

package ctxswitch

import "syscall"

// kernelSwitches is how many context switches the kernel has counted for the threads of this process; 0 if it does
// not say.
func kernelSwitches() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return int64(u.Nvcsw) + int64(u.Nivcsw)
}
