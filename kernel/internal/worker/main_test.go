package worker

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// built is where TestMain has put the worker and the plugins.
var built struct{ host, cells, init, shows string }

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "guard":
			os.Exit(GuardMain(os.Args[2:]))
		case "kernel":
			os.Exit(kernelMain(os.Args[2], os.Args[3]))
		case "parent":
			os.Exit(parentMain())
		case "command":
			os.Exit(commandMain())
		}
	}
	flag.Parse()
	given := func(name string) string { return flag.Lookup("test." + name).Value.String() }
	if given("fuzz") != "" && given("run") == "^$" || given("fuzzworker") == "true" {
		os.Exit(m.Run()) // fuzz tests alone, which start nothing
	}
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	os.Setenv("GORACE", "atexit_sleep_ms=0") // or every guard of a -race test lingers for a second
	dir, err := os.MkdirTemp("", "interleave-worker-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	built.host, built.cells, built.init = filepath.Join(dir, "host"), filepath.Join(dir, "cells.so"), filepath.Join(dir, "init.so")
	built.shows = filepath.Join(dir, "shows")
	for _, args := range [][]string{
		{"-o", built.shows, "./testdata/shows"},
		{"-o", built.host, "./host"},
		{"-buildmode=plugin", "-o", built.cells, "./testdata/cells"},
		{"-buildmode=plugin", "-o", built.init, "./testdata/init"},
	} {
		if out, err := exec.Command("go", append([]string{"build", "-trimpath"}, args...)...).CombinedOutput(); err != nil {
			log.Fatalf("go build %v: %v\n%s", args, err, out)
		}
	}
	return m.Run()
}

// recorder is a Handler that writes down everything in one sequence.
type recorder struct {
	mu     sync.Mutex
	log    [][]byte // "stdout text", "stderr text", "display data"; neighbours of one stream joined
	count  int      // bytes of text, with discard
	input  func(ctx context.Context, prompt string, password bool) (string, error)
	events []Event
	// discard counts text instead of keeping it.
	discard bool
	changed chan struct{} // poked after each change
}

func newRecorder() *recorder { return &recorder{changed: make(chan struct{}, 1)} }

func (r *recorder) poke() {
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

func (r *recorder) Text(name string, b []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.poke()
	r.count += len(b)
	if r.discard {
		return
	}
	if n := len(r.log); n > 0 && bytes.HasPrefix(r.log[n-1], []byte(name+" ")) {
		r.log[n-1] = append(r.log[n-1], b...)
		return
	}
	r.log = append(r.log, append([]byte(name+" "), b...))
}

func (r *recorder) Event(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.poke()
	r.events = append(r.events, e)
	r.log = append(r.log, fmt.Appendf(nil, "%s %s", e.Kind, e.Data["text/plain"]))
}

// answer sets what Input does.
func (r *recorder) answer(input func(ctx context.Context, prompt string, password bool) (string, error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.input = input
}

func (r *recorder) Input(ctx context.Context, prompt string, password bool) (string, error) {
	r.mu.Lock()
	input := r.input
	r.mu.Unlock()
	if input == nil {
		return "", io.EOF
	}
	return input(ctx, prompt, password)
}

// reset forgets everything, and lets text be counted only from now on when discard is set.
func (r *recorder) reset(discard bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log, r.count, r.events, r.discard = nil, 0, nil, discard
}

// counted returns the bytes of text and the events so far.
func (r *recorder) counted() (text int, events []Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count, append([]Event{}, r.events...)
}

func (r *recorder) lines() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	lines := make([]string, len(r.log))
	for i, l := range r.log {
		lines[i] = string(l)
	}
	return lines
}

// stream returns everything written to one stream.
func (r *recorder) stream(name string) string {
	var b bytes.Buffer
	for _, l := range r.lines() {
		if rest, ok := bytes.CutPrefix([]byte(l), []byte(name+" ")); ok {
			b.Write(rest)
		}
	}
	return b.String()
}

// await waits until ok holds.
func (r *recorder) await(t *testing.T, ok func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for !ok() {
		select {
		case <-r.changed:
		case <-deadline:
			t.Fatalf("waited too long; so far: %q", r.lines())
		}
	}
}

func testConfig(h Handler) Config {
	return Config{Path: built.host, Guard: []string{os.Args[0], "guard"}, Handler: h, Memory: NewMemory(4 << 30)}
}

func start(t testing.TB, change func(*Config)) (*Worker, *recorder) {
	t.Helper()
	rec := newRecorder()
	c := testConfig(rec)
	if change != nil {
		change(&c)
	}
	w, err := Start(deadline(t, 20*time.Second), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w, rec
}

func deadline(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

var calls = func() func() uint64 {
	var mu sync.Mutex
	var n uint64
	return func() uint64 { mu.Lock(); defer mu.Unlock(); n++; return n }
}()

func cell(symbol string) Call {
	id := calls()
	return Call{ID: id, Cell: fmt.Sprint(id), Plugin: built.cells, Symbol: symbol}
}

// do runs a cell that ends well.
func do(t testing.TB, w *Worker, symbol string) Ended {
	t.Helper()
	e, err := w.Run(deadline(t, 60*time.Second), cell(symbol))
	if err != nil {
		t.Fatalf("%s: %v", symbol, err)
	}
	return e
}
