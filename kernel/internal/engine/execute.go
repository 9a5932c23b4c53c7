package engine

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"slices"
	"strings"
	"time"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/compile"
	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/link"
	"interleave/kernel/internal/magic"
	"interleave/kernel/internal/session"
	"interleave/kernel/internal/worker"
)

// run is one cell on its way through the engine.
type run struct {
	e         *Engine
	ctx       context.Context // ends with an interrupt
	cancel    context.CancelFunc
	cell      session.Cell
	out       session.Output
	shown     *shownOutput     // out, which remembers whether there was any
	interrupt chan struct{}    // closed by the first interrupt
	stopped   bool             // guarded by Engine.mu
	pages     []map[string]any // what commands give the front end's pager
}

// Execute implements session.Engine.
func (e *Engine) Execute(ctx context.Context, c session.Cell, out session.Output) session.Outcome {
	rctx, cancel := context.WithCancel(ctx)
	defer cancel()
	shown := &shownOutput{Output: out}
	r := &run{e: e, ctx: rctx, cancel: cancel, cell: c, out: shown, shown: shown, interrupt: make(chan struct{})}
	e.mu.Lock()
	e.running = r
	e.mu.Unlock()
	e.editor.Busy()
	defer e.editor.Idle()
	text := cell.NewText(c.Code)
	e.out.attach(shown, text.ID, c.Input)
	defer func() {
		e.mu.Lock()
		e.running = nil
		e.mu.Unlock()
	}()
	var o session.Outcome
	defer func() { e.cells.Ended(text.ID, o.Fault != nil) }()
	directives, code := cell.Directives(c.Code)
	if r.early(directives, code) {
		o.Fault = r.commands(directives, text, code)
		o.Payload = r.pages
		return o
	}
	if f := r.ready(); f != nil {
		o.Fault = f
		return o
	}
	defer r.sayRestored(e.builder.Restored())
	if !c.Silent {
		e.cells.Remember(text, c.Count)
	}
	if o.Fault = r.takeEdited(); o.Fault != nil {
		return o
	}
	if n := len(directives); n > 0 {
		o.Fault = r.commands(directives, text, code)
		o.Payload = r.pages
		if o.Fault != nil || directives[n-1].Mark == "%%" {
			return o
		}
		// The commands may have edited a package.
		if o.Fault = r.takeEdited(); o.Fault != nil {
			return o
		}
	}
	code, questions := cell.Questions(code)
	if len(questions) == 0 || strings.TrimSpace(code) != "" {
		_, o.Fault = r.runCode(text, code, magic.Recording{})
	}
	for _, name := range questions {
		if o.Fault == nil {
			o.Fault = r.explainName(name)
		}
	}
	o.Payload = r.pages
	if o.Fault == nil {
		o.Expressions = r.expressions()
	}
	return o
}

// runCode takes a cell's Go text through its five steps, and once more when the worker had ended before it took the cell:
// whoever sends a cell cannot know of a death that nobody has told yet.
func (r *run) runCode(text *cell.Text, code string, rec magic.Recording) (worker.Ended, *session.Fault) {
	c, fault := r.attempt(text, code, rec)
	if c.untaken {
		c, fault = r.attempt(text, code, rec)
	}
	return c.ended, fault
}

func (r *run) attempt(text *cell.Text, code string, rec magic.Recording) (called, *session.Fault) {
	syn, fault := r.parse(text, code)
	if fault != nil {
		return called{}, fault
	}
	if syn.Program { // pasted from anywhere
		ran, fault := magic.RunProgram(r.ctx, host{r}, text, code)
		if !ran || fault != nil {
			return called{}, fault
		}
		return r.keepDeclarations(syn)
	}
	return r.runSyntax(syn, rec)
}

// runSyntax checks, builds and runs what was read of a cell.
func (r *run) runSyntax(syn *cell.Syntax, rec magic.Recording) (called, *session.Fault) {
	unit, fault := r.apply(syn)
	if fault != nil {
		return called{}, fault
	}
	plugin, fault := r.build(unit)
	if fault != nil {
		return called{}, fault
	}
	before := r.commit(unit)
	if !syn.Program && !slices.ContainsFunc(syn.Stmts, runs) && slices.ContainsFunc(syn.Funcs, isMain) && !r.cell.Silent && !slices.Contains(unit.State.NotReady(), "main") {
		r.out.Stream("stderr", []byte("note: main is declared; main() runs it\n"))
	}
	if unit.Source == nil {
		return called{}, nil
	}
	return r.call(plugin, rec, before)
}

// commands runs the commands of a cell, up to the one that fails.
func (r *run) commands(directives []cell.Directive, text *cell.Text, code string) *session.Fault {
	for _, d := range directives {
		if fault := magic.Run(r.ctx, host{r}, magic.Input{Line: d, Text: text, Code: code}); fault != nil {
			return fault
		}
	}
	return nil
}

// runs reports whether a statement does more than declare something.
func runs(s ast.Stmt) bool {
	_, declares := s.(*ast.DeclStmt)
	return !declares
}

func isMain(f cell.Func) bool { return f.Decl.Recv == nil && f.Decl.Name.Name == "main" }

// keepDeclarations makes what a program declared known to later cells, its main included. The program has run and is the
// cell's result: a declaration that has no place in a notebook is told in a note.
func (r *run) keepDeclarations(syn *cell.Syntax) (called, *session.Fault) {
	kept := syn
	code, left := cell.Portable(syn.Code)
	if len(left) > 0 {
		if rest, errs := cell.Parse(syn.Text, code); len(errs) == 0 {
			kept = rest
		}
	}
	c, fault := r.runSyntax(kept, magic.Recording{})
	switch {
	case fault == nil:
		r.notes(unseen(left))
		return c, nil
	case fault.Name == "Interrupted" || fault.Name == "WorkerDied":
		return c, fault
	}
	r.notes([]string{"the program ran, but later cells do not see what it declares: " + fault.Value})
	return c, nil
}

// unseen says which declarations of a program later cells do not see.
func unseen(left map[string][]string) (notes []string) {
	for _, why := range []struct{ reason, what string }{
		{cell.UsesC, `import "C"`}, {cell.UsesFiles, "embed files"},
	} {
		if names := left[why.reason]; len(names) > 0 {
			notes = append(notes, "later cells do not see "+strings.Join(names, ", ")+": only programs can "+why.what)
		}
	}
	return notes
}

// parse reads the cell.
func (r *run) parse(text *cell.Text, code string) (*cell.Syntax, *session.Fault) {
	type parsed struct {
		syn  *cell.Syntax
		errs []cell.Error
	}
	p, fault := aside(r, "reading the cell", func() parsed {
		syn, errs := cell.Parse(text, code)
		return parsed{syn, errs}
	})
	if fault != nil || len(p.errs) == 0 {
		return p.syn, fault
	}
	var list []compile.Diagnostic
	for i, err := range p.errs {
		message := "syntax error: " + err.Message
		if i < faults.MostErrors {
			message += magic.Misplaced(text, code, err.Offset)
		}
		list = append(list, compile.Diagnostic{Text: text, Offset: err.Offset, Message: message})
	}
	return nil, r.e.cells.Compile(list)
}

// apply checks the cell against the state; the result holds the state to come.
func (r *run) apply(syn *cell.Syntax) (*compile.Unit, *session.Fault) {
	fault := imports{r}.require(syn)
	if fault != nil {
		return nil, fault
	}
	c, fault := aside(r, "checking the cell", func() checked[*compile.Unit] {
		unit, diags, err := r.e.checker.Compile(r.ctx, r.e.snapshot(), syn)
		return checked[*compile.Unit]{unit, diags, err}
	})
	r.sayImports()
	if fault != nil {
		return nil, fault
	}
	return c.result, r.checkFault(c.diags, c.err)
}

// checked is what the checker says of a cell.
type checked[T any] struct {
	result T
	diags  []compile.Diagnostic
	err    error
}

// checkFault is the fault of a cell that was checked, nil when it is sound.
func (r *run) checkFault(diags []compile.Diagnostic, err error) *session.Fault {
	if err != nil {
		return r.e.cells.Internal(err)
	}
	if len(diags) > 0 {
		return r.e.cells.Compile(diags)
	}
	return nil
}

func (e *Engine) snapshot() *compile.State {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.state
}

// build compiles and links the unit.
func (r *run) build(u *compile.Unit) (link.Plugin, *session.Fault) {
	if u.Source == nil {
		return link.Plugin{}, nil
	}
	type built struct {
		plugin link.Plugin
		err    error
	}
	b, fault := aside(r, "compiling", func() built {
		if holdsWeakly(u.Imports) {
			r.e.weak.Store(true)
		}
		p, err := r.e.builder.Build(r.ctx, link.Unit{Source: u.Source, Imports: u.Imports, Entry: u.Entry, Key: strings.TrimPrefix(u.Entry, "Run_")})
		return built{p, err}
	})
	p, err := b.plugin, b.err
	var refused *link.CompileError
	switch {
	case fault != nil:
		return p, fault
	case err == nil:
		r.e.log.Debug("built", "entry", u.Entry, "cached", p.Cached, "times", fmt.Sprintf("%+v", p.Times))
		return p, nil
	case errors.As(err, &refused):
		return p, r.e.cells.Compiler(refused.Lines)
	}
	return p, r.e.cells.Internal(err)
}

// commit makes the unit's state the notebook's and tells the reader what that cost.
func (r *run) commit(u *compile.Unit) (before *compile.State) {
	r.e.mu.Lock()
	before, r.e.state = r.e.state, u.State
	r.e.mu.Unlock()
	for _, n := range u.Notes {
		r.out.Stream("stderr", []byte("note: "+r.e.cells.Told(n)+"\n"))
	}
	return before
}

// called is what came of a call.
type called struct {
	ended   worker.Ended // the zero value when the cell did not end by itself
	untaken bool         // the worker had ended before it took the cell
}

// call runs the plugin in the worker and waits for its end, an interrupt, or the worker's death. When the worker had ended before,
// the state becomes before, unless that is nil.
func (r *run) call(p link.Plugin, rec magic.Recording, before *compile.State) (called, *session.Fault) {
	w, err := r.e.current(r.ctx)
	if err != nil {
		if r.ctx.Err() != nil {
			return called{}, faults.Interrupted("starting the worker")
		}
		return called{}, r.e.cells.Internal(err)
	}
	r.e.mu.Lock()
	r.e.calls++
	id := r.e.calls
	r.e.mu.Unlock()
	defer r.watchStill(w)()
	type result struct {
		ended worker.Ended
		err   error
	}
	done := make(chan result, 1)
	c := worker.Call{ID: id, Cell: fmt.Sprint(r.cell.Count), Plugin: p.Path, Symbol: p.Symbol,
		Watch: rec.What, File: rec.File, Repeat: rec.Repeat}
	go func() {
		ended, err := w.Run(context.WithoutCancel(r.ctx), c)
		done <- result{ended, err}
	}()
	var res result
	select {
	case res = <-done:
		r.settle(w, res.ended)
		r.mentionLeft(w, res.ended)
		if errors.Is(res.err, worker.ErrNotTaken) {
			return called{untaken: true}, r.e.diedBefore(w, before)
		}
		return called{ended: res.ended}, r.ending(w, id, res.ended, res.err)
	case <-r.interrupt:
	}
	w.Cancel(id)
	select { // a cell that listens to its context ends here
	case res = <-done:
		return called{}, r.endedInTime(w, id, res.err)
	case <-time.After(grace):
	}
	return called{}, r.abandon(w, id)
}

// inputFault is that of a cell that reads standard input where nobody can type any.
func (r *run) inputFault(w *worker.Worker, id uint64, refused *worker.InputError) *session.Fault {
	value := "the cell reads standard input, and " + refused.Err.Error() +
		"; run it in JupyterLab, or ask with display.Input, whose error lets the cell go on with a default"
	if refused.Abandoned {
		r.e.mu.Lock()
		if r.e.worker == w {
			r.e.abandoned[id] = true
		}
		r.e.mu.Unlock()
		value += " (the cell did not stop, and goes on in the background)"
	}
	return faults.Plain("InputError", value)
}

// ending turns the end of a run into a fault, if it is one.
func (r *run) ending(w *worker.Worker, id uint64, ended worker.Ended, err error) *session.Fault {
	var death *worker.Death
	var load *worker.LoadError
	var refused *worker.InputError
	switch {
	case errors.As(err, &death):
		return r.e.died(r, w, death)
	case errors.As(err, &refused):
		return r.inputFault(w, id, refused)
	case errors.As(err, &load):
		return r.e.cells.Internal(fmt.Errorf("load cell: %w", err))
	case err != nil:
		return r.e.cells.Internal(err)
	case ended.Panic != nil:
		return r.e.cells.Panic(ended.Panic)
	}
	return nil
}

// expressions evaluates the user expressions of a request.
func (r *run) expressions() map[string]session.ExpressionValue {
	if len(r.cell.UserExpressions) == 0 {
		return nil
	}
	out := map[string]session.ExpressionValue{}
	for name, expr := range r.cell.UserExpressions {
		var b session.Bundle
		r.e.out.setCapture(&b)
		text := cell.NewText(expr)
		r.e.cells.Remember(text, r.cell.Count)
		syn, fault := r.parse(text, expr)
		if fault == nil && (len(syn.Stmts) != 1 || !cell.IsExpression(syn.Stmts[0])) {
			fault = faults.Plain("CompileError", "a user expression is one Go expression: "+expr)
		}
		if fault == nil {
			_, fault = r.runCode(text, expr, magic.Recording{})
		}
		r.e.out.setCapture(nil)
		out[name] = session.ExpressionValue{Bundle: b, Fault: fault}
	}
	return out
}

// CannotCompile is in the error of each cell of a kernel that could not be opened.
const CannotCompile = "the kernel cannot compile cells"

// ready waits until the builder is open, showing how far the base library has come.
func (r *run) ready() *session.Fault {
	shown := false
	r.e.mu.Lock()
	told := r.e.openTold
	r.e.mu.Unlock()
	if told { // what was wrong may be mended by now
		r.e.reopen()
	}
	opened := r.e.openedNow()
	for {
		select {
		case <-opened:
			if shown {
				r.out.Clear(false)
			}
			if r.e.openErr != nil {
				r.e.mu.Lock()
				r.e.openTold = true
				r.e.mu.Unlock()
				return faults.Plain("WorkerDied", CannotCompile+": "+faults.WithCure(r.e.openErr))
			}
			return r.e.revive(r)
		case s := <-r.e.progress:
			if s.What == link.CompileImports { // of a cell that an interrupt has ended
				continue
			}
			line := s.What
			if s.Total > 0 {
				line = fmt.Sprintf("%s: %d of %d", s.What, s.Done, s.Total)
			}
			b := session.Bundle{Data: map[string]any{"text/plain": "Preparing Go for notebooks, once for this toolchain: " + line},
				Metadata: map[string]any{}, Transient: map[string]any{"display_id": "interleave-prepare"}}
			if shown {
				r.shown.Output.Update(b)
			} else {
				r.shown.Output.Display(b)
			}
			shown = true
		case <-r.interrupt:
			return faults.Interrupted("preparing the base library (it goes on in the background)")
		}
	}
}

// sayRestored tells that files of the cache were made again since they had been so often.
func (r *run) sayRestored(before int) {
	if r.e.linker().Restored() > before && !r.cell.Silent {
		r.out.Stream("stderr", []byte("note: files of the kernel's cache had been removed or damaged, and were made again\n"))
	}
}

// sayImports tells what a reader should know of the versions of what the cell imports.
func (r *run) sayImports() {
	for _, n := range r.e.builder.Notes() {
		if !r.cell.Silent {
			r.out.Stream("stderr", []byte("note: "+n+"\n"))
		}
	}
}
