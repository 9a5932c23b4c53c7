package main

import (
	"errors"
	"io"
	"os"
	"syscall"
	"time"
	"unsafe"
)

// pipe is our end of a control pipe, used so that the worker answers however many goroutines spin. With a
// hundred of them on two cores, whoever waits at the end of the scheduler's queue waits half a second. It
// waits there who comes back from an ordinary system call to find its processor taken, and whom the
// poller wakes. Raw system calls keep the processor, and whom a timer wakes is next: so every wait has a
// deadline, after which it looks again.
type pipe struct {
	conn syscall.RawConn
	file *os.File
	busy func() bool
}

const (
	busyPoll = 20 * time.Millisecond
	idlePoll = time.Second // few goroutines are there, so none waits long
)

func openPipe(fd int, busy func() bool) (*pipe, error) {
	if err := syscall.SetNonblock(fd, true); err != nil { // our end only
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "pipe")
	conn, err := file.SyscallConn()
	if err != nil {
		return nil, err
	}
	return &pipe{conn, file, busy}, nil
}

func (p *pipe) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	n, err := p.wait(p.file.SetReadDeadline, p.conn.Read, syscall.SYS_READ, b)
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}

func (p *pipe) Write(b []byte) (int, error) {
	for done := 0; ; {
		if done == len(b) {
			return done, nil
		}
		n, err := p.wait(p.file.SetWriteDeadline, p.conn.Write, syscall.SYS_WRITE, b[done:])
		if err != nil {
			return done, err
		}
		done += n
	}
}

// wait tries one system call until the pipe is ready for it.
func (p *pipe) wait(deadline func(time.Time) error, conn func(func(uintptr) bool) error, call uintptr, b []byte) (n int, err error) {
	for {
		period := idlePoll
		if p.busy() {
			period = busyPoll
		}
		if err := deadline(time.Now().Add(period)); err != nil {
			return 0, err
		}
		var errno syscall.Errno
		err := conn(func(fd uintptr) bool {
			for {
				var r uintptr
				// More would only fill the pipe's other end longer while the processor is kept.
				r, _, errno = syscall.RawSyscall(call, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(min(len(b), 64<<10)))
				if errno != syscall.EINTR {
					n = int(r)
					return errno != syscall.EAGAIN
				}
			}
		})
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
		case err != nil:
			return 0, err
		case errno != 0:
			return 0, errno
		default:
			return n, nil
		}
	}
}

// soon starts a goroutine that comes next and with a whole time slice. The goroutine started last inherits
// what is left of the slice of the one before, often nothing, and after it joins the end of the queue; the
// one before it in the processor's own queue begins a new slice.
func soon(f func()) {
	go f()
	go func() {}()
}
