package worker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"interleave/kernel/internal/stage"
	"interleave/kernel/internal/worker/frame"
)

// Command is a process below a guard of its own: when it ends, when its time is up, when the context ends or when this
// process is gone, whatever it has started ends too, background processes with sessions of their own included. Its
// standard input is empty. A program among them that imports display shows what it has to show through Handler.
type Command struct {
	Argv, Env []string // Argv[0] is a path
	Dir       string
	Guard     []string      // as in Config
	Handler   Handler       // gets everything it says, in order, from one goroutine that ends before Run does
	Timeout   time.Duration // 0 means none
	Memory    *Memory       // supervises what it uses; nil means that nothing does
	// Ask is the signal by which a command that is to be ended early is asked to; 0 kills it at once. SIGINT goes to its
	// process group, as Ctrl-C would. SIGQUIT, to which a Go program answers with its stacks, goes to it alone.
	Ask syscall.Signal
}

// Ending is how a command ended.
type Ending struct {
	Code     int            // the exit status, -1 after a signal
	Signal   syscall.Signal // that ended it, 0 when it exited
	TimedOut bool           // its time was up
	Stopped  bool           // the context ended
	Excess   *Excess        // it was killed for its memory, or nil
	OOM      bool           // the system ran out of memory and most likely chose it, or a child of it that it tells of
	Wall     time.Duration
}

const (
	// heed is how long a command that is asked to end may take.
	heed = 100 * time.Millisecond
	// outputDelay is how long to wait for output of processes that the guard had to leave.
	outputDelay = time.Second
)

// Run runs the command to its end. The error is about starting it or watching it; how it ended is no error.
func (c Command) Run(ctx context.Context) (Ending, error) {
	if ctx.Err() != nil {
		return Ending{Code: -1, Stopped: true}, nil
	}
	began, ooms := time.Now(), readOOMCounters("/")
	p, err := c.open()
	if err != nil {
		return Ending{}, fmt.Errorf("run command: %w", err)
	}
	defer p.leash.Close()
	defer p.guardReports.Close()
	guard := exec.Command(c.Guard[0], append(append([]string{}, c.Guard[1:]...), c.Argv...)...)
	env, mark := mark(append(append([]string{}, c.Env...), p.stage))
	guard.Env, guard.Dir, guard.Stderr, guard.ExtraFiles = env, c.Dir, os.Stderr, p.theirs
	guard.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = guard.Start()
	closeAll(p.theirs)
	r := newRelay(c.Handler, p)
	if err != nil {
		r.close()
		return Ending{}, fmt.Errorf("run command: %w", err)
	}
	relayed := make(chan struct{})
	go func() {
		defer close(relayed)
		r.loop()
	}()
	e, err := c.follow(ctx, guard, p)
	if err != nil { // the guard itself was killed
		sweep(mark)
	}
	stuck := time.AfterFunc(outputDelay, r.stop)
	<-relayed
	stuck.Stop()
	r.close()
	e.Wall = time.Since(began)
	e.OOM = e.killed() && ooms.grewTo(readOOMCounters("/"))
	return e, err
}

// killed reports whether somebody else has killed the command, or what a shell ran in it.
func (e Ending) killed() bool {
	return !e.TimedOut && !e.Stopped && e.Excess == nil && (e.Signal == unix.SIGKILL || e.Code == 128+int(unix.SIGKILL))
}

// pipes are the ends of a command's pipes.
type pipes struct {
	stdout, stderr, reports, leash, guardReports *os.File
	replies                                      *os.File
	theirs                                       []*os.File // in the order of the guard's descriptors
	stage                                        string     // tells the command of its pipes for display
}

// open makes the pipes of a command: as those of a worker, see launch, but the one for the text of a crash.
func (c Command) open() (*pipes, error) {
	p := &pipes{theirs: make([]*os.File, 8)}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	p.theirs[0] = null
	ours := []**os.File{1: &p.stdout, 2: &p.stderr, 3: &p.replies, 4: &p.reports, 6: &p.leash, 7: &p.guardReports}
	for i, end := range ours {
		if end == nil {
			continue
		}
		r, w, err := pipe()
		if err != nil {
			for k, end := range ours[:i] {
				if end != nil {
					(*end).Close()
					p.theirs[k].Close()
				}
			}
			null.Close()
			return nil, err
		}
		if i == 3 || i == 6 {
			r, w = w, r
		}
		*end, p.theirs[i] = r, w
	}
	p.stage, err = stage.Describe(commandRepliesFD, p.theirs[3], commandReportsFD, p.theirs[4])
	return p, err
}

// The command's own descriptors besides its standard ones.
const (
	commandRepliesFD = 3
	commandReportsFD = 4
)

// follow waits for the command's end and the guard's. What ends early is asked to, and then the guard is let go.
func (c Command) follow(ctx context.Context, guard *exec.Cmd, p *pipes) (Ending, error) {
	type ending struct {
		how guardReport
		err error
	}
	var first guardReport
	if err := frame.Read(p.guardReports, &first); err != nil || first.Error != "" {
		p.leash.Close()
		guard.Wait()
		if first.Error != "" {
			return Ending{}, errors.New(first.Error)
		}
		return Ending{}, fmt.Errorf("run command: the guard said nothing: %w", err)
	}
	ended := make(chan ending, 1)
	go func() {
		var e ending
		e.err = frame.Read(p.guardReports, &e.how)
		guard.Wait()
		ended <- e
	}()
	var timeout <-chan time.Time
	if c.Timeout > 0 {
		t := time.NewTimer(c.Timeout)
		defer t.Stop()
		timeout = t.C
	}
	excess := make(chan *Excess, 1)
	supervised := &part{guard: guard.Process.Pid, end: func(x *Excess) { excess <- x }}
	c.Memory.add(supervised)
	defer c.Memory.remove(supervised)
	var how ending
	var e Ending
	select {
	case how = <-ended:
	case <-timeout:
		e.TimedOut = true
		how = endEarly(c, first.PID, p.leash, ended)
	case <-ctx.Done():
		e.Stopped = true
		how = endEarly(c, first.PID, p.leash, ended)
	case e.Excess = <-excess:
		p.leash.Close()
		how = <-ended
	}
	if how.err != nil {
		return e, fmt.Errorf("run command: the guard did not say how it ended: %w", how.err)
	}
	status := syscall.WaitStatus(how.how.Status)
	e.Code = status.ExitStatus()
	if status.Signaled() {
		e.Signal = status.Signal()
	}
	return e, nil
}

// endEarly asks a command to end, and has it killed when it does not.
func endEarly[T any](c Command, pid int, leash *os.File, ended <-chan T) T {
	patience := heed
	switch c.Ask {
	case 0:
		patience = 0
	case unix.SIGINT:
		unix.Kill(-pid, c.Ask)
	default:
		unix.Kill(pid, c.Ask)
	}
	select {
	case e := <-ended:
		return e
	case <-time.After(patience):
		leash.Close()
		return <-ended
	}
}
