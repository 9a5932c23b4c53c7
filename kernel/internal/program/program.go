// Package program runs a child process and whatever that starts, and says how it ended. Nothing it started is
// left behind: the child leads a process group of its own, which is killed when the child has ended, when its
// time is up, when the caller's context ends, and, by the operating system, when this process dies.
//
// It knows neither Go programs nor notebooks, except that a process which is to be ended early is asked by
// SIGQUIT first, to which a Go program answers with the stacks of its goroutines. Run starts the goroutines
// that os/exec needs for its output; all have ended when it returns.
package program

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Command is what to run. Argv, Env and Dir are those of exec.Cmd; standard input is empty.
type Command struct {
	Argv, Env      []string
	Dir            string
	Stdout, Stderr io.Writer
	Timeout        time.Duration // 0 means none
	// Patience is how long a process that is to be ended early may take to print its stacks; 0 kills at once.
	Patience time.Duration
}

// Ending is how a process ended.
type Ending struct {
	Code     int            // the exit status, -1 after a signal
	Signal   syscall.Signal // that ended it, 0 when it exited
	TimedOut bool           // its time was up
	Stopped  bool           // the context ended
	Wall     time.Duration
	CPU      time.Duration
}

// outputDelay is how long to wait for output of processes that the child left behind and that were just killed.
const outputDelay = 500 * time.Millisecond

// Run runs a command to its end. The error is about starting or watching it; how it ended is no error.
func Run(ctx context.Context, c Command) (Ending, error) {
	if ctx.Err() != nil {
		return Ending{Code: -1, Stopped: true}, nil
	}
	// The child is killed with the thread that started it (Pdeathsig), so this one must live on until then.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.Command(c.Argv[0], c.Argv[1:]...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = c.Env, c.Dir, c.Stdout, c.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = outputDelay
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return Ending{}, fmt.Errorf("start %s: %w", c.Argv[0], err)
	}
	e := Ending{}
	ended := make(chan error, 1)
	go func() { ended <- awaitEnd(cmd.Process.Pid) }()
	var timeout <-chan time.Time
	if c.Timeout > 0 {
		t := time.NewTimer(c.Timeout)
		defer t.Stop()
		timeout = t.C
	}
	over := false
	var err error
	select {
	case err = <-ended:
		over = true
	case <-timeout:
		e.TimedOut = true
	case <-ctx.Done():
		e.Stopped = true
	}
	if !over && c.Patience > 0 {
		syscall.Kill(cmd.Process.Pid, syscall.SIGQUIT)
		select {
		case err = <-ended:
			over = true
		case <-time.After(c.Patience):
		}
	}
	// The child has not been waited for, so its number, which is that of the group, is still its own.
	syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	if !over {
		err = <-ended
	}
	waitErr := cmd.Wait()
	e.Wall = time.Since(began)
	if err != nil {
		return e, fmt.Errorf("wait for %s: %w", c.Argv[0], err)
	}
	if cmd.ProcessState == nil {
		return e, fmt.Errorf("wait for %s: %w", c.Argv[0], waitErr)
	}
	e.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	e.Code = cmd.ProcessState.ExitCode()
	if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		e.Signal = ws.Signal()
	}
	return e, nil
}

// awaitEnd waits until a child has ended and leaves it to be waited for.
func awaitEnd(pid int) error {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
