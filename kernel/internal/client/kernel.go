package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"

	"interleave/kernel/internal/wire"
)

// Spec says how to start a kernel. In Argv, {connection_file} stands for its path.
type Spec struct {
	Argv      []string
	Transport string   // tcp or ipc; empty means tcp
	Dir       string   // the directory of the process, and by default of the connection file
	Env       []string // added to the environment of this process
	Stderr    io.Writer
}

// Kernel is a running kernel process in a session of its own, as Jupyter starts it, and a client of it.
type Kernel struct {
	*Client
	File string // the connection file

	spec   Spec
	conn   wire.Connection
	cmd    *exec.Cmd
	exited chan struct{} // closed when the process has been waited for
	stderr *tail
}

// tail keeps the last bytes a process wrote to its standard error, to explain why it ended.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
	to  io.Writer
}

func (w *tail) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.buf.Write(p)
	if w.buf.Len() > 64<<10 {
		w.buf.Next(w.buf.Len() - 32<<10)
	}
	if w.to != nil {
		w.to.Write(p)
	}
	return len(p), nil
}

func (w *tail) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.String()
}

// Start starts a kernel and connects to it. dir is where the connection file goes; for ipc, the sockets
// too, so its path must be short.
func Start(ctx context.Context, dir string, spec Spec) (*Kernel, error) {
	conn := wire.Connection{
		Transport: spec.Transport, IP: "127.0.0.1", Key: wire.Key(uuid.NewString()), SignatureScheme: "hmac-sha256",
		Ports: wire.Ports{Shell: 1, Control: 2, Stdin: 3, IOPub: 4, Heartbeat: 5},
	}
	if spec.Transport == "ipc" {
		conn.IP = filepath.Join(dir, "ipc")
	} else {
		conn.Transport = "tcp"
		if err := freePorts(&conn.Ports); err != nil {
			return nil, err
		}
	}
	k := &Kernel{File: filepath.Join(dir, "kernel-"+uuid.NewString()+".json"), spec: spec, conn: conn}
	if err := conn.Write(k.File); err != nil {
		return nil, err
	}
	return k, k.start(ctx)
}

// freePorts chooses ports as jupyter_client does: the system gives them, and they are free again when the
// kernel asks.
func freePorts(p *wire.Ports) error {
	for _, port := range []*int{&p.Shell, &p.Control, &p.Stdin, &p.IOPub, &p.Heartbeat} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return fmt.Errorf("choose a port: %w", err)
		}
		defer l.Close() // all five at once, so that they differ
		*port = l.Addr().(*net.TCPAddr).Port
	}
	return nil
}

func (k *Kernel) start(ctx context.Context) error {
	argv := make([]string, len(k.spec.Argv))
	for i, arg := range k.spec.Argv {
		argv[i] = strings.ReplaceAll(arg, "{connection_file}", k.File)
	}
	k.stderr = &tail{to: k.spec.Stderr}
	k.cmd = exec.Command(argv[0], argv[1:]...)
	k.cmd.Dir, k.cmd.Env = k.spec.Dir, append(append(os.Environ(), "JPY_PARENT_PID="+strconv.Itoa(os.Getpid())), k.spec.Env...)
	k.cmd.Stdout, k.cmd.Stderr = k.stderr, k.stderr
	k.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	k.cmd.WaitDelay = time.Second // a grandchild may hold the pipe
	if err := k.cmd.Start(); err != nil {
		return fmt.Errorf("start kernel: %w", err)
	}
	k.exited = make(chan struct{})
	dialing, cancel := context.WithCancel(ctx)
	defer cancel()
	go func(cmd *exec.Cmd, exited chan struct{}) {
		cmd.Wait()
		close(exited)
		cancel() // no use in dialing a process that has ended
	}(k.cmd, k.exited)
	client, err := Dial(dialing, k.conn)
	if err != nil {
		k.Kill()
		return fmt.Errorf("connect to kernel: %w\nits output:\n%s", err, k.stderr)
	}
	k.Client = client
	return nil
}

// Connection is where the kernel listens.
func (k *Kernel) Connection() wire.Connection { return k.conn }

// Pid is the process, and its process group.
func (k *Kernel) Pid() int { return k.cmd.Process.Pid }

// Output is the end of what the process wrote to its own stdout and stderr.
func (k *Kernel) Output() string { return k.stderr.String() }

// Exited is closed when the process has ended.
func (k *Kernel) Exited() <-chan struct{} { return k.exited }

// Signal sends a signal to the whole process group, as Jupyter interrupts a kernel in signal mode.
func (k *Kernel) Signal(sig syscall.Signal) error { return syscall.Kill(-k.Pid(), sig) }

// Kill ends the process group at once and waits for the process.
func (k *Kernel) Kill() {
	if err := k.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		k.cmd.Process.Kill()
	}
	<-k.exited
	if k.Client != nil {
		k.Client.Close()
	}
}

// Stop shuts the kernel down by message and waits for the process to end.
func (k *Kernel) Stop(ctx context.Context) error { return k.stop(ctx, false) }

func (k *Kernel) stop(ctx context.Context, restart bool) error {
	if err := k.Shutdown(ctx, restart); err != nil {
		return err
	}
	select {
	case <-k.exited:
		k.Client.Close()
		return nil
	case <-ctx.Done():
		return fmt.Errorf("the kernel did not end after shutdown_reply: %w", ctx.Err())
	}
}

// Restart shuts the kernel down and starts it anew, on the same ports and with the same connection file.
func (k *Kernel) Restart(ctx context.Context) error {
	if err := k.stop(ctx, true); err != nil {
		return err
	}
	return k.start(ctx)
}
