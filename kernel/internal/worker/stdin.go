package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"interleave/kernel/internal/worker/frame"
)

// ErrNoInput is what Handler.Input returns, itself or wrapped, when nobody can be asked. It ends a cell that reads
// standard input.
var ErrNoInput = errors.New("nobody can be asked for input")

// InputError is how a cell ended that read standard input when nobody could be asked. Abandoned says that it
// goes on in the background.
type InputError struct {
	Err       error
	Abandoned bool
}

func (e *InputError) Error() string { return "standard input: " + e.Err.Error() }

// Unwrap returns what Handler.Input said.
func (e *InputError) Unwrap() error { return e.Err }

// A reader of a pipe cannot be seen from its other end, so while a cell runs we look whether one of the worker's
// threads, or of its children's that share its descriptor 0, waits in read(0, …). A cell's first look comes after firstLook, and one
// that follows an answer after nextLook; each later one comes later by a half, up to slowLook, but so much later than a look takes
// that looking costs less than a hundredth of a core. A short cell is looked at once or not at all: each look is felt by
// goroutines that hand over to one another.
const (
	firstLook = 60 * time.Millisecond
	nextLook  = 5 * time.Millisecond
	slowLook  = 150 * time.Millisecond
	lookShare = 200
	// refusedGrace is how long a cell that is refused input may take to end by itself.
	refusedGrace = 40 * time.Millisecond
)

// watch has the worker ask for a line for a cell whenever something in it waits for one, until ctx ends, unless it is certain that only
// goroutines of other cells than the one with this label do. As often as it looks for that it has the worker look at its goroutines.
func (w *Worker) watch(ctx context.Context, cell uint64, label string) {
	pause := firstLook
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		began := time.Now()
		pause = min(pause*3/2, slowLook)
		w.look()
		if w.reads != nil && (w.reads.waiting() && !w.othersRead(ctx, label) || w.reads.childWaits()) && ctx.Err() == nil {
			// The answer comes when the line lies in the pipe, which wakes who waits.
			if _, err := w.ask(ctx, frame.Command{Op: frame.Stdin, Cell: cell}); err != nil {
				w.log.Debug("standard input", "err", err)
			}
			pause, began = nextLook, time.Now() // who has read a line may read the next
		}
		timer.Reset(max(pause, lookShare*time.Since(began)))
	}
}

// othersRead reports whether goroutines of other cells wait in a system call that reads, and none whose cell is this one or not
// known. A goroutine that an earlier cell has left, and that takes the end of its file for no reason to stop, reads this cell's.
func (w *Worker) othersRead(ctx context.Context, label string) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	profile, err := w.Goroutines(ctx)
	return err == nil && onlyOthersRead(string(profile), label)
}

// onlyOthersRead is othersRead of a goroutine profile as text.
func onlyOthersRead(profile, label string) bool {
	others := false
	for entry := range strings.SplitSeq(profile, "\n\n") {
		if !readsOutside.MatchString(entry) {
			continue
		}
		m := cellLabel.FindStringSubmatch(entry)
		if m == nil && !strings.Contains(entry, "/worker/inmate.") || m != nil && m[1] == label {
			return false
		}
		others = others || m != nil
	}
	return others
}

var (
	// readsOutside is a frame of a goroutine that is in a system call, or in C, and may read.
	readsOutside = regexp.MustCompile(`(?m)^#\t0x[0-9a-f]+\t(?:.*\.(?:[rR]ead|Syscall6?|RawSyscall6?)|runtime\.cgocall)\+0x`)
	cellLabel    = regexp.MustCompile(`(?m)^# labels: \{.*"cell":"([^"]*)"`)
)

// look tells the worker to look whether goroutines queue for a processor, unless it has commands to read anyway.
func (w *Worker) look() {
	if w.untaken() > 0 {
		return
	}
	if err := w.send(frame.Command{Op: frame.Look}); err != nil {
		w.log.Debug("command not sent", "op", frame.Look, "err", err)
	}
}

// follow starts watch for one cell. stop ends it, and a question that is open.
func (w *Worker) follow(cell uint64, label string) (stop func()) {
	ctx, cancel := context.WithCancel(w.alive)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.watch(ctx, cell, label)
	}()
	return func() {
		cancel()
		<-ended
		w.cancelInputs(cell, true)
	}
}

// refused is how a cell ended, when it was refused input.
func (w *Worker) refused(r *run, err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.refused != nil && (err == nil || errors.Is(err, ErrAbandoned)) {
		return &InputError{Err: r.refused, Abandoned: err != nil}
	}
	return err
}

// refuse ends a cell that reads what cannot be had: its context is cancelled, its standard input ends, and when it
// does not end of that it is abandoned.
func (w *Worker) refuse(id uint64, err error) {
	w.mu.Lock()
	if r := w.runs[id]; r != nil && r.refused == nil {
		r.refused = err
	}
	w.mu.Unlock()
	w.sendSoon(frame.Command{Op: frame.Cancel, Cell: id})
	time.AfterFunc(refusedGrace, func() { w.Abandon(id) })
}

// reads tells whether a thread of a process waits for standard input.
type reads struct {
	pid    int
	dir    string // /proc/PID/task
	look   func(task string) (waits, ok bool)
	listed bool // the children of each thread are, as by a kernel with CONFIG_PROC_CHILDREN
}

// findReads chooses how to look at a process; nil means that the system does not let us.
func findReads(pid int) *reads {
	r := &reads{pid: pid, dir: tasks(pid)}
	own := r.dir + "/" + strconv.Itoa(pid)
	_, err := os.Stat(own + "/children")
	r.listed = err == nil
	for _, look := range []func(string) (bool, bool){inRead, inPipe} {
		if _, ok := look(own); ok {
			r.look = look
			return r
		}
	}
	return nil
}

// waiting reports whether a thread waits in read(0, …).
func (r *reads) waiting() bool { return anyTask(r.dir, r.look) }

// childWaits reports whether a process below this one waits in read(0, …) for what this one has as descriptor 0. A child
// of an earlier cell has another pipe there, which is at its end. The wait channel alone does not tell which pipe a child reads.
func (r *reads) childWaits() bool {
	next, more := childrenOf(r.dir), childrenOf
	if !r.listed {
		next, more = descendants(r.pid), func(string) []int { return nil }
	}
	if len(next) == 0 {
		return false
	}
	stdin, err := descriptor0(r.pid)
	if err != nil {
		return false
	}
	for n := 0; len(next) > 0 && n < mostChildren; n++ {
		pid := next[0]
		next = append(next[1:], more(tasks(pid))...)
		if own, err := descriptor0(pid); err == nil && own == stdin && anyTask(tasks(pid), inRead) {
			return true
		}
	}
	return false
}

// mostChildren is how many processes below the worker are looked at.
const mostChildren = 100

// tasks is the folder of a process's threads.
func tasks(pid int) string { return fmt.Sprintf("/proc/%d/task", pid) }

// descriptor0 names what a process has open as descriptor 0.
func descriptor0(pid int) (string, error) { return os.Readlink(fmt.Sprintf("/proc/%d/fd/0", pid)) }

// childrenOf returns the children of a process, nil where the system does not tell.
func childrenOf(tasks string) (pids []int) {
	anyTask(tasks, func(task string) (bool, bool) {
		b, err := os.ReadFile(task + "/children")
		for field := range bytes.FieldsSeq(b) {
			if pid, err := strconv.Atoi(string(field)); err == nil {
				pids = append(pids, pid)
			}
		}
		return false, err == nil
	})
	return pids
}

// anyTask reports whether look says so of a thread.
func anyTask(tasks string, look func(task string) (yes, ok bool)) bool {
	dir, err := os.Open(tasks)
	if err != nil {
		return false
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	for _, name := range names {
		if yes, _ := look(tasks + "/" + name); yes {
			return true
		}
	}
	return false
}

// inRead knows the system call and its first argument. A thread that was woken, but has not run yet, is "running".
// The system refuses it to those who may not trace the process.
func inRead(task string) (waits, ok bool) {
	b, err := os.ReadFile(task + "/syscall")
	if err != nil || len(b) == 0 {
		return false, false
	}
	return bytes.HasPrefix(b, fmt.Appendf(nil, "%d 0x0 ", unix.SYS_READ)), true
}

// inPipe knows only that the thread waits in a read of a pipe. The runtime waits for its own pipes by polling, so
// what waits so is a read of descriptor 0, or a fork, which lasts a moment: it is asked twice.
func inPipe(task string) (waits, ok bool) {
	for i := range 2 {
		if i > 0 {
			time.Sleep(2 * time.Millisecond)
		}
		b, err := os.ReadFile(task + "/wchan")
		if err != nil || len(b) == 0 || string(b) == "0" && i == 0 && !symbols() {
			return false, false
		}
		if !strings.Contains(string(b), "pipe_read") && string(b) != "pipe_wait" {
			return false, true
		}
	}
	return true, true
}

// symbols reports whether wchan names functions at all: of this thread, which runs, it cannot tell.
func symbols() bool {
	names, _ := os.ReadDir("/proc/self/task")
	for _, n := range names {
		if b, err := os.ReadFile("/proc/self/task/" + n.Name() + "/wchan"); err == nil && len(b) > 1 {
			return true
		}
	}
	return false
}
