package worker

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"interleave/kernel/internal/worker/frame"
)

// pipeSize is what pipes are enlarged to: the most that an unprivileged process may ask for.
const pipeSize = 1 << 20

type report = frame.Report[json.RawMessage]

// Worker is one running worker. Its methods are safe for concurrent use.
type Worker struct {
	config Config
	log    *slog.Logger
	ooms   oomCounters // as they stood at the start

	pid   int // of the worker
	left  int // processes the guard could not end; set before alone closes
	guard *exec.Cmd
	part  *part            // what is supervised
	mark  string           // in the environment of everything below it
	leash *os.File         // closing it has the guard kill everything below it
	ended chan guardReport // how the worker ended, once
	alone chan struct{}    // closed when the guard has ended, and with it everything below it

	sending  sync.Mutex // guards commands and sent: one frame at a time
	commands *os.File
	sent     int64 // bytes

	alive  context.Context // ends with the worker; inputs derive from it
	end    context.CancelFunc
	input  sync.Mutex // held while a line is asked for: one at a time
	ready  chan struct{}
	done   chan struct{}
	letGo  sync.Once
	closed sync.WaitGroup // the goroutines
	reads  *reads         // how to see that something reads descriptor 0; nil if there is no way

	mu     sync.Mutex
	seq    uint64
	asked  map[uint64]chan *report
	runs   map[uint64]*run
	inputs map[uint64]pendingInput // by Seq
	cause  *Death                  // why we killed it, when we did
	death  *Death                  // set before done closes
	taken  int64                   // of the bytes sent, those that the worker has read; set before done closes
}

type pendingInput struct {
	cell   uint64
	stdin  bool
	cancel context.CancelFunc
}

// Start starts a guard and its worker and returns when the worker takes commands. ctx bounds the start only.
// The error is a *Death when the worker ended before it was ready; Stderr then holds its last words.
func Start(ctx context.Context, c Config) (*Worker, error) {
	if c.Handler == nil || c.Path == "" || len(c.Guard) == 0 {
		return nil, errors.New("start worker: Path, Guard and Handler are required")
	}
	w := &Worker{
		config: c,
		log:    cmp.Or(c.Logger, slog.New(slog.DiscardHandler)),
		ended:  make(chan guardReport, 1),
		alone:  make(chan struct{}),
		ready:  make(chan struct{}),
		done:   make(chan struct{}),
		asked:  map[uint64]chan *report{},
		runs:   map[uint64]*run{},
		inputs: map[uint64]pendingInput{},
	}
	w.ooms = readOOMCounters("/")
	w.alive, w.end = context.WithCancel(context.Background())
	if err := w.launch(ctx); err != nil {
		w.end()
		return nil, fmt.Errorf("start worker: %w", err)
	}
	if err := w.send(frame.Command{Op: frame.Hello, Limit: c.Memory.Limit()}); err != nil {
		w.log.Debug("worker ended at its start", "err", err) // its death says more
	}
	select {
	case <-w.ready:
		return w, nil
	case <-w.done:
		return nil, fmt.Errorf("start worker: %w", w.Death())
	case <-ctx.Done():
		w.Close()
		return nil, fmt.Errorf("start worker: no answer: %w", context.Cause(ctx))
	}
}

// launch makes the pipes, starts the guard, learns the worker's pid and starts the goroutines.
func (w *Worker) launch(ctx context.Context) (err error) {
	var ours, theirs []*os.File
	defer func() {
		closeAll(theirs)
		if err != nil {
			closeAll(ours)
		}
	}()
	// In the order of the guard's descriptors: the worker's 0 to 5, the leash, the guard's reports.
	for _, toWorker := range []bool{true, false, false, true, false, false, true, false} {
		r, wr, err := pipe()
		if err != nil {
			return err
		}
		if toWorker {
			ours, theirs = append(ours, wr), append(theirs, r)
		} else {
			ours, theirs = append(ours, r), append(theirs, wr)
		}
	}
	for _, i := range []int{1, 2, 3, 4, 5} {
		// Smaller pipes only make it slower: the system may refuse when a user has very many.
		_, _ = unix.FcntlInt(theirs[i].Fd(), unix.F_SETPIPE_SZ, pipeSize)
	}
	if ours[3], err = pollable(ours[3]); err != nil { // a write to it must have a deadline
		return err
	}
	w.leash, w.commands = ours[6], ours[3]
	if err := w.startGuard(ctx, theirs, ours[7]); err != nil {
		return err
	}
	ours[0].Close() // stdin is at its end until a cell runs, see inmate
	if w.reads = findReads(w.pid); w.reads == nil {
		w.log.Warn("standard input is at its end: /proc does not tell whether a cell reads it")
	}
	w.part = &part{guard: w.guard.Process.Pid, worker: w.pid, spared: w.config.Spared,
		end: func(x *Excess) { w.kill(&Death{Excess: x, Reason: x.Text("the notebook")}) }}
	w.config.Memory.add(w.part)
	w.closed.Add(2)
	go w.awaitGuard(ours[7])
	go newReader(w, ours[1], ours[2], ours[4], ours[5]).loop()
	return nil
}

// startGuard starts the guard with its descriptors and learns the worker's pid from it.
func (w *Worker) startGuard(ctx context.Context, files []*os.File, reports *os.File) error {
	args := slices.Concat(w.config.Guard[1:], []string{w.config.Path}, w.config.Args)
	w.guard = exec.Command(w.config.Guard[0], args...)
	w.guard.Env, w.mark = mark(w.config.Env)
	w.guard.Dir = w.config.Dir
	w.guard.Stderr = os.Stderr
	w.guard.ExtraFiles = files
	w.guard.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C in the kernel's terminal is not for it
	if err := w.guard.Start(); err != nil {
		return fmt.Errorf("start guard: %w", err)
	}
	closeAll(files)
	stop := context.AfterFunc(ctx, func() { w.guard.Process.Kill() })
	defer stop()
	var first guardReport
	if err := frame.Read(reports, &first); err != nil || first.Error != "" {
		w.guard.Process.Kill()
		w.guard.Wait()
		return errors.New(cmp.Or(first.Error, "the guard said nothing"))
	}
	w.pid = first.PID
	return nil
}

// pipe returns a pipe whose ends block, as a child's must, and close in every child that is not meant.
func pipe() (r, w *os.File, err error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return nil, nil, fmt.Errorf("pipe: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), "pipe"), os.NewFile(uintptr(fds[1]), "pipe"), nil
}

// pollable returns f, whose descriptor it takes over, as a file with deadlines.
func pollable(f *os.File) (*os.File, error) {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	f.Close()
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "commands"), nil
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// awaitGuard takes the guard's last words and waits for its end.
func (w *Worker) awaitGuard(reports *os.File) {
	defer w.closed.Done()
	defer close(w.alone)
	defer w.config.Memory.remove(w.part)
	defer reports.Close()
	var how, last guardReport
	if err := frame.Read(reports, &how); err != nil {
		w.log.Warn("the guard did not say how the worker ended", "err", err)
	}
	w.ended <- how
	if err := frame.Read(reports, &last); err == nil {
		w.left = last.Left
	}
	if err := w.guard.Wait(); err != nil {
		w.log.Warn("guard", "err", err)
		w.left = sweep(w.mark)
	}
}

// send writes one command. A worker that does not take it for five seconds is stopped or broken, and since
// half a frame may be written, it is killed.
func (w *Worker) send(c frame.Command) error {
	_, err := w.sendCounted(c)
	return err
}

// sendCounted is send, and returns how many bytes have been sent with this command. It is more than the worker can ever
// take when there is an error.
func (w *Worker) sendCounted(c frame.Command) (int64, error) {
	b, err := frame.Marshal(c)
	if err != nil {
		return math.MaxInt64, fmt.Errorf("command to worker: %w", err)
	}
	w.sending.Lock()
	defer w.sending.Unlock()
	w.commands.SetWriteDeadline(time.Now().Add(5 * time.Second))
	n, err := w.commands.Write(b)
	w.sent += int64(n)
	if err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			w.kill(&Death{Reason: "it took no more commands"})
		}
		return math.MaxInt64, fmt.Errorf("command to worker: %w", err)
	}
	return w.sent, nil
}

// countTaken closes the command pipe of a worker that has ended, and returns how much of what was sent it had read.
// What it had not lies in the pipe until then.
func (w *Worker) countTaken() int64 {
	w.sending.Lock()
	defer w.sending.Unlock()
	defer w.commands.Close()
	return w.sent - int64(w.untaken())
}

// untaken is how many bytes lie in the command pipe, zero when that is not known.
func (w *Worker) untaken() int {
	unread := 0
	if conn, err := w.commands.SyscallConn(); err == nil {
		conn.Control(func(fd uintptr) {
			if n, err := unix.IoctlGetInt(int(fd), unix.TIOCINQ); err == nil {
				unread = n
			}
		})
	}
	return unread
}

// orDeath waits for the worker's death after an error of send, which says more.
func (w *Worker) orDeath(err error) error {
	select {
	case <-w.done:
		return w.Death()
	case <-time.After(5 * time.Second):
		return err
	}
}

// kill has the guard kill the worker and everything below it, and remembers the first reason.
func (w *Worker) kill(why *Death) {
	w.mu.Lock()
	if w.cause == nil {
		w.cause = why
	}
	w.mu.Unlock()
	w.letGo.Do(func() { w.leash.Close() })
}

// Kill ends the worker and every process below it. It does not wait: Done tells.
func (w *Worker) Kill() { w.kill(&Death{Closed: true, Reason: "it was ended by the kernel"}) }

// Close is Kill, and waits until every process and goroutine has ended. The error is that of processes that
// could not be ended.
func (w *Worker) Close() error {
	w.Kill()
	stuck := time.AfterFunc(5*time.Second, func() { w.guard.Process.Kill() })
	defer stuck.Stop()
	w.closed.Wait()
	if w.left > 0 {
		return fmt.Errorf("%d processes started by cells could not be ended", w.left)
	}
	return nil
}

// Done is closed when the worker has ended, everything it wrote has been given to the Handler, and no process
// it started is left.
func (w *Worker) Done() <-chan struct{} { return w.done }

// Death is nil until Done is closed.
func (w *Worker) Death() *Death {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.death
}

// PID is the worker's process id.
func (w *Worker) PID() int { return w.pid }
