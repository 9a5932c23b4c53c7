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

// host is the notebook as the commands of one cell use it. It implements magic.Host.
type host struct{ r *run }

// Cell implements magic.Host.
func (h host) Cell() session.Cell { return h.r.cell }

// Out implements magic.Host.
func (h host) Out() session.Output { return h.r.out }

// Page implements magic.Host.
func (h host) Page(data map[string]any) { h.r.page(data) }

// Waits implements magic.Host.
func (h host) Waits() magic.Progress { return h.r.waits() }

// Cells implements magic.Host.
func (h host) Cells() *faults.Cells { return h.r.e.cells }

// About implements magic.Host.
func (h host) About() magic.About {
	return magic.About{Version: h.r.e.o.Version, Slides: h.r.e.o.Slides, Dir: h.r.e.o.Dir}
}

// Process implements magic.Host.
func (h host) Process() magic.Process { return place{h.r.e} }

// Modules implements magic.Host.
func (h host) Modules() magic.Modules { return modules{h.r.e} }

// Kernel implements magic.Host.
func (h host) Kernel() magic.Kernel { return opening(h) }

// State implements magic.Host.
func (h host) State() *compile.State { return h.r.e.snapshot() }

// Change implements magic.Host.
func (h host) Change(edit func(next *compile.State) error) error {
	h.r.e.mu.Lock()
	defer h.r.e.mu.Unlock()
	next := h.r.e.state.Clone()
	if err := edit(next); err != nil {
		return err
	}
	h.r.e.state = next
	return nil
}

// Parse implements magic.Host.
func (h host) Parse(text *cell.Text, code string) (*cell.Syntax, *session.Fault) {
	return h.r.parse(text, code)
}

// Check implements magic.Host.
func (h host) Check(syn *cell.Syntax) (*compile.Unit, *session.Fault) { return h.r.apply(syn) }

// CheckProgram implements magic.Host. It is Check for a program.
func (h host) CheckProgram(syn *cell.Syntax, form compile.Form) (*compile.Program, *session.Fault) {
	fault := imports(h).require(syn)
	if fault != nil {
		return nil, fault
	}
	c, fault := aside(h.r, "checking the cell", func() checked[*compile.Program] {
		p, diags, err := h.r.e.checker.Program(h.r.ctx, h.r.e.snapshot(), syn, form)
		return checked[*compile.Program]{p, diags, err}
	})
	if fault != nil {
		return nil, fault
	}
	return c.result, h.r.checkFault(c.diags, c.err)
}

// Build implements magic.Host.
func (h host) Build(u *compile.Unit) (link.Plugin, *session.Fault) { return h.r.build(u) }

// Call implements magic.Host.
func (h host) Call(p link.Plugin, rec magic.Recording) (worker.Ended, *session.Fault) {
	c, fault := h.r.call(p, rec, nil)
	return c.ended, fault
}

// Value implements magic.Host.
func (h host) Value(p link.Plugin) (value session.Bundle, fault *session.Fault) {
	h.r.e.out.setCapture(&value)
	defer h.r.e.out.setCapture(nil)
	_, fault = h.r.call(p, magic.Recording{}, nil)
	return value, fault
}

// Run implements magic.Host.
func (h host) Run(text *cell.Text, code string, rec magic.Recording) (worker.Ended, *session.Fault) {
	return h.r.runCode(text, code, rec)
}

// Aside implements magic.Host.
func (h host) Aside(doing string, step func()) *session.Fault {
	_, fault := aside(h.r, doing, func() struct{} {
		step()
		return struct{}{}
	})
	return fault
}

// Checker implements magic.Host.
func (h host) Checker() *compile.Checker { return h.r.e.types() }

// Builder implements magic.Host.
func (h host) Builder() *link.Builder { return h.r.e.linker() }

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
	m.e.set.autoget(on)
}

// opening implements magic.Kernel.
type opening host

// IsOpen implements magic.Kernel.
func (o opening) IsOpen() bool { return o.r.e.isOpen() }

// WhyClosed implements magic.Kernel.
func (o opening) WhyClosed() string {
	select {
	case <-o.r.e.openedNow():
	default:
		return "Go is still being prepared for notebooks"
	}
	o.r.e.mu.Lock()
	defer o.r.e.mu.Unlock()
	if o.r.e.openErr == nil {
		return "it has just become ready"
	}
	return "cells cannot be compiled: " + o.r.e.openErr.Error()
}

// Reopen implements magic.Kernel.
func (o opening) Reopen() bool { return o.r.e.reopen() }

// Reset implements magic.Kernel.
func (o opening) Reset() error {
	w, err := o.r.e.current(o.r.ctx)
	if err != nil {
		return err
	}
	o.r.e.replace(w, "%reset")
	w.Close()
	o.r.e.mu.Lock()
	o.r.e.state = compile.NewState()
	o.r.e.mu.Unlock()
	o.r.e.set.reset()
	o.r.e.cells.Reset()
	o.renew()
	if fault := o.r.ready(); fault != nil {
		return &faults.Error{Fault: fault}
	}
	return nil
}

// renew opens the kernel once more, as a restart of its process would: the module, the versions of packages and what local packages hold are
// those of now. The worker of before has been taken out of service.
func (o opening) renew() {
	o.r.e.mu.Lock()
	defer o.r.e.mu.Unlock()
	if o.r.e.closed {
		return
	}
	o.r.e.opened, o.r.e.openErr, o.r.e.openTold, o.r.e.stale = make(chan struct{}), nil, false, ""
	go o.r.e.open()
}
