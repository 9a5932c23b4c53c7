package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"interleave/kernel/internal/worker/frame"
)

// Command is a process below a guard of its own: when it ends, when the context ends or when this process is gone,
// whatever it has started ends too, background processes with sessions of their own included. Its standard input is empty.
type Command struct {
	Argv, Env []string // Argv[0] is a path
	Dir       string
	Guard     []string // as in Config
	// Stdout and Stderr get the output as it comes, each from a goroutine of its own that ends before Run does.
	Stdout, Stderr io.Writer
}

// heed is how long a command may take to end after the SIGINT of an interrupt.
const heed = 80 * time.Millisecond

// Run runs the command to its end. The error is about starting it, or that of ctx; how it ended is no error.
func (c Command) Run(ctx context.Context) (syscall.WaitStatus, error) {
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return 0, fmt.Errorf("run command: %w", err)
	}
	files := []*os.File{null, nil, nil, null, null, null, nil, nil} // as in Worker.launch
	var ours []*os.File                                             // stdout, stderr, leash, reports
	defer func() { closeAll(ours) }()
	for _, i := range []int{1, 2, 6, 7} {
		r, w, err := os.Pipe()
		if err != nil {
			closeAll(files)
			return 0, fmt.Errorf("run command: %w", err)
		}
		if i == 6 {
			r, w = w, r
		}
		files[i], ours = w, append(ours, r)
	}
	guard := exec.Command(c.Guard[0], append(append([]string{}, c.Guard[1:]...), c.Argv...)...)
	guard.Env, guard.Dir, guard.Stderr, guard.ExtraFiles = c.Env, c.Dir, os.Stderr, files
	guard.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = guard.Start()
	closeAll(files) // null stands there several times, which does no harm
	if err != nil {
		return 0, fmt.Errorf("run command: %w", err)
	}
	var copied sync.WaitGroup
	copied.Go(func() { io.Copy(c.Stdout, ours[0]) })
	copied.Go(func() { io.Copy(c.Stderr, ours[1]) })
	status, err := c.follow(ctx, guard, ours[2], ours[3])
	// Nothing holds the pipes now, but for processes of another user that the guard had to leave.
	stuck := time.AfterFunc(time.Second, func() { closeAll(ours[:2]) })
	defer stuck.Stop()
	copied.Wait()
	return status, err
}

// follow waits for the command's end and the guard's. When ctx ends first it asks the command to end, as Ctrl-C would, and
// then lets the guard go.
func (c Command) follow(ctx context.Context, guard *exec.Cmd, leash, reports *os.File) (syscall.WaitStatus, error) {
	type ending struct {
		how guardReport
		err error
	}
	var first guardReport
	if err := frame.Read(reports, &first); err != nil || first.Error != "" {
		leash.Close()
		guard.Wait()
		if first.Error != "" {
			return 0, errors.New(first.Error)
		}
		return 0, fmt.Errorf("run command: the guard said nothing: %w", err)
	}
	ended := make(chan ending, 1)
	go func() {
		var e ending
		e.err = frame.Read(reports, &e.how)
		guard.Wait()
		ended <- e
	}()
	var e ending
	select {
	case e = <-ended:
	case <-ctx.Done():
		unix.Kill(-first.PID, unix.SIGINT)
		select {
		case <-ended:
		case <-time.After(heed):
			leash.Close()
			<-ended
		}
		return 0, context.Cause(ctx)
	}
	if e.err != nil {
		return 0, fmt.Errorf("run command: the guard did not say how it ended: %w", e.err)
	}
	return syscall.WaitStatus(e.how.Status), nil
}
