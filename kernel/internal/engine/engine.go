// Package engine runs the cells of one notebook: parse, check against what is declared, build, run, commit. It
// holds the notebook's state as a value, starts the worker that holds the values, and replaces it when it dies.
// It knows nothing of Jupyter's messages; package session speaks for it.
//
// # Goroutines
//
// New starts one that opens the builder and then the worker. Each worker is watched by one that reports its
// death when no cell runs. All end with Close.
package engine

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"interleave/kernel/internal/assist"
	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/compile"
	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/link"
	"interleave/kernel/internal/magic"
	"interleave/kernel/internal/packages"
	"interleave/kernel/internal/session"
	"interleave/kernel/internal/worker"
)

// Options say what a notebook needs.
type Options struct {
	Dir     string   // the notebook's folder
	Sources string   // where the sources of module interleave are kept
	Cache   string   // "" for the user's cache
	Mode    string   // "", "thin" or "thick"
	Guard   []string // the command that is worker.GuardMain
	Slides  []string // the command that makes slides of a notebook
	Env     []string // nil for that of this process
	Version string   // of the kernel
	// MemoryLimit is the most memory in bytes that the worker and what cells start may use together. 0 looks at
	// INTERLEAVE_MEMORY, and else shares the machine with other kernels; less than 0 means no limit.
	MemoryLimit int64
	Gopls       string        // the program; "" for the one that is built into the cache
	GoplsUnused time.Duration // how long it may wait for a question before it is ended; 0 for some minutes
	Logger      *slog.Logger
}

// Engine implements session.Engine.
type Engine struct {
	o      Options
	log    *slog.Logger
	ctx    context.Context
	cancel context.CancelFunc
	out    *outlet
	opened chan struct{} // closed when builder, or openErr, is set
	editor *assist.Editor
	comms  *comms
	memory *worker.Memory
	cells  *faults.Cells
	set    settings
	saved  *savedFile
	weak   atomic.Bool // a cell has imported a package that hands out weak pointers

	progress chan link.Step
	asides   chan struct{} // holds one for each step that runs aside

	// Set before opened is closed, and constant until %reset opens anew. What runs beside a cell takes them by linker and types.
	builder *link.Builder
	checker *compile.Checker
	openErr error

	openTold bool // a cell has said why the kernel could not be opened

	mu         sync.Mutex
	state      *compile.State
	worker     *worker.Worker
	starting   *start
	running    *run // the cell under way
	calls      uint64
	abandoned  map[uint64]bool // cells that an interrupt left behind and that have not ended
	restarting chan struct{}   // while a second interrupt replaces the worker; closed then
	silentAsk  bool            // the worker did not answer; the next cell replaces it
	stale      string          // what was said last of packages that were edited
	closed     bool
	watchers   sync.WaitGroup
}

// start is a worker on its way.
type start struct {
	done chan struct{}
	w    *worker.Worker
	err  error
}

// New returns an engine and begins to open what it needs in the background; Execute waits for it.
func New(o Options) *Engine {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	e := &Engine{o: o, log: o.Logger, ctx: ctx, cancel: cancel, out: &outlet{}, opened: make(chan struct{}),
		progress: make(chan link.Step, 1), asides: make(chan struct{}, asideMost), state: compile.NewState(), abandoned: map[uint64]bool{}, cells: &faults.Cells{Log: o.Logger}}
	e.out.places = e.cells.InCells
	e.editor = assist.New(notebook{place{e}}, assist.Options{Cache: o.Cache, Sources: o.Sources, Gopls: o.Gopls, Unused: o.GoplsUnused, Logger: o.Logger})
	e.memory = worker.NewMemory(memoryLimit(o))
	e.saved = &savedFile{e: e}
	e.comms = &comms{e: e, targets: map[string]bool{}, open: map[string]*session.Comm{}}
	e.out.comm = e.comms.take
	go e.open()
	return e
}

// open opens the builder, starts the worker, and warms the checker.
func (e *Engine) open() {
	b, err := link.Open(e.ctx, e.linkOptions())
	var checker *compile.Checker
	if err == nil {
		e.log.Info("open", "about", b.About())
		m := b.Module()
		checker = compile.NewChecker(packages.Of(b, e.log, e.saved.declaredIn), compile.Language{Version: m.Lang, By: m.LangBy})
	}
	e.mu.Lock()
	old, opened := e.builder, e.opened
	e.openErr = err
	if err == nil {
		e.builder, e.checker = b, checker
	}
	e.mu.Unlock()
	if err == nil {
		e.startWorker()
	}
	close(opened)
	if err != nil {
		return
	}
	checker.Warm("fmt", compile.DisplayPath)
	e.readNames()
	if old != nil {
		retire(old, e.asides)
	}
}

// readNames writes down, in the background, which packages the modules of the notebook have.
func (e *Engine) readNames() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return
	}
	b := e.builder
	e.watchers.Go(func() { packages.Read(e.ctx, b) })
}

// retire closes a builder that another has taken the place of, when no step of a cell that an interrupt has left behind can use it any more.
func retire(b *link.Builder, asides chan struct{}) {
	for range cap(asides) {
		select {
		case asides <- struct{}{}:
			defer func() { <-asides }()
		default: // such a step goes on: the system takes it all when the kernel ends
			return
		}
	}
	b.Close()
}

// linker is the builder for what runs beside a cell.
func (e *Engine) linker() *link.Builder {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.builder
}

// types is the checker for what runs beside a cell.
func (e *Engine) types() *compile.Checker {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.checker
}

// linkOptions are for what compiles the cells.
func (e *Engine) linkOptions() link.Options {
	return link.Options{
		Dir: e.o.Dir, Sources: e.o.Sources, Cache: e.o.Cache, Mode: link.Mode(e.o.Mode), Env: e.o.Env, Logger: e.log,
		Progress: func(s link.Step) {
			select { // the newest step replaces one nobody has looked at
			case <-e.progress:
			default:
			}
			select {
			case e.progress <- s:
			default:
			}
		},
	}
}

// startWorker begins to start a worker unless there is one. It returns at once.
func (e *Engine) startWorker() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.worker != nil || e.starting != nil || e.closed {
		return
	}
	s := &start{done: make(chan struct{})}
	e.starting = s
	path, args, env := e.builder.Worker()
	intact := e.builder.Intact
	env = e.set.environ(withLabels(append(e.o.environ(), env...)))
	dir := standing(e.o.Dir) // a worker runs somewhere when the folder is removed
	if st, err := os.Stat(e.set.folder()); err == nil && st.IsDir() {
		dir = e.set.folder()
	}
	go func() {
		defer close(s.done)
		if s.err = intact(e.ctx); s.err != nil {
			e.log.Warn("the worker's program", "error", s.err) // if it is there it may start
		}
		s.w, s.err = worker.Start(e.ctx, worker.Config{
			Path: path, Args: args, Env: env, Dir: dir, Guard: e.o.Guard,
			Handler: e.out, Memory: e.memory, Spared: e.spared, Late: e.late, Logger: e.log,
		})
		e.mu.Lock()
		defer e.mu.Unlock()
		e.starting = nil
		if s.err != nil {
			return
		}
		if e.closed {
			go s.w.Close()
			return
		}
		e.worker = s.w
		e.watchers.Add(1)
		go e.watch(s.w)
	}()
}

func memoryLimit(o Options) int64 {
	if o.MemoryLimit != 0 {
		return o.MemoryLimit
	}
	n, err := ParseMemory(os.Getenv("INTERLEAVE_MEMORY"))
	if err != nil {
		o.Logger.Warn("INTERLEAVE_MEMORY is ignored", "error", err)
	}
	return n
}

// ParseMemory reads an amount of memory: "2GiB", "500MB", "1073741824", "none". The empty string is 0.
func ParseMemory(s string) (int64, error) {
	s = strings.TrimSpace(s)
	switch strings.ToLower(s) {
	case "":
		return 0, nil
	case "none", "off", "-1":
		return -1, nil
	}
	unit := strings.TrimLeft(s, "0123456789.")
	f, err := strconv.ParseFloat(strings.TrimSuffix(s, unit), 64)
	scale, ok := map[string]float64{"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}[strings.ToLower(strings.TrimSpace(unit))]
	if err != nil || !ok || f*scale < 1 || f*scale >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is not a memory size: write 2GiB, 500MB, a number of bytes, or none", s)
	}
	return int64(f * scale), nil
}

// current waits for the worker.
func (e *Engine) current(ctx context.Context) (*worker.Worker, error) {
	for {
		e.mu.Lock()
		w, s := e.worker, e.starting
		e.mu.Unlock()
		if w != nil {
			return w, nil
		}
		if s == nil {
			e.startWorker()
			continue
		}
		select {
		case <-s.done:
			if s.err != nil {
				return nil, fmt.Errorf("start worker: %w", s.err)
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// IsComplete implements session.Engine.
func (e *Engine) IsComplete(code string) (status, indent string) {
	list, text := cell.Directives(code)
	if status := magic.Status(list, code); status != "" {
		return status, ""
	}
	rest, names := cell.Questions(text)
	if len(names) > 0 && strings.TrimSpace(rest) == "" {
		return "complete", ""
	}
	return cell.Complete(rest)
}

// Info implements session.Engine.
func (e *Engine) Info() session.Info {
	v := strings.TrimPrefix(runtime.Version(), "go")
	return session.Info{
		Implementation: "interleave", Version: e.o.Version, GoVersion: v,
		Banner: "Interleave " + e.o.Version + ", a Go kernel: compiled cells that keep their state (Go " + v + ")",
		HelpLinks: []session.HelpLink{
			{Text: "The Go language specification", URL: "https://go.dev/ref/spec"},
			{Text: "The standard library", URL: "https://pkg.go.dev/std"},
			{Text: "Gonum plot", URL: "https://pkg.go.dev/gonum.org/v1/plot"},
		},
	}
}

// Close implements session.Engine.
func (e *Engine) Close() error {
	e.mu.Lock()
	e.closed = true
	w := e.worker
	e.mu.Unlock()
	e.cancel()
	e.editor.Close()
	var err error
	if w != nil {
		err = w.Close()
	}
	e.watchers.Wait()
	select {
	case <-e.openedNow():
		if e.builder != nil {
			e.builder.Close()
		}
	case <-time.After(2 * time.Second):
	}
	return err
}
