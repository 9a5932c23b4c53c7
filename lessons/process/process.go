package process

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// Job is a call of a registered function.
type Job struct {
	Func string
	Arg  any // of a type that gob knows: numbers, strings, booleans, slices of them, and what gob.Register was told
}

// Answer is what became of a job.
type Answer struct {
	Value any
	Err   error         // of the function, or ErrCrashed
	Busy  time.Duration // that the function took, by the worker's own clock
	PID   int           // of the worker
}

// ErrCrashed says that the worker process ended before it had answered.
var ErrCrashed = errors.New("the worker process has ended")

// reply is an Answer on its way.
type reply struct {
	Value any
	Err   string
	Busy  time.Duration
}

// registry is the functions that jobs may name.
var registry struct {
	mu    sync.Mutex
	funcs map[string]func(any) (any, error)
}

// Register makes a function known under a name, to this process and, as they are the same program, to its workers.
func Register[A, R any](name string, f func(A) (R, error)) {
	registry.mu.Lock()
	defer registry.mu.Unlock()
	if registry.funcs == nil {
		registry.funcs = map[string]func(any) (any, error){}
	}
	registry.funcs[name] = wrap(name, f)
}

func wrap[A, R any](name string, f func(A) (R, error)) func(any) (any, error) {
	return func(arg any) (any, error) {
		a, ok := arg.(A)
		if !ok {
			return nil, fmt.Errorf("%s takes %T, not %T", name, a, arg)
		}
		return f(a)
	}
}

// call runs a registered function here. Its panic is its error: a worker survives what a goroutine would not.
func call(j Job) (r reply) {
	registry.mu.Lock()
	f, ok := registry.funcs[j.Func]
	registry.mu.Unlock()
	if !ok {
		f, ok = known(j.Func)
	}
	if !ok {
		return reply{Err: fmt.Sprintf("no function %q is registered", j.Func)}
	}
	start := time.Now()
	defer func() {
		r.Busy = time.Since(start)
		if v := recover(); v != nil {
			r.Value, r.Err = nil, fmt.Sprint("panic: ", v)
		}
	}()
	value, err := f(j.Arg)
	if err != nil {
		return reply{Err: err.Error()}
	}
	return reply{Value: value}
}

// worker is the role that answers jobs, one after another, until nobody asks any more.
func worker([]string) error {
	conn := inherited(0)
	in, out := gob.NewDecoder(conn), gob.NewEncoder(conn)
	for {
		var j Job
		if err := in.Decode(&j); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := out.Encode(call(j)); err != nil {
			return err
		}
	}
}

// Process is a worker process. It does one job at a time, and is safe for concurrent use.
type Process struct {
	helper *helper

	mu   sync.Mutex // one job at a time
	conn net.Conn
	in   *gob.Decoder
	out  *gob.Encoder
}

// Start starts a worker. It ends with ctx, with Close, or with this process.
func Start(ctx context.Context) (*Process, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	h, err := spawn(ctx, "worker", nil, theirs)
	if err != nil {
		ours.Close()
		return nil, err
	}
	return &Process{helper: h, conn: ours, in: gob.NewDecoder(ours), out: gob.NewEncoder(ours)}, nil
}

// socketPair is a two-ended link: what is written into one end is read from the other. This is what Python's
// multiprocessing.Pipe is, too.
func socketPair() (net.Conn, *os.File, error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("process: socketpair: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "ours"), os.NewFile(uintptr(fds[1]), "theirs")
	conn, err := net.FileConn(ours) // a copy, which the runtime's poller knows
	ours.Close()
	if err != nil {
		theirs.Close()
		return nil, nil, fmt.Errorf("process: socketpair: %w", err)
	}
	return conn, theirs, nil
}

// Call has the worker do a job and waits for the answer.
func (p *Process) Call(j Job) Answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := Answer{PID: p.PID()}
	var r reply
	err := p.out.Encode(j)
	if err == nil {
		err = p.in.Decode(&r)
	}
	switch {
	case err != nil && gone(err):
		p.helper.stop()
		a.Err = fmt.Errorf("%w: %v", ErrCrashed, p.helper.cmd.ProcessState)
	case err != nil:
		a.Err = fmt.Errorf("process: %s: %w", j.Func, err)
	case r.Err != "":
		a.Err = errors.New(r.Err)
	}
	a.Value, a.Busy = r.Value, r.Busy
	return a
}

// gone tells a connection that has ended from a value that cannot be sent.
func gone(err error) bool {
	var op *net.OpError
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &op)
}

// PID is the worker's number.
func (p *Process) PID() int { return p.helper.cmd.Process.Pid }

// Kill ends the worker by SIGKILL, as the system does when memory runs out. A job that it was doing is answered with
// [ErrCrashed].
func (p *Process) Kill() { p.helper.stop() }

// Close ends the worker and waits until it has ended.
func (p *Process) Close() {
	p.helper.stop()
	p.conn.Close()
}

// Run does one job in a process of its own: starts it, asks, and ends it.
func Run(ctx context.Context, j Job) Answer {
	p, err := Start(ctx)
	if err != nil {
		return Answer{Err: err}
	}
	defer p.Close()
	return p.Call(j)
}
