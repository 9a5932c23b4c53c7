// Package inmate is the worker's program, see command host: the process that opens compiled cells, runs them and holds the reader's
// variables. It is started by the guard with the file descriptors that package worker describes, and does
// nothing that has not been asked for on descriptor 3.
//
// Its imports are few on purpose: every package in it is one that cells share.
//
// Goroutines: two read commands (pipe.go) and wait for nothing else; each cell runs on one of its own, and so
// does each answer that takes time. User code may start any number besides.
package inmate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"interleave/kernel/internal/events"
	"interleave/kernel/internal/stage"
	"interleave/kernel/internal/worker/frame"
)

const (
	commandsFD = 3
	reportsFD  = 4
	crashFD    = 5
)

// Main is the worker's main function; it returns when the kernel lets go of the worker.
func Main() {
	// Before anything else: no child that user code starts may hold a control pipe open.
	for fd := commandsFD; fd <= crashFD; fd++ {
		syscall.CloseOnExec(fd)
	}
	crash := os.NewFile(crashFD, "crash")
	if err := debug.SetCrashOutput(crash, debug.CrashOptions{}); err != nil {
		fmt.Fprintln(os.Stderr, "interleave worker: it is started by the kernel, not by hand:", err)
		os.Exit(2)
	}
	crash.Close() // the runtime keeps a copy of its own
	ballast = make([]byte, ballastBytes)
	h := &host{
		loader:  loader{tables: newTables()},
		cancels: map[uint64]context.CancelFunc{},
		waiting: map[uint64]chan frame.Command{},
	}
	err := h.open()
	if err == nil {
		err = h.commands.serve()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "interleave worker:", err)
		os.Exit(2)
	}
}

// ballast lets the collector run about as often, for the work it has, as in a small program. Each collection also marks
// what the base library holds, a megabyte or so, and a cell's own heap is small; with nothing else a collection would
// come every 4 MB of allocation and cost several times as much as in a program of the cell's own. The bytes hold
// no pointers and are never touched, so they cost address space only.
//
//lint:ignore U1000 it only has to be there
var ballast []byte

const ballastBytes = 8 << 20

// host is the worker's state beside the user's.
type host struct {
	commands *intake
	reports  *outlet

	loader  loader
	reserve reserve
	stdin   stdin
	stir    stir
	current atomic.Uint64 // the cell that was started last
	seq     atomic.Uint64

	mu      sync.Mutex
	cancels map[uint64]context.CancelFunc // by cell that runs and was not told to end
	began   time.Time                     // when the last cell did
	waiting map[uint64]chan frame.Command // by Seq of the event that waits
	fewest  int                           // goroutines that were there when a cell began
}

// period is that of the clock by which commands are read.
func (h *host) period() time.Duration {
	h.mu.Lock()
	young, running := time.Since(h.began) < firstPoll, len(h.cancels) > 0
	h.mu.Unlock()
	switch {
	case queueing():
		return queuePoll
	case young:
		return firstPoll
	case running:
		return 0
	}
	return idlePoll
}

// runnable is read by one goroutine, again and again.
var runnable = []metrics.Sample{{Name: "/sched/goroutines/runnable:goroutines"}}

// queueing reports whether so many goroutines wait for a processor that one more would wait for long.
func queueing() bool {
	most := max(2, runtime.GOMAXPROCS(0)) // two talk by turns on one processor
	if metrics.Read(runnable); runnable[0].Value.Kind() == metrics.KindUint64 {
		return runnable[0].Value.Uint64() > uint64(most)
	}
	return runtime.NumGoroutine() > 3*most
}

func (h *host) open() (err error) {
	if h.reports, err = openOutlet(reportsFD); err != nil {
		return err
	}
	if h.commands, err = openIntake(commandsFD, h.obey, h.period); err != nil {
		return err
	}
	return h.reserve.open()
}

// obey carries out one command. Nothing in it may block on user code or on the report pipe.
func (h *host) obey(c frame.Command) {
	answer := frame.Report[any]{Op: frame.Answer, Seq: c.Seq}
	switch c.Op {
	case frame.Run:
		h.start(c)
		return
	case frame.Cancel:
		h.mu.Lock()
		cancel := h.cancels[c.Cell]
		delete(h.cancels, c.Cell)
		h.mu.Unlock()
		if cancel != nil {
			cancel()
		}
		h.commands.poke()
		return
	case frame.Reply:
		h.mu.Lock()
		waiting := h.waiting[c.Seq]
		delete(h.waiting, c.Seq)
		h.mu.Unlock()
		if waiting != nil {
			waiting <- c
		}
		return
	case frame.Stack:
		go func() {
			if c.Level > 0 {
				findLeaks()
			}
			var err error
			answer.Bytes, err = stacks()
			answer.Error = text(err)
			h.report(answer)
		}()
		return
	case frame.CommCommand:
		if c.Comm != nil {
			stage.DeliverComm(*c.Comm)
		}
		return
	case frame.Stdin:
		go func() {
			answer.Error = text(h.serveRead(c.Cell))
			h.report(answer)
		}()
		return
	case frame.Profile:
		go func() {
			var err error
			answer.Bytes, err = profile(c.Name, c.Level)
			answer.Error = text(err)
			h.report(answer)
		}()
		return
	case frame.Hello:
		limitMemory(c.Limit)
		stage.Connect(h.emit)
		answer.Op = frame.Ready
	case frame.Ping:
	case frame.Stirring:
		answer.Stirring, answer.Behind = h.stir.now(), true
	case frame.Still:
		h.commands.still.Store(!c.Unset)
		h.commands.poke()
	case frame.Chdir:
		answer.Error = text(os.Chdir(c.Name))
	case frame.Setenv:
		if c.Unset {
			answer.Error = text(os.Unsetenv(c.Name))
		} else {
			answer.Error = text(os.Setenv(c.Name, c.Value))
		}
	case frame.Environ:
		answer.Bytes = []byte(strings.Join(os.Environ(), "\x00"))
	default:
		answer.Error = "unknown command " + c.Op
	}
	go h.report(answer)
}

// report sends one frame. An error has nowhere to go: without the pipe the kernel is gone, and the guard
// about to end this process.
func (h *host) report(r frame.Report[any]) error {
	b, err := frame.Marshal(r)
	if err != nil {
		return err
	}
	return h.reports.write(b)
}

// emit is the stage's sink: it sends an event and waits until the kernel has passed on everything before it.
func (h *host) emit(e events.Event[any]) (string, error) { return h.emitOf(h.current.Load(), e) }

// emitOf is emit for a cell that need not be the last.
func (h *host) emitOf(cell uint64, e events.Event[any]) (string, error) {
	flushC() // a question too stands behind what was printed before
	if e.Kind != events.Input && e.Kind != events.Stdin {
		h.stir.shows.Add(1)
		defer h.stir.shows.Add(-1)
	}
	seq := h.seq.Add(1)
	b, err := frame.Marshal(frame.Report[any]{Op: frame.Emit, Seq: seq, Cell: cell, Event: &e})
	if err != nil {
		return "", fmt.Errorf("cannot display: %w", err)
	}
	reply := make(chan frame.Command, 1)
	h.mu.Lock()
	h.waiting[seq] = reply
	h.mu.Unlock()
	if err := h.reports.write(b); err != nil {
		return "", fmt.Errorf("cannot display: %w", err)
	}
	c := <-reply
	if c.Error != "" {
		return "", errors.New(c.Error)
	}
	return c.Value, nil
}

// limitMemory makes the collector work harder, and an endless recursion fail sooner, before the kernel's
// limit is reached. What GOMEMLIMIT already says, when it is less, stays.
func limitMemory(limit int64) {
	if limit <= 0 {
		return
	}
	if soft := limit / 10 * 9; debug.SetMemoryLimit(-1) > soft {
		debug.SetMemoryLimit(soft)
	}
	// A stack grows by copying to twice its size, so at its largest it takes one and a half times the limit.
	const usual = 1_000_000_000
	debug.SetMaxStack(int(min(usual, max(limit/4, 64<<20))))
}

// mostStacks is how many goroutines have their stacks written: all stand still meanwhile, a million of them for seconds.
const mostStacks = 50_000

// stacks returns the stacks of all goroutines.
func stacks() ([]byte, error) {
	if n := runtime.NumGoroutine(); n > mostStacks {
		return nil, fmt.Errorf("there are %d goroutines, too many to show their stacks", n)
	}
	const most = 64 << 20
	for n := 256 << 10; ; n *= 4 {
		b := make([]byte, n)
		if used := runtime.Stack(b, true); used < n || n >= most {
			return b[:used], nil
		}
	}
}

// What the search for leaks may meet: it marks the heap twice, beside whatever runs, and stops the world while it looks at
// each goroutine that is blocked.
const (
	mostSearched = 64 << 20
	mostJudged   = 10_000
)

// findLeaks has the runtime mark goroutines that wait for what nothing can reach; their stacks say so until it looks again.
// Before Go 1.27 it has no such profile.
func findLeaks() {
	p := pprof.Lookup("goroutineleak")
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(heap)
	if p != nil && heap[0].Value.Uint64() <= mostSearched && runtime.NumGoroutine() <= mostJudged {
		p.WriteTo(io.Discard, 0)
	}
}

func profile(name string, debug int) ([]byte, error) {
	p := pprof.Lookup(name)
	if p == nil {
		return nil, fmt.Errorf("no profile is named %q", name)
	}
	var b strings.Builder
	err := p.WriteTo(&b, debug)
	return []byte(b.String()), err
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
