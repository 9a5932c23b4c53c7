package stage

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"interleave/kernel/internal/events"
	"interleave/kernel/internal/worker/frame"
)

// A program that the kernel starts as a child is told by this variable where its events go: the descriptors of two
// pipes, one for replies and one for events, each with the name by which /proc knows the pipe. The name tells a
// pipe from whatever has its number in a process further down.
const environment = "INTERLEAVE_STAGE"

// Describe is the variable's setting for a child in which the pipes have these descriptors.
func Describe(repliesFD int, replies *os.File, eventsFD int, events *os.File) (string, error) {
	in, err1 := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", replies.Fd()))
	out, err2 := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", events.Fd()))
	return fmt.Sprintf("%s=%d %s %d %s", environment, repliesFD, in, eventsFD, out), errors.Join(err1, err2)
}

// inherited connects a child to its kernel, once.
var inherited = sync.OnceFunc(func() {
	if s := openPipes(os.Getenv(environment)); s != nil {
		sink.CompareAndSwap(nil, s)
	}
})

// openPipes is the sink that a setting of the variable describes, nil if there is none.
func openPipes(setting string) *Sink {
	fds, ok := readSetting(setting)
	if !ok {
		return nil
	}
	// A file of its own, for a lock that processes further down, which may display as well, do not share.
	lock, err := syscall.Open(fmt.Sprintf("/proc/self/fd/%d", fds[1]), syscall.O_WRONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	p := &pipes{replies: plainFD(fds[0]), events: plainFD(lock), lock: lock, seq: uint64(os.Getpid()) << 32}
	s := Sink(p.emit)
	return &s
}

// readSetting returns the descriptors of the pipes for replies and events, if this process has both.
func readSetting(setting string) (fds [2]int, ok bool) {
	words := strings.Fields(setting)
	if len(words) != 4 {
		return fds, false
	}
	for i := range fds {
		fd, err := strconv.Atoi(words[2*i])
		if err != nil {
			return fds, false
		}
		if name, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd)); err != nil || name != words[2*i+1] {
			return fds, false
		}
		fds[i] = fd
	}
	return fds, true
}

// pipes are a child's way to its kernel.
type pipes struct {
	// mu and the lock on the file are held from an event to its reply. A goroutine that read replies for all would, blocked in a system
	// call, hide from the runtime that all others are asleep.
	mu              sync.Mutex
	replies, events plainFD
	lock            int
	seq             uint64 // differs from those of other processes, one of which may have ended before its reply
	broken          error
}

func (p *pipes) emit(e events.Event[any]) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.broken != nil {
		return "", p.broken
	}
	p.seq++
	b, err := frame.Marshal(frame.Report[any]{Op: frame.Emit, Seq: p.seq, Event: &e})
	if err != nil {
		return "", fmt.Errorf("cannot display: %w", err)
	}
	reply, err := p.exchange(b)
	if err != nil {
		p.broken = fmt.Errorf("cannot display: the kernel does not listen any more: %w", err)
		return "", p.broken
	}
	if reply.Error != "" {
		return "", errors.New(reply.Error)
	}
	return reply.Value, nil
}

// exchange writes an event and reads its reply.
func (p *pipes) exchange(event []byte) (reply frame.Command, err error) {
	for err = syscall.EINTR; err == syscall.EINTR; {
		err = syscall.Flock(p.lock, syscall.LOCK_EX)
	}
	if err != nil {
		return reply, err
	}
	defer syscall.Flock(p.lock, syscall.LOCK_UN)
	if _, err := p.events.Write(event); err != nil {
		return reply, err
	}
	for {
		reply = frame.Command{}
		if err := frame.Read(p.replies, &reply); err != nil || reply.Seq == p.seq {
			return reply, err
		}
	}
}

// plainFD reads and writes a descriptor by plain system calls.
type plainFD int

func (fd plainFD) Read(b []byte) (int, error) {
	for {
		n, err := syscall.Read(int(fd), b)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return 0, err
		case n == 0 && len(b) > 0:
			return 0, errors.New("end of file")
		default:
			return n, nil
		}
	}
}

func (fd plainFD) Write(b []byte) (n int, err error) {
	for n < len(b) {
		k, err := syscall.Write(int(fd), b[n:])
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return n, err
		}
		n += k
	}
	return n, nil
}
