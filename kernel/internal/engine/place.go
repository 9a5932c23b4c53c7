package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"interleave/kernel/internal/environ"
	"interleave/kernel/internal/magic"
	"interleave/kernel/internal/stack"
	"interleave/kernel/internal/worker"
)

import ()

// place is where cells run, and what runs beside them. It implements magic.Process.
type place struct{ e *Engine }

// Worker implements magic.Process.
func (p place) Worker(ctx context.Context) (*worker.Worker, error) { return p.e.current(ctx) }

// Leaks implements magic.Process.
func (p place) Leaks(ctx context.Context) ([]stack.Goroutine, error) {
	w, err := p.e.current(ctx)
	if err != nil {
		return nil, err
	}
	return p.e.leaks(ctx, w)
}

// Surroundings implements magic.Process.
func (p place) Surroundings(ctx context.Context) (env []string, dir string, err error) {
	if !p.e.isOpen() {
		env, dir = p.early()
		return env, dir, nil
	}
	w, err := p.e.current(ctx)
	if err != nil {
		return nil, "", err
	}
	if env, err = w.Environ(ctx); err != nil {
		return nil, "", err
	}
	if dir, err = os.Readlink(fmt.Sprintf("/proc/%d/cwd", w.PID())); err != nil {
		dir = p.e.o.Dir
	}
	if st, err := os.Stat(dir); err != nil || !st.IsDir() {
		return nil, "", magic.RemovedFolder(strings.TrimSuffix(dir, " (deleted)"))
	}
	return env, dir, nil
}

// early are the environment and the folder of commands while there is no worker.
func (p place) early() (env []string, dir string) {
	p.e.mu.Lock()
	defer p.e.mu.Unlock()
	return p.e.withChanges(withLabels(p.e.baseEnv())), standing(p.e.o.Dir)
}

// BaseEnv implements magic.Process.
func (p place) BaseEnv() []string { return p.e.baseEnv() }

// OwnEnv implements magic.Process.
func (p place) OwnEnv() []string {
	_, _, own := p.e.linker().Worker()
	return withLabels(slices.Concat(p.e.baseEnv(), own))
}

// Folder implements magic.Process and magic.Notebook.
func (p place) Folder() string {
	p.e.mu.Lock()
	w := p.e.worker
	p.e.mu.Unlock()
	if w != nil {
		if dir, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", w.PID())); err == nil {
			return dir
		}
	}
	return p.e.o.Dir
}

// Standing implements magic.Process.
func (p place) Standing() string { return standing(p.e.o.Dir) }

// Left implements magic.Process.
func (p place) Left() string {
	p.e.mu.Lock()
	defer p.e.mu.Unlock()
	return p.e.left
}

// Moved implements magic.Process.
func (p place) Moved(to, from string) {
	p.e.mu.Lock()
	p.e.dir, p.e.left = to, from
	p.e.mu.Unlock()
	p.e.linker().Follow(to)
}

// SetVariable implements magic.Process.
func (p place) SetVariable(name string, value *string) {
	p.e.mu.Lock()
	defer p.e.mu.Unlock()
	if p.e.env == nil {
		p.e.env = map[string]*string{}
	}
	p.e.env[name] = value
}

// RunChild implements magic.Process.
func (p place) RunChild(ctx context.Context, c worker.Command) (worker.Ending, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.e.ctx, cancel)()
	c.Guard, c.Memory = p.e.o.Guard, p.e.memory
	return c.Run(ctx)
}

// RunTool implements magic.Process.
func (p place) RunTool(ctx context.Context, c worker.Command) (worker.Ending, error) {
	c.Guard = p.e.o.Guard
	return c.Run(ctx)
}

// Input implements magic.Process.
func (p place) Input(ctx context.Context, prompt string, password bool) (string, error) {
	return p.e.out.Input(ctx, prompt, password)
}

func (e *Engine) baseEnv() []string {
	if e.o.Env != nil {
		return slices.Clone(e.o.Env)
	}
	return os.Environ()
}

// withChanges is an environment as %env has changed it. It is called with mu held.
func (e *Engine) withChanges(env []string) []string {
	env = slices.DeleteFunc(env, func(kv string) bool { _, changed := e.env[environ.Name(kv)]; return changed })
	for name, value := range e.env {
		if value != nil {
			env = append(env, name+"="+*value)
		}
	}
	return env
}

// standing is a folder, or the nearest one above it that is there.
func standing(dir string) string {
	for {
		if st, err := os.Stat(dir); err == nil && st.IsDir() || dir == filepath.Dir(dir) {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}
