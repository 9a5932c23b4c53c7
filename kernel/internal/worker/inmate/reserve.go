package inmate

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
)

// A cell that opens files without closing them ends with an error, and nothing could be opened for the next one: not its
// plugin, not its standard input. So some descriptors are kept in reserve, and lent while something is opened for a cell.
// They have numbers that no cell gets before, and are not inherited.
const (
	reserved   = 8
	reservedAt = 100
)

// reserve is the descriptors that are kept. The zero value is not ready: call open.
type reserve struct {
	mu   sync.Mutex
	null int   // what the others are copies of
	kept []int // of reserved
	lent int   // borrowers
	own  int   // descriptors that were open before any cell ran
}

func (r *reserve) open() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	fd, err := syscall.Open(os.DevNull, syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("keep descriptors in reserve: %w", err)
	}
	defer syscall.Close(fd)
	if r.null, err = copyOf(fd); err != nil {
		return fmt.Errorf("keep descriptors in reserve: %w", err)
	}
	r.fill()
	r.own = descriptors() - 1 // fd
	return nil
}

// copyOf makes another descriptor of a file, with a high number where one is left.
func copyOf(fd int) (int, error) {
	least := max(0, min(reservedAt, descriptorLimit()-reserved-1))
	n, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_DUPFD_CLOEXEC, uintptr(least))
	if errno != 0 {
		n, _, errno = syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_DUPFD_CLOEXEC, 0)
	}
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

func descriptorLimit() int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil || limit.Cur > 1<<30 {
		return 1 << 30
	}
	return int(limit.Cur)
}

// descriptors counts those of this process; 0 when that cannot be told.
func descriptors() int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(list) - 1 // that of the folder
}

// lend runs f while the reserve is free to be used.
func (r *reserve) lend(f func()) {
	r.mu.Lock()
	r.lent++
	for _, fd := range r.kept {
		syscall.Close(fd)
	}
	r.kept = r.kept[:0]
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.lent--; r.lent == 0 {
			r.fill()
		}
	}()
	f()
}

// fill takes back what has been lent, as far as there are descriptors.
func (r *reserve) fill() {
	for len(r.kept) < reserved {
		fd, err := copyOf(r.null)
		if err != nil {
			return
		}
		r.kept = append(r.kept, fd)
	}
}

// warning says how many files cells hold when they can open no more; "" when they can.
func (r *reserve) warning() string {
	fd, err := syscall.Dup(r.null)
	if err == nil {
		syscall.Close(fd)
		return ""
	}
	if !isShortage(err) {
		return ""
	}
	held := 0
	r.lend(func() { held = descriptors() - r.own + reserved })
	return fmt.Sprintf("note: your cells hold %d open files, and the limit is %d. Close them (runtime.GC() closes those that no variable holds), "+
		"or run %%reset, which loses the variables\n", held, descriptorLimit())
}

func isShortage(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}
