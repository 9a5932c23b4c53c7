package inmate

import (
	"os"
	"sync"
	"syscall"

	"interleave/kernel/internal/events"
)

// stdin is descriptor 0 of cells: a pipe of which this process holds both ends. What one cell has not read is not
// for the next, and a goroutine that still reads when the next begins sees the end of the file.
type stdin struct {
	mu    sync.Mutex
	write *os.File // nil while descriptor 0 is at its end
}

// renew puts an empty pipe in the place of the one before, whose readers see its end.
func (s *stdin) renew() error {
	var fds [2]int
	if err := syscall.Pipe2(fds[:], syscall.O_CLOEXEC); err != nil {
		return err
	}
	write := os.NewFile(uintptr(fds[1]), "stdin")
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := atZero(fds[0]); err != nil {
		write.Close()
		return err
	}
	if int(os.Stdin.Fd()) < 0 { // a cell has closed it
		os.Stdin = os.NewFile(0, "/dev/stdin")
	}
	if s.write != nil {
		s.write.Close()
	}
	s.write = write
	return nil
}

// atZero makes an open file descriptor 0, which children inherit as usual.
func atZero(fd int) error {
	if fd == 0 { // a cell has closed it, and Linux gives the lowest number that is free
		_, _, errno := syscall.Syscall(syscall.SYS_FCNTL, 0, syscall.F_SETFD, 0)
		if errno != 0 {
			return errno
		}
		return nil
	}
	defer syscall.Close(fd)
	return syscall.Dup3(fd, 0, 0) // without O_CLOEXEC
}

// feed gives text to whoever reads. It waits while the pipe is full.
func (s *stdin) feed(text string) error {
	s.mu.Lock()
	write := s.write
	s.mu.Unlock()
	if write == nil {
		return os.ErrClosed
	}
	_, err := write.WriteString(text)
	return err
}

// serveRead asks the reader for a line for a cell, because something waits for one on descriptor 0. Whatever else than a line
// comes back ends the file, for those who read now. A line for a cell before is for nobody.
func (h *host) serveRead(cell uint64) error {
	line, err := h.emitOf(cell, events.Event[any]{Kind: events.Stdin})
	if h.current.Load() != cell {
		return nil
	}
	if err == nil {
		return h.stdin.feed(line + "\n")
	}
	return h.stdin.renew()
}
