package process

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Memory is memory that several processes see: a file that lives in memory only, mapped with MAP_SHARED. It is
// copied to nobody, so nothing needs to be encoded; and nobody is told when it changes, so it needs atomics.
// There is no pointer in it: an address of one process means nothing in another.
type Memory struct {
	file  *os.File
	bytes []byte
}

// NewMemory makes memory of so many bytes, all zero. Close it.
func NewMemory(size int) (*Memory, error) {
	fd, err := unix.MemfdCreate("interleave", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("process: memfd_create: %w", err)
	}
	f := os.NewFile(uintptr(fd), "memory")
	if err := f.Truncate(int64(size)); err != nil {
		f.Close()
		return nil, fmt.Errorf("process: shared memory of %d bytes: %w", size, err)
	}
	m, err := mapMemory(f)
	if err != nil {
		f.Close()
	}
	return m, err
}

// mapMemory maps all of a file.
func mapMemory(f *os.File) (*Memory, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("process: shared memory: %w", err)
	}
	b, err := syscall.Mmap(int(f.Fd()), 0, int(st.Size()), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("process: mmap: %w", err)
	}
	return &Memory{f, b}, nil
}

// Bytes is the memory itself. It must not be used after Close.
func (m *Memory) Bytes() []byte { return m.bytes }

// Int64 is the i-th number of eight bytes, to be used with package sync/atomic only.
func (m *Memory) Int64(i int) *int64 { return (*int64)(unsafe.Pointer(&m.bytes[8*i : 8*i+8][0])) }

// word is the i-th number of four bytes.
func (m *Memory) word(i int) *uint32 { return (*uint32)(unsafe.Pointer(&m.bytes[4*i : 4*i+4][0])) }

// Close unmaps the memory. It is freed when the last process has done so.
func (m *Memory) Close() {
	_ = syscall.Munmap(m.bytes) // it is mapped
	m.file.Close()
	m.bytes = nil
}

// Squares has two processes square four numbers in shared memory and add up the squares there: the first takes 1
// and 2, the second 3 and 4. The result is [1 4 9 16] and 30, by two processes that have sent each other nothing.
func Squares(ctx context.Context) (result []int64, sum int64, err error) {
	m, err := NewMemory(5 * 8)
	if err != nil {
		return nil, 0, err
	}
	defer m.Close()
	var both []*helper
	for _, first := range []string{"1", "3"} {
		h, err := spawn(ctx, "square", []string{first}, m.file)
		if err != nil {
			_ = waitAll(both)
			return nil, 0, err
		}
		both = append(both, h)
	}
	if err := waitAll(both); err != nil {
		return nil, 0, err
	}
	for i := range 4 {
		result = append(result, atomic.LoadInt64(m.Int64(i)))
	}
	return result, atomic.LoadInt64(m.Int64(4)), nil
}

// square is one of the two processes.
func square(args []string) error {
	first, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil {
		return err
	}
	m, err := mapMemory(inherited(0))
	if err != nil {
		return err
	}
	for n := first; n < first+2; n++ {
		atomic.StoreInt64(m.Int64(int(n-1)), n*n)
		atomic.AddInt64(m.Int64(4), n*n) // one address in two processes: += would lose updates
	}
	return nil
}

// Futex operations, see futex(2). The private flag is not set: the other side is another process.
const (
	futexWait = 0
	futexWake = 1
)

// spins is how often a side looks before it sleeps: about as long as the other needs for a short message.
const spins = 2000

// await returns once the word is v. It looks for a while, and then sleeps until it is woken, at most a tenth of a
// second at a time, so that it notices when alive says that the other side has gone.
func await(word *uint32, v uint32, alive func() bool) error {
	for range spins {
		if atomic.LoadUint32(word) == v {
			return nil
		}
	}
	patience := unix.Timespec{Nsec: 100e6}
	for {
		now := atomic.LoadUint32(word)
		if now == v {
			return nil
		}
		if !alive() {
			return ErrCrashed
		}
		// An error is a reason to look again: EAGAIN (it has changed), EINTR, ETIMEDOUT.
		_, _, _ = syscall.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWait, uintptr(now), uintptr(unsafe.Pointer(&patience)), 0, 0)
	}
}

// announce sets the word and wakes whoever sleeps on it.
func announce(word *uint32, v uint32) {
	atomic.StoreUint32(word, v)
	_, _, _ = syscall.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWake, 1, 0, 0, 0)
}
