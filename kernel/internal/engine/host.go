package engine

import (
	"context"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/compile"
	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/link"
	"interleave/kernel/internal/magic"
	"interleave/kernel/internal/session"
	"interleave/kernel/internal/worker"
)

import ()

// host is the notebook as the commands of one cell use it. It implements magic.Host.
type host struct {
	e *Engine
	r *run
}

// Cell implements magic.Host.
func (h host) Cell() session.Cell { return h.r.cell }

// Out implements magic.Host.
func (h host) Out() session.Output { return h.r.out }

// Page implements magic.Host.
func (h host) Page(data map[string]any) { h.r.page(data) }

// Waits implements magic.Host.
func (h host) Waits() magic.Progress { return h.r.waits() }

// Cells implements magic.Host.
func (h host) Cells() *faults.Cells { return h.e.cells }

// About implements magic.Host.
func (h host) About() magic.About {
	return magic.About{Version: h.e.o.Version, Slides: h.e.o.Slides, Dir: h.e.o.Dir}
}

// Process implements magic.Host.
func (h host) Process() magic.Process { return place{h.e} }

// Modules implements magic.Host.
func (h host) Modules() magic.Modules { return modules{h.e} }

// Kernel implements magic.Host.
func (h host) Kernel() magic.Kernel { return opening(h) }

// State implements magic.Host.
func (h host) State() *compile.State { return h.e.snapshot() }

// Change implements magic.Host.
func (h host) Change(edit func(next *compile.State) error) error {
	h.e.mu.Lock()
	defer h.e.mu.Unlock()
	next := h.e.state.Clone()
	if err := edit(next); err != nil {
		return err
	}
	h.e.state = next
	return nil
}

// Parse implements magic.Host.
func (h host) Parse(text *cell.Text, code string) (*cell.Syntax, *session.Fault) {
	return h.e.parse(h.r, text, code)
}

// Check implements magic.Host.
func (h host) Check(syn *cell.Syntax) (*compile.Unit, *session.Fault) { return h.e.apply(h.r, syn) }

// CheckProgram implements magic.Host. It is Check for a program.
func (h host) CheckProgram(syn *cell.Syntax, form compile.Form) (*compile.Program, *session.Fault) {
	if fault := h.e.require(h.r, syn); fault != nil {
		return nil, fault
	}
	c, fault := aside(h.e, h.r, "checking the cell", func() checked[*compile.Program] {
		p, diags, err := h.e.checker.Program(h.r.ctx, h.e.snapshot(), syn, form)
		return checked[*compile.Program]{p, diags, err}
	})
	if fault != nil {
		return nil, fault
	}
	return c.result, h.e.checkFault(c.diags, c.err)
}

// Build implements magic.Host.
func (h host) Build(u *compile.Unit) (link.Plugin, *session.Fault) { return h.e.build(h.r, u) }

// Call implements magic.Host.
func (h host) Call(p link.Plugin, rec magic.Recording) (worker.Ended, *session.Fault) {
	c, fault := h.e.call(h.r, p, rec, nil)
	return c.ended, fault
}

// Value implements magic.Host.
func (h host) Value(p link.Plugin) (value session.Bundle, fault *session.Fault) {
	h.e.out.setCapture(&value)
	defer h.e.out.setCapture(nil)
	_, fault = h.e.call(h.r, p, magic.Recording{}, nil)
	return value, fault
}

// Run implements magic.Host.
func (h host) Run(text *cell.Text, code string, rec magic.Recording) (worker.Ended, *session.Fault) {
	return h.e.runCode(h.r, text, code, rec)
}

// Aside implements magic.Host.
func (h host) Aside(doing string, step func()) *session.Fault {
	_, fault := aside(h.e, h.r, doing, func() struct{} {
		step()
		return struct{}{}
	})
	return fault
}

// Checker implements magic.Host.
func (h host) Checker() *compile.Checker { return h.e.types() }

// Builder implements magic.Host.
func (h host) Builder() *link.Builder { return h.e.linker() }

// modules implements magic.Modules, before the kernel is open, too.
type modules struct{ e *Engine }

// Get implements magic.Modules.
func (m modules) Get(ctx context.Context, words []string) ([]link.Change, error) {
	if !m.e.isOpen() {
		return link.Get(ctx, m.e.linkOptions(), words...)
	}
	defer m.e.readNames()
	return m.e.linker().Get(ctx, words...)
}

// Holding implements magic.Modules.
func (m modules) Holding(ctx context.Context) (link.Holding, error) {
	if !m.e.isOpen() {
		return link.HoldingOf(ctx, m.e.linkOptions())
	}
	return m.e.linker().Holding()
}

// Reset implements magic.Modules.
func (m modules) Reset(ctx context.Context) ([]link.Change, error) {
	if !m.e.isOpen() {
		return link.Reset(ctx, m.e.linkOptions())
	}
	defer m.e.readNames()
	return m.e.linker().Reset(ctx)
}

// SetAutoget implements magic.Modules.
func (m modules) SetAutoget(on bool) {
	m.e.mu.Lock()
	defer m.e.mu.Unlock()
	m.e.noAutoget = !on
}

// opening implements magic.Kernel.
type opening host

// IsOpen implements magic.Kernel.
func (o opening) IsOpen() bool { return o.e.isOpen() }

// WhyClosed implements magic.Kernel.
func (o opening) WhyClosed() string { return o.e.whyClosed() }

// Reopen implements magic.Kernel.
func (o opening) Reopen() bool { return o.e.reopen() }

// Reset implements magic.Kernel.
func (o opening) Reset() error {
	w, err := o.e.current(o.r.ctx)
	if err != nil {
		return err
	}
	o.e.replace(w, "%reset")
	w.Close()
	o.e.mu.Lock()
	o.e.state = compile.NewState()
	o.e.dir, o.e.left, o.e.env = "", "", nil
	o.e.mu.Unlock()
	o.e.cells.Reset()
	o.e.renew()
	if fault := o.e.ready(o.r); fault != nil {
		return &faults.Error{Fault: fault}
	}
	return nil
}
