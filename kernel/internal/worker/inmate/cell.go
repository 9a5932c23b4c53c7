package inmate

import (
	"context"
	"fmt"
	"os"
	"plugin"
	"reflect"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"runtime/pprof"
	"sync"
	"time"

	"interleave/kernel/internal/stage"
	"interleave/kernel/internal/worker/frame"
)

// start prepares a cell on the command goroutine, so that a cancel right behind it finds the cell, and runs
// it on one of its own.
func (h *host) start(c frame.Command) {
	ctx, cancel := context.WithCancel(context.Background())
	ctx = pprof.WithLabels(ctx, pprof.Labels("cell", c.Label))
	h.mu.Lock()
	h.cancels[c.Cell], h.began = cancel, time.Now()
	h.mu.Unlock()
	h.commands.poke()
	h.current.Store(c.Cell)
	stage.SetContext(ctx)
	if c.Stdin {
		err := h.stdin.renew()
		if isShortage(err) {
			h.reserve.lend(func() { err = h.stdin.renew() })
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "note: this cell reads the standard input of the one before:", err)
		}
	}
	go func() {
		// Deferred, because runtime.Goexit unwinds no further than to the deferred calls.
		done := frame.Report[any]{Op: frame.Done, Cell: c.Cell}
		defer func() {
			cancel()
			h.mu.Lock()
			delete(h.cancels, c.Cell)
			h.mu.Unlock()
			h.commands.poke()
			flushC()
			h.report(done)
		}()
		pprof.SetGoroutineLabels(ctx)
		h.run(ctx, c, &done)
	}()
}

// run loads and calls one cell and writes down how that went.
func (h *host) run(ctx context.Context, c frame.Command, done *frame.Report[any]) {
	began := time.Now()
	loading, returned, others := true, false, runtime.NumGoroutine()
	crowded := h.crowded(others)
	var before uint64
	if crowded {
		before = created()
	}
	h.stir.begin(crowded)
	defer func() {
		if loading {
			done.Loading = time.Since(began)
		} else {
			done.Running = time.Since(began)
			// Where others are in the background, one of those may have ended as one of the cell's own was left.
			done.Left = runtime.NumGoroutine() > others || crowded && created() > before
			if crowded || done.Left {
				h.stir.ended()
				done.Stirring = h.stir.now()
			}
		}
		if returned {
			return
		}
		v := recover()
		done.Panic = describe(v)
		done.Panic.Stack = debug.Stack()
		done.Panic.Init = loading
		if loading {
			h.loader.spoil(c.Plugin, done.Panic.Text)
		}
	}()
	cell, fresh, err := h.loader.loaded(c.Plugin, c.Symbol)
	if cell == nil && err == nil {
		h.reserve.lend(func() { cell, fresh, err = h.loader.load(c.Plugin, c.Symbol) })
	}
	if note := h.reserve.warning(); note != "" {
		os.Stderr.WriteString(note)
	}
	if err != nil {
		done.LoadError = err.Error()
		returned = true
		return
	}
	if fresh {
		done.Loading = time.Since(began)
	}
	loading, began = false, time.Now()
	if c.Watch == "" {
		cell()
	} else {
		watched(ctx, c, cell, done)
	}
	returned = true
}

// crowded reports whether more goroutines are there than before any other cell.
func (h *host) crowded(n int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fewest == 0 || n < h.fewest {
		h.fewest = n
	}
	return n > h.fewest
}

// created counts the goroutines that were ever started.
func created() uint64 {
	s := []metrics.Sample{{Name: "/sched/goroutines-created:goroutines"}}
	if metrics.Read(s); s[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return s[0].Value.Uint64()
}

// loader remembers what is loaded.
type loader struct {
	tables  *tables
	mu      sync.Mutex
	cells   map[[2]string]func()
	spoiled map[string]string // by path
}

// loaded returns the function of a plugin that is there; nil when it is not, with an error when it cannot be.
func (l *loader) loaded(path, symbol string) (cell func(), fresh bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	cell, spoiled := l.cells[[2]string{path, symbol}], l.spoiled[path]
	if cell == nil && spoiled != "" {
		return nil, false, fmt.Errorf("its packages panicked when they were initialised: %s", spoiled)
	}
	return cell, false, nil
}

// load opens a plugin and returns its function. fresh is true when it does not fail.
func (l *loader) load(path, symbol string) (cell func(), fresh bool, err error) {
	p, err := plugin.Open(path)
	if err != nil {
		return nil, false, err
	}
	if err := l.tables.unify(p); err != nil {
		return nil, false, err
	}
	s, err := p.Lookup(symbol)
	if err != nil {
		return nil, false, err
	}
	cell, ok := s.(func())
	if !ok {
		return nil, false, fmt.Errorf("symbol %s is a %T, not a func()", symbol, s)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cells == nil {
		l.cells = map[[2]string]func(){}
	}
	l.cells[[2]string{path, symbol}] = cell
	return cell, true, nil
}

// spoil remembers that an initialiser of a plugin panicked: plugin.Open would wait for its end for ever.
func (l *loader) spoil(path, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.spoiled == nil {
		l.spoiled = map[string]string{}
	}
	l.spoiled[path] = why
}

// describe words a recovered value as the runtime does after "panic: ". Since Go 1.21 a nil value means that
// nothing was recovered, so the goroutine ended by runtime.Goexit.
func describe(v any) *frame.Panic {
	if v == nil {
		return &frame.Panic{Goexit: true, Text: "runtime.Goexit ended the cell's goroutine before the cell was done"}
	}
	_, ofRuntime := v.(runtime.Error)
	return &frame.Panic{Text: panicText(v), Type: fmt.Sprintf("%T", v), Runtime: ofRuntime}
}

func panicText(v any) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = fmt.Sprintf("(%T) and its own text panicked: %v", v, r)
		}
	}()
	switch v := v.(type) {
	case error:
		return v.Error()
	case fmt.Stringer:
		return v.String()
	}
	t := reflect.TypeOf(v)
	switch k := t.Kind(); {
	case k > reflect.Complex128 && k != reflect.String:
		// The runtime prints the address, which helps nobody.
		return fmt.Sprintf("(%T) %+v", v, v)
	case t.PkgPath() == "":
		return fmt.Sprint(v)
	case k == reflect.String:
		return fmt.Sprintf(`%T("%v")`, v, v)
	default:
		return fmt.Sprintf("%T(%v)", v, v)
	}
}
