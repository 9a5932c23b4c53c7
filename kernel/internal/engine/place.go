package engine

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"interleave/kernel/internal/magic"
	"interleave/kernel/internal/stack"
	"interleave/kernel/internal/worker"
)

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
	return leaks(ctx, w, p.e.weak.Load())
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
	return p.e.set.environ(withLabels(p.e.o.environ())), standing(p.e.o.Dir)
}

// BaseEnv implements magic.Process.
func (p place) BaseEnv() []string { return p.e.o.environ() }

// OwnEnv implements magic.Process.
func (p place) OwnEnv() []string {
	_, _, own := p.e.linker().Worker()
	return withLabels(slices.Concat(p.e.o.environ(), own))
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
func (p place) Left() string { return p.e.set.leftFolder() }

// Moved implements magic.Process.
func (p place) Moved(to, from string) {
	p.e.set.move(to, from)
	p.e.linker().Follow(to)
}

// SetVariable implements magic.Process.
func (p place) SetVariable(name string, value *string) { p.e.set.variable(name, value) }

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
