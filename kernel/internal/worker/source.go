package worker

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// source is our end of one of the worker's pipes.
type source struct {
	f     *os.File
	fd    int
	open  bool
	after time.Time // not to be read earlier
}

func newSource(f *os.File) *source {
	s := &source{f: f, fd: int(f.Fd()), open: true}
	unix.SetNonblock(s.fd, true)
	return s
}

// read reads once. It returns nothing when there is nothing, and closes the source at its end.
func (s *source) read(b []byte) []byte {
	if !s.open {
		return nil
	}
	for {
		n, err := unix.Read(s.fd, b)
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return nil
		case err != nil || n == 0:
			s.close()
			return nil
		default:
			return b[:n]
		}
	}
}

func (s *source) close() {
	if s.open {
		s.open = false
		s.f.Close()
	}
}

// drain reads what lies in the pipe now, and no more: each time into what room returns for as many bytes, or fewer.
func (s *source) drain(room func(n int) []byte, got func(b []byte)) {
	for n := s.waiting(); n > 0; {
		b := s.read(room(n))
		if len(b) == 0 {
			return
		}
		n -= len(b)
		got(b)
	}
}

// await waits until one of the sources can be read, but for timeout at most unless that is negative. It may return
// early, so the caller tries every source.
func await(timeout time.Duration, sources ...*source) {
	fds := make([]unix.PollFd, 0, 4)
	for _, s := range sources {
		if s.open {
			fds = append(fds, unix.PollFd{Fd: int32(s.fd), Events: unix.POLLIN})
		}
	}
	var limit *unix.Timespec
	if timeout >= 0 {
		t := unix.NsecToTimespec(int64(timeout))
		limit = &t
	}
	unix.Ppoll(fds, limit, nil)
}

// waiting returns how many bytes lie in the pipe.
func (s *source) waiting() int {
	if !s.open {
		return 0
	}
	n, err := unix.IoctlGetInt(s.fd, unix.TIOCINQ) // FIONREAD by its other name
	if err != nil {
		return 0
	}
	return n
}
