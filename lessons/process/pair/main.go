// Command pair runs the learner's function worker in two processes, which share a queue and a piece of memory, and
// prints what lies in the memory in the end: four squares and their sum.
//
// The arguments are the numbers that each of the two gets. The memory brings out the worst schedule: whoever has read
// the sum waits until the other has read it as often, or has ended. Nobody waits longer than a second or two, so a lock
// between the processes costs time, but does no harm.
package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// The memory is a file of 8-byte numbers: four squares, the sum, and for each worker how often it has read the sum.
const (
	Sum   = 4
	looks = 5
	size  = 8 * 7
)

// ended is a number of looks that nobody reaches.
const ended = 1 << 40

// patience is how long a look waits for the other one's.
const patience = 2 * time.Second

// Queue is where numbers come from.
type Queue struct{ pipe *os.File }

// Get takes a number out of the queue; ok is false when it is empty and nobody will put any more.
func (q *Queue) Get() (n int, ok bool) {
	var v int64
	if err := binary.Read(q.pipe, binary.NativeEndian, &v); err == io.EOF {
		return 0, false
	} else if err != nil {
		panic(err)
	}
	return int(v), true
}

// Memory is a mapped file.
type Memory struct {
	bytes []byte
	pacer []byte // a mapping of the harness's own, always shared
	me    int
}

// Map maps the file; flags are syscall.MAP_SHARED or syscall.MAP_PRIVATE.
func Map(f *os.File, flags int) *Memory {
	me, _ := strconv.Atoi(os.Getenv("WORKER"))
	return &Memory{mapFile(f, flags), mapFile(f, syscall.MAP_SHARED), me}
}

func mapFile(f *os.File, flags int) []byte {
	b, err := syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ|syscall.PROT_WRITE, flags)
	if err != nil {
		panic(err)
	}
	return b
}

func at(b []byte, i int) *int64 { return (*int64)(unsafe.Pointer(&b[8*i])) }

// check keeps the learner to the squares and the sum.
func check(i int) int {
	if i < 0 || i > Sum {
		panic(fmt.Sprintf("there is no number %d: 0 to 3 are the squares of 1 to 4, %d is their sum", i, Sum))
	}
	return i
}

// Load reads number i.
func (m *Memory) Load(i int) int {
	v := atomic.LoadInt64(at(m.bytes, check(i)))
	if i == Sum {
		mine := atomic.AddInt64(at(m.pacer, looks+m.me), 1)
		for start := time.Now(); atomic.LoadInt64(at(m.pacer, looks+1-m.me)) < mine && time.Since(start) < patience; {
			time.Sleep(50 * time.Microsecond)
		}
	}
	return int(v)
}

// Store writes number i.
func (m *Memory) Store(i, v int) { atomic.StoreInt64(at(m.bytes, check(i)), int64(v)) }

// Add adds to number i, in one step.
func (m *Memory) Add(i, v int) { atomic.AddInt64(at(m.bytes, check(i)), int64(v)) }

// CompareAndSwap writes number i if it is old, in one step.
func (m *Memory) CompareAndSwap(i, old, new int) bool {
	return atomic.CompareAndSwapInt64(at(m.bytes, check(i)), int64(old), int64(new))
}

func main() {
	if me := os.Getenv("WORKER"); me != "" {
		memory := os.NewFile(4, "memory")
		n, _ := strconv.Atoi(me)
		worker(&Queue{os.NewFile(3, "queue")}, memory)
		atomic.StoreInt64(at(mapFile(memory, syscall.MAP_SHARED), looks+n), ended)
		return
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run starts the two workers and prints what they have left.
func run(numbers []string) error {
	runtime.LockOSThread()
	memory, err := os.CreateTemp("", "pair")
	if err != nil {
		return err
	}
	defer memory.Close()
	if err := os.Remove(memory.Name()); err != nil { // it goes when the last process has closed it
		return err
	}
	if err := memory.Truncate(size); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	var workers []*exec.Cmd
	for i, list := range numbers {
		queue, err := fill(list)
		if err != nil {
			return err
		}
		c := exec.Command(self)
		c.Env = append(os.Environ(), "WORKER="+strconv.Itoa(i))
		c.ExtraFiles, c.Stderr = []*os.File{queue, memory}, os.Stderr
		c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // when the thread that started it ends
		if err := c.Start(); err != nil {
			return err
		}
		queue.Close()
		workers = append(workers, c)
	}
	var failed error
	for _, c := range workers {
		if err := c.Wait(); err != nil {
			failed = fmt.Errorf("a worker failed: %w", err)
		}
	}
	b := mapFile(memory, syscall.MAP_SHARED)
	squares := make([]int64, 4)
	for i := range squares {
		squares[i] = *at(b, i)
	}
	fmt.Println(squares, *at(b, Sum))
	return failed
}

// fill makes a queue that holds the numbers of a list, such as "1,2".
func fill(list string) (*os.File, error) {
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	for word := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' }) {
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return nil, err
		}
		if err := binary.Write(in, binary.NativeEndian, n); err != nil {
			return nil, err
		}
	}
	return out, nil
}
