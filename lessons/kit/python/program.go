package python

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"interleave/lessons/kit/internal/replace"
)

//go:embed programs/*.py
var files embed.FS

// Source returns the text of an embedded program, for showing: Source("cpu_sequential").
func Source(program string) (string, error) {
	text, err := files.ReadFile("programs/" + program + ".py")
	if err != nil {
		return "", fmt.Errorf("no Python program %q", program)
	}
	return string(text), nil
}

// Program is a running Python program. One goroutine may use it at a time, except for Close, which any may call.
type Program struct {
	name    string
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	close   sync.Once
	closed  error
	trouble tail
}

// Start starts an embedded program, named without ".py", and waits until it says READY. It runs until Close or until
// ctx ends; then every process that it started ends too. Numeric libraries are told to use one thread, so that what
// is parallel is what the program makes parallel.
func (i *Interpreter) Start(ctx context.Context, program string, args ...string) (*Program, error) {
	if _, err := Source(program); err != nil {
		return nil, err
	}
	dir, err := unpack()
	if err != nil {
		return nil, fmt.Errorf("start %s.py: %w", program, err)
	}
	p := &Program{name: program + ".py"}
	args = append(append(flags(), filepath.Join(dir, p.name)), args...)
	p.cmd = exec.CommandContext(ctx, i.Path, args...)
	p.cmd.Env = append(os.Environ(), "OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1", "MKL_NUM_THREADS=1")
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that a pool ends with its program
	p.cmd.Cancel = p.kill
	p.cmd.WaitDelay = time.Second
	p.cmd.Stderr = &p.trouble
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start %s: %w", p.name, err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", p.name, err)
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", p.name, err)
	}
	if line, err := p.out.ReadString('\n'); err != nil || strings.TrimSpace(line) != "READY" {
		if err == nil {
			err = fmt.Errorf("it said %q instead of READY", strings.TrimSpace(line))
		}
		return nil, p.failed(ctx, err)
	}
	return p, nil
}

// Round lets the program do one round: request, a struct or map, becomes the parameters of its round function, and
// what that returns is stored in answer, a pointer. When ctx ends, the program is killed and the error is that of
// ctx. After an error the program is closed.
func (p *Program) Round(ctx context.Context, request, answer any) error {
	line, err := json.Marshal(request)
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	stop := context.AfterFunc(ctx, func() { p.kill() })
	defer stop()
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return p.failed(ctx, err)
	}
	reply, err := p.out.ReadBytes('\n')
	if err != nil {
		return p.failed(ctx, err)
	}
	if err := json.Unmarshal(reply, answer); err != nil {
		return p.failed(ctx, fmt.Errorf("unexpected answer %q: %w", reply, err))
	}
	return nil
}

// closeWithin is how long a program may take to end when its input has ended.
const closeWithin = 5 * time.Second

// Close lets the program end, and ends every process that it started. A second Close does nothing and returns what
// the first did.
func (p *Program) Close() error {
	p.close.Do(func() {
		p.in.Close() // the program's loop ends with its input
		late := time.AfterFunc(closeWithin, func() { p.kill() })
		defer late.Stop()
		p.closed = p.cmd.Wait()
		p.kill() // what it left behind
	})
	return p.closed
}

// failed ends the program and says why it failed in its own words, the end of its traceback.
func (p *Program) failed(ctx context.Context, err error) error {
	p.kill()
	p.Close()
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", p.name, context.Cause(ctx))
	}
	if words := p.trouble.String(); words != "" {
		return fmt.Errorf("%s: %s", p.name, words)
	}
	return fmt.Errorf("%s: %w", p.name, err)
}

func (p *Program) kill() error {
	err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// unpack writes the programs to a folder of the cache named after what they are, and returns it. Programs import
// each other, and processes that a pool starts import their program again, so they need files.
var unpack = sync.OnceValues(func() (string, error) {
	names, err := fs.Glob(files, "programs/*.py")
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s\x00%s\x00", name, text)
	}
	base, err := os.UserCacheDir()
	if err != nil {
		base = os.TempDir()
	}
	dir := filepath.Join(base, "interleave", "programs", fmt.Sprintf("%x", sum.Sum(nil)[:12]))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for _, name := range names {
		if err := write(dir, name); err != nil {
			return "", err
		}
	}
	return dir, nil
})

// write puts a file in its place in one step: another process may be reading it.
func write(dir, name string) error {
	text, err := files.ReadFile(name)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, filepath.Base(name))
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
		return nil
	}
	return replace.File(path, text)
}

// tail keeps the end of what is written.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	const keep = 4 << 10
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-keep):]
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.text))
}
