package inmate

import (
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"interleave/kernel/internal/worker/frame"
)

// The worker must answer however many goroutines spin. With a hundred of them on two cores, whoever waits at
// the end of the scheduler's queue waits a second or two, and there waits whoever the poller wakes and
// whoever comes back from an ordinary system call to find its processor taken. Raw system calls keep the
// processor, and a goroutine that a timer wakes is next, as is one that such a goroutine starts, for what is
// left of some 10 ms. So the command pipe has two readers: one woken by
// the poller, at once when a processor is free, and another woken by a clock.
//
// As long as any timer is set, the scheduler asks what time it is whenever it goes from one goroutine to the next, which
// makes channels up to a sixth slower. So while a cell runs, the clock is off unless goroutines queue for a processor. Whether
// they do is looked at soon after the cell has begun, when it is cancelled, and when the kernel says so, as it does now and then.
const (
	queuePoll = 10 * time.Millisecond
	firstPoll = 3 * time.Millisecond
	idlePoll  = time.Second
)

// intake reads the command pipe.
type intake struct {
	fd     int
	conn   syscall.RawConn
	obey   func(frame.Command)
	period func() time.Duration // of the clock, zero when it is off
	wake   chan struct{}        // pokes the clock's reader when the period may be another

	still atomic.Bool // the clock's reader waits for a poke alone

	mu     sync.Mutex // guards what follows; held while a command is obeyed
	frames frame.Decoder
	buf    [16 << 10]byte
	err    error // set once, io.EOF at the pipe's end
}

func openIntake(fd int, obey func(frame.Command), period func() time.Duration) (*intake, error) {
	conn, err := rawConn(fd)
	if err != nil {
		return nil, err
	}
	return &intake{fd: fd, conn: conn, obey: obey, period: period, wake: make(chan struct{}, 1)}, nil
}

// serve obeys commands until the pipe ends.
func (in *intake) serve() error {
	go in.watchClock()
	if err := in.conn.Read(func(uintptr) bool { return in.pump() != nil }); err != nil {
		return err
	}
	if err := in.pump(); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

func (in *intake) watchClock() {
	for {
		var tick <-chan time.Time
		if !in.still.Load() {
			if period := in.period(); period > 0 {
				tick = time.After(period)
			}
		}
		select {
		case <-tick:
			in.pump()
		case <-in.wake:
		}
	}
}

// poke makes the clock's reader ask for its period again.
func (in *intake) poke() {
	select {
	case in.wake <- struct{}{}:
	default:
	}
}

// pump obeys every command that lies in the pipe.
func (in *intake) pump() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	for in.err == nil {
		n, errno := rawCall(syscall.SYS_READ, in.fd, in.buf[:])
		switch {
		case errno == syscall.EAGAIN:
			return nil
		case errno != 0:
			in.err = errno
		case n == 0:
			in.err = io.EOF
		default:
			in.frames.Feed(in.buf[:n])
			in.err = in.obeyAll()
		}
	}
	return in.err
}

func (in *intake) obeyAll() error {
	for {
		if in.frames.Look() {
			in.poke()
			continue
		}
		var c frame.Command
		if ok, err := in.frames.Next(&c); err != nil || !ok {
			return err
		}
		in.obey(c)
	}
}

// outlet writes the report pipe.
type outlet struct {
	fd   int
	conn syscall.RawConn
	mu   sync.Mutex // one frame at a time
}

func openOutlet(fd int) (*outlet, error) {
	conn, err := rawConn(fd)
	if err != nil {
		return nil, err
	}
	return &outlet{fd: fd, conn: conn}, nil
}

func (out *outlet) write(b []byte) error {
	out.mu.Lock()
	defer out.mu.Unlock()
	var errno syscall.Errno
	err := out.conn.Write(func(uintptr) bool {
		for len(b) > 0 {
			var n int
			// Not more at a time: the processor is kept meanwhile.
			if n, errno = rawCall(syscall.SYS_WRITE, out.fd, b[:min(len(b), 64<<10)]); errno != 0 {
				return errno != syscall.EAGAIN
			}
			b = b[n:]
		}
		return true
	})
	if err == nil && errno != 0 {
		err = errno
	}
	return err
}

// heldConn keeps its file from being closed by the collector.
type heldConn struct {
	syscall.RawConn
	file *os.File
}

func rawConn(fd int) (syscall.RawConn, error) {
	if err := syscall.SetNonblock(fd, true); err != nil { // our end only
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "pipe")
	conn, err := file.SyscallConn()
	return heldConn{conn, file}, err
}

// rawCall is one read or write without telling the scheduler. The pipe does not block.
func rawCall(call uintptr, fd int, b []byte) (int, syscall.Errno) {
	for {
		n, _, errno := syscall.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
		if errno != syscall.EINTR {
			return int(n), errno
		}
	}
}
