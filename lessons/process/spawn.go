package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"

	"interleave/lessons/kit/child"
)

// roleVariable names what a started process is to be.
const roleVariable = "INTERLEAVE_PROCESS_ROLE"

// again says that main has called Main, so that this program can be started again as a helper.
var again atomic.Bool

// helperPath is the built helper command, once it is known.
var helperPath struct {
	mu   sync.Mutex
	path string
}

// Main makes this process what its parent started it for, and then does not return. In a process that was not
// started by this package it returns at once, and from then on helpers are this very program. Call it at the top
// of main, after Register.
func Main() {
	name := os.Getenv(roleVariable)
	if name == "" {
		again.Store(true)
		return
	}
	os.Unsetenv(roleVariable)
	go func() { // the parent holds the other end
		io.Copy(io.Discard, os.NewFile(3, "lifeline"))
		os.Exit(0)
	}()
	run, ok := roles()[name]
	if !ok {
		fmt.Fprintf(os.Stderr, "process: no role %q\n", name)
		os.Exit(2)
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "process: %s: %v\n", name, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// roles are what a helper can be.
func roles() map[string]func(args []string) error {
	return map[string]func([]string) error{
		"worker": worker, "put": put, "get": get, "partner": partner, "square": square,
		"server": serveRecords, "client": putRecords, "echo": echo, "sink": sink, "box": box,
	}
}

// inherited is the i-th file that the parent handed over.
func inherited(i int) *os.File { return os.NewFile(uintptr(4+i), "inherited") }

// Prepare makes sure that helpers can be started, which in a notebook means to build a command: some seconds the
// first time on a machine, a tenth of one afterwards. Everything else here calls it; measurements call it before
// their clock starts.
func Prepare(ctx context.Context) error {
	_, err := executable(ctx)
	return err
}

func executable(ctx context.Context) (string, error) {
	if again.Load() {
		return os.Executable()
	}
	helperPath.mu.Lock()
	defer helperPath.mu.Unlock()
	if _, err := os.Stat(helperPath.path); err == nil {
		return helperPath.path, nil
	}
	path, err := child.Build(ctx, child.Command{Name: "process-helper", Package: "interleave/lessons/process/helper"})
	if err != nil {
		return "", fmt.Errorf("process: %w", err)
	}
	helperPath.path = path
	return path, nil
}

// helper is a started process.
type helper struct {
	cmd      *exec.Cmd
	lifeline *os.File
	out      bytes.Buffer  // what it prints; a worker's output goes where this process's goes
	ended    chan struct{} // closed when it has been waited for
	err      error         // of that wait
}

// spawn starts a helper, which ends with ctx at the latest. The files stay the caller's.
func spawn(ctx context.Context, role string, args []string, files ...*os.File) (*helper, error) {
	path, err := executable(ctx)
	if err != nil {
		return nil, err
	}
	end, lifeline, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("process: %w", err)
	}
	defer end.Close()
	h := &helper{cmd: exec.CommandContext(ctx, path, args...), lifeline: lifeline, ended: make(chan struct{})}
	h.cmd.Env = append(os.Environ(), roleVariable+"="+role)
	h.cmd.ExtraFiles = append([]*os.File{end}, files...)
	h.cmd.Stdout, h.cmd.Stderr = &h.out, os.Stderr
	if role == "worker" {
		h.cmd.Stdout = os.Stdout
	}
	if err := h.cmd.Start(); err != nil {
		lifeline.Close()
		return nil, fmt.Errorf("process: start %s: %w", role, err)
	}
	go func() {
		h.err = h.cmd.Wait()
		close(h.ended)
	}()
	return h, nil
}

// wait waits until the helper ends by itself.
func (h *helper) wait() error {
	<-h.ended
	h.lifeline.Close()
	return h.err
}

// stop ends the helper if it has not ended, and waits for that.
func (h *helper) stop() {
	h.lifeline.Close()
	_ = h.cmd.Process.Kill() // it may have ended
	<-h.ended
}

// waitAll waits for all helpers; when one fails the others are stopped.
func waitAll(helpers []*helper) error {
	var errs []error
	for _, h := range helpers {
		if len(errs) > 0 {
			h.stop()
			continue
		}
		if err := h.wait(); err != nil {
			errs = append(errs, fmt.Errorf("process: a helper failed: %w", err))
		}
	}
	return errors.Join(errs...)
}
