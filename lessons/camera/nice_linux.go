package camera

import "golang.org/x/sys/unix"

// lower gives the calling thread a lower priority: on Linux nice values belong to threads.
func lower(nice int) error { return unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), nice) }
