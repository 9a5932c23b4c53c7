//go:build linux

// Command pipe hands one byte to and fro between two processes that share one CPU, through two pipes, and prints
// two numbers: the nanoseconds of one hand-off, and how many context switches the kernel counted for each.
//
//	pipe switch N   N hand-offs between this process and a child: each is a write, and a read that sleeps
//	pipe calls N    N times the same two calls by one process, on a pipe of its own that never runs dry
//
// The calls are raw ones: the Go scheduler does not see them, and has nothing to switch meanwhile.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"
	"unsafe"
)

func main() {
	runtime.LockOSThread() // the affinity is the thread's
	debug.SetGCPercent(-1)
	if len(os.Args) != 3 {
		fail("usage: pipe switch|calls N")
	}
	n, err := strconv.Atoi(os.Args[2])
	if err != nil || n < 2 {
		fail("N: want a number of at least 2, not " + os.Args[2])
	}
	pin()
	switch os.Args[1] {
	case "switch":
		between(n)
	case "calls":
		alone(n)
	case "echo": // the child: files 3 and 4 are its ends
		for range n {
			read(3)
			write(4)
		}
	default:
		fail("no mode " + os.Args[1])
	}
}

func between(n int) {
	warm, half := 1+n/20, n/2
	theirs, to, err := os.Pipe()
	check(err)
	from, ours, err := os.Pipe()
	check(err)
	self, err := os.Executable()
	check(err)
	child := exec.Command(self, "echo", strconv.Itoa(max(2, warm+half)))
	child.ExtraFiles = []*os.File{theirs, ours}
	child.Stderr = os.Stderr
	check(child.Start())
	theirs.Close() // so that either process sees the end of the other
	ours.Close()
	in, out := int(from.Fd()), int(to.Fd()) // Fd makes them blocking
	round := func() {
		write(out)
		read(in)
	}
	for range warm {
		round()
	}
	// The child's switches are as many as these: each of its reads sleeps when one here wakes it.
	report(2*half, 2, func() {
		for range half {
			round()
		}
	})
	check(child.Wait())
}

func alone(n int) {
	r, w, err := os.Pipe()
	check(err)
	in, out := int(r.Fd()), int(w.Fd())
	both := func(n int) {
		for range n {
			write(out)
			read(in)
		}
	}
	both(1 + n/10)
	report(n, 1, func() { both(n) })
}

// report times n hand-offs, of which this process's own switches are one in so many.
func report(n, processes int, f func()) {
	before, start := switches(), time.Now()
	f()
	took, counted := time.Since(start), switches()-before
	fmt.Printf("%.3f %.4f\n", float64(took.Nanoseconds())/float64(n), float64(processes)*float64(counted)/float64(n))
}

// switches is how many context switches this thread has had.
func switches() int64 {
	var u syscall.Rusage
	check(syscall.Getrusage(1, &u)) // 1 is RUSAGE_THREAD
	return u.Nvcsw + u.Nivcsw
}

var buffer [1]byte

func read(fd int) { call(syscall.SYS_READ, fd) }

func write(fd int) { call(syscall.SYS_WRITE, fd) }

// call reads or writes one byte, and tries again when a signal came between.
func call(trap uintptr, fd int) {
	for {
		n, _, errno := syscall.RawSyscall(trap, uintptr(fd), uintptr(unsafe.Pointer(&buffer[0])), 1)
		switch {
		case errno == 0 && n == 1:
			return
		case errno != syscall.EINTR:
			fail(fmt.Sprintf("system call %d on %d: %d bytes, %v", trap, fd, n, errno))
		}
	}
}

// pin keeps this thread, and the processes it starts, on one CPU: the last that the process may use.
func pin() {
	var set [128]byte
	size, _, errno := syscall.RawSyscall(syscall.SYS_SCHED_GETAFFINITY, 0, uintptr(len(set)), uintptr(unsafe.Pointer(&set[0])))
	if errno != 0 {
		fail("sched_getaffinity: " + errno.Error())
	}
	last := 0
	for cpu := range int(size) * 8 {
		if set[cpu/8]&(1<<(cpu%8)) != 0 {
			last = cpu
		}
	}
	set = [128]byte{}
	set[last/8] = 1 << (last % 8)
	if _, _, errno := syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, 0, uintptr(len(set)), uintptr(unsafe.Pointer(&set[0]))); errno != 0 {
		fail("sched_setaffinity: " + errno.Error())
	}
}

func check(err error) {
	if err != nil {
		fail(err.Error())
	}
}

func fail(why string) {
	fmt.Fprintln(os.Stderr, "pipe:", why)
	os.Exit(1)
}
