package link

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"interleave/kernel/internal/whole"
)

// proverSource opens plugins in the order of its arguments and calls each one's symbol.
const proverSource = `package main

import (
	"fmt"
	"os"
	"plugin"
)

func main() {
	for _, path := range os.Args[1:] {
		p, err := plugin.Open(path)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		f, err := p.Lookup("Run")
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		f.(func())()
	}
}
`

// Two units that share a type with an unexported field and method, a channel with a live goroutine behind it, and
// a value that only an assertion from any brings back; one variable is a struct of the base's.
const proofDecls = `package notebook

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
)

type counter struct {
	n  int
	ch chan int
}

func (c *counter) inc() { c.n++ }

type incer interface{ inc() }

var (
	c   *counter
	box any
	buf bytes.Buffer
	_   = errors.New
	_   = fmt.Sprint
	_   = runtime.GC
)
`

const proofFirst = proofDecls + `
func Run_first() {
	c = &counter{n: 40, ch: make(chan int)}
	box = c
	buf.WriteString("proved")
	go func() {
		for i := range 3 {
			c.ch <- i
		}
		close(c.ch)
	}()
	c.inc()
}
`

const proofSecond = proofDecls + `
func Run_second() {
	defer func() {
		r, ok := recover().(runtime.Error)
		fmt.Println(buf.String(), c.n, ok && r.Error() != "")
	}()
	box.(incer).inc()
	sum := 0
	for i := range c.ch {
		runtime.GC()
		sum += i
	}
	if same := box.(*counter) == c; !same || sum != 3 {
		panic(errors.New("not the same"))
	}
	var none []int
	_ = none[c.n]
}
`

const proved = "proved 42 true\n"

// SelfTest proves the technique on this toolchain in one mode: two units that share a type with an unexported
// field, its methods and a goroutine, built and opened by a real process. It builds the base if need be. A
// *LinkError says that the technique fails here; any other error, that it could not be tried.
func SelfTest(ctx context.Context, o Options, mode Mode) error {
	w, err := newWorkshop(ctx, o)
	if err != nil {
		return err
	}
	defer w.close()
	return w.selfTest(ctx, mode)
}

// passed is selfTest with a memory. Only a verdict on the technique is remembered.
func (w *workshop) passed(ctx context.Context, mode Mode) error {
	note := w.cache.path("state", w.selfTestName(mode))
	if data, ok := w.recall(w.selfTestName(mode)); ok {
		if text := strings.TrimSpace(string(data)); text != "passed" {
			return &LinkError{"the self test", errors.New(text)}
		}
		return nil
	}
	err := w.selfTest(ctx, mode)
	var verdict *LinkError
	switch {
	case err == nil:
		return whole.WriteNote(note, []byte("passed\n"))
	case errors.As(err, &verdict) && ctx.Err() == nil:
		if err := whole.WriteNote(note, []byte(verdict.Err.Error()+"\n")); err != nil {
			return err
		}
	}
	return err
}

// selfTestName is the file that keeps the verdict on a mode.
func (w *workshop) selfTestName(mode Mode) string {
	return "selftest-" + hash(format, string(mode), w.tool.Key, recorderScript, proofFirst, proofSecond) + ".txt"
}

// selfTest is SelfTest.
func (w *workshop) selfTest(ctx context.Context, mode Mode) error {
	if mode == Thin && (runtime.GOOS != "linux" || w.tool.Env["GOARCH"] != "amd64") {
		return &LinkError{"the self test", fmt.Errorf("thin is written for linux/amd64, this is %s/%s", w.tool.Env["GOOS"], w.tool.Env["GOARCH"])}
	}
	base, _, err := w.openBase(ctx, mode)
	if err != nil {
		return err
	}
	b := &Builder{shop: w, mode: mode, base: base, extra: map[string]*Package{}, toolEnv: w.toolEnv()}
	b.background, b.stop = context.WithCancel(ctx)
	defer b.release()
	w.step(Step{What: "self test"})
	tmp, err := w.cache.temp("selftest")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	prover, err := w.prover(ctx, b.base, tmp)
	if err != nil {
		return err
	}
	args := make([]string, 2)
	for i, u := range []Unit{{Source: []byte(proofFirst), Entry: "Run_first"}, {Source: []byte(proofSecond), Entry: "Run_second"}} {
		u.Imports = []string{"bytes", "errors", "fmt", "runtime"}
		u.Key = hash(string(u.Source), fmt.Sprint(time.Now().UnixNano()))
		p, err := b.Build(ctx, u)
		if err != nil {
			return &LinkError{"the self test", err}
		}
		defer os.Remove(p.Path)
		args[i] = p.Path
	}
	cmd := exec.CommandContext(ctx, prover, args...)
	cmd.Env = w.env
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil || string(out) != proved {
		return &LinkError{"the self test", fmt.Errorf("the two cells said %q, not %q (%v)", out, proved, err)}
	}
	return nil
}

// prover builds the program that opens the test's plugins.
func (w *workshop) prover(ctx context.Context, b *base, dir string) (string, error) {
	src := filepath.Join(dir, "main.go")
	if err := os.WriteFile(src, []byte(proverSource), 0o644); err != nil {
		return "", fmt.Errorf("self test: %w", err)
	}
	s := &site{w: w, mode: b.mode, dir: dir, lib: b.dir}
	for _, p := range b.sorted {
		s.add(p.ImportPath, p.export)
	}
	if err := s.program(ctx, "prover", []string{src}); err != nil {
		return "", err
	}
	return filepath.Join(dir, "prover"), nil
}
