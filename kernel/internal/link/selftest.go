package link

import (
	"context"
	"debug/elf"
	"errors"
	"fmt"
	gover "go/version"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"interleave/kernel/internal/whole"
)

// The self test runs three units, built like cells', in a worker's program, as cells are run. The first two share a type with an
// unexported field and method, a channel with a live goroutine behind it, and a value that only an assertion from any brings
// back; one variable is a struct of the base's. The first makes the runtime make an interface table, of title and
// fmt.Stringer, that the second brings itself: assertion, switch and comparison must find the value to be of the type.
// Both use an instance of a generic function and of a generic type. The third draws a chart.
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

type title string

func (t title) String() string { return "<" + string(t) + ">" }

type pair[K comparable, V any] struct {
	key   K
	value V
}

func (p pair[K, V]) swapped() (V, K) { return p.value, p.key }

func mapped[T, U any](s []T, f func(T) U) (all []U) {
	for _, v := range s {
		all = append(all, f(v))
	}
	return all
}

var (
	c    *counter
	box  any
	x    any
	both any
	buf  bytes.Buffer
	_    = errors.New
	_    = fmt.Sprint
	_    = runtime.GC
)
`

const proofFirst = `
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
	x = title("shown")
	fmt.Println(x)
	both = pair[string, int]{"key", 6}
	fmt.Println(mapped([]int{1, 2}, func(i int) string { return fmt.Sprint(i * 10) }), generic(1))
}
`

const proofSecond = `
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
	st := x.(fmt.Stringer)
	_, asserted := st.(title)
	switched := false
	switch st.(type) {
	case fmt.Formatter:
	case title:
		switched = true
	}
	fmt.Println("interface tables:", asserted, switched, st == fmt.Stringer(title("shown")))
	value, key := both.(pair[string, int]).swapped()
	fmt.Println(value, key, mapped([]int{3}, func(i int) string { return fmt.Sprint(i * 10) }), generic(2))
	var none []int
	_ = none[c.n]
}
`

// A third cell refers to the copy of the table that the second one brought.
const proofThird = `
func Run_third() {
	st := x.(fmt.Stringer)
	_, asserted := st.(title)
	fmt.Println("once more:", asserted, st == fmt.Stringer(title("shown")))
}
`

const proved = `<shown>
[10 20] 1 <m>
interface tables: true true true
6 key [30] 2 <m>
proved 42 true
once more: true true
`

// What Go 1.27 adds to both: a method with a type parameter of its own. The line of the build constraint chooses the language,
// whatever the module says.
const (
	methodsSince   = "go1.27"
	proofLanguage  = "//go:build " + methodsSince + "\n\n"
	withoutMethods = `
func generic(n int) string { return fmt.Sprint(n, " ", title("m")) }
`
	withMethods = `
func (t title) with[U any](u U) (U, title) { return u, t }

func generic(n int) string {
	n, t := title("m").with(n)
	return fmt.Sprint(n, " ", t)
}
`
)

const proofChart = `package notebook

import (
	"bytes"
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

func Run_chart() {
	p := plot.New()
	p.Title.Text = "A chart"
	line, err := plotter.NewLine(plotter.XYs{{X: 1, Y: 2}, {X: 3, Y: 4}})
	if err != nil {
		panic(err)
	}
	p.Add(line)
	c := vgimg.New(vg.Inch, vg.Inch)
	p.Draw(draw.New(c))
	var b bytes.Buffer
	if _, err := (vgimg.PngCanvas{Canvas: c}).WriteTo(&b); err != nil {
		panic(err)
	}
	fmt.Println(b.Len() > 500, bytes.HasPrefix(b.Bytes(), []byte("\x89PNG")))
}
`

const chartProved = "true true\n"

// proof is what the self test builds, and what that must write.
func (w *workshop) proof(b *base) (units []Unit, want string) {
	language, methods := "", withoutMethods
	if gover.Compare(w.tool.Lang(), methodsSince) >= 0 {
		language, methods = proofLanguage, withMethods
	}
	decls := language + proofDecls + methods
	imports := []string{"bytes", "errors", "fmt", "runtime"}
	units = []Unit{
		{Source: []byte(decls + proofFirst), Entry: "Run_first", Imports: imports},
		{Source: []byte(decls + proofSecond), Entry: "Run_second", Imports: imports},
		{Source: []byte(decls + proofThird), Entry: "Run_third", Imports: imports},
	}
	chart := []string{"bytes", "fmt", "gonum.org/v1/plot", "gonum.org/v1/plot/plotter", "gonum.org/v1/plot/vg", "gonum.org/v1/plot/vg/draw", "gonum.org/v1/plot/vg/vgimg"}
	for _, path := range chart {
		if b.packages[path] == nil { // the module asks for a version that does not compile
			return units, proved
		}
	}
	return append(units, Unit{Source: []byte(proofChart), Entry: "Run_chart", Imports: chart}), proved + chartProved
}

// SelfTest proves the technique on this toolchain in one mode, with units that are built and run as cells are. It builds the
// base if need be. A *LinkError says that the technique fails here; any other error, that it could not be tried.
func SelfTest(ctx context.Context, o Options, mode Mode) error {
	w, err := newWorkshop(ctx, o)
	if err != nil {
		return err
	}
	defer w.close()
	return w.selfTest(ctx, mode)
}

// passed is selfTest with a memory. Only a verdict on the technique is remembered. Processes that want the same one take turns: a
// notebook that is opened while lab prepares has the base and the verdict in the same moment.
func (w *workshop) passed(ctx context.Context, mode Mode) error {
	if verdict, ok := w.verdict(mode); ok {
		return verdict
	}
	unlock, err := w.turn(ctx, strings.TrimSuffix(w.selfTestName(mode), ".txt"))
	if err != nil {
		return err
	}
	defer unlock()
	if verdict, ok := w.verdict(mode); ok { // reached while this process waited
		return verdict
	}
	note := w.cache.path("state", w.selfTestName(mode))
	err = w.selfTest(ctx, mode)
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

// verdict is what the memory of passed has on a mode: nil, or a *LinkError. ok is false when it has nothing.
func (w *workshop) verdict(mode Mode) (err error, ok bool) {
	data, ok := w.recall(w.selfTestName(mode))
	if text := strings.TrimSpace(string(data)); ok && text != "passed" {
		return &LinkError{"the self test", errors.New(text)}, true
	}
	return nil, ok
}

// selfTestName is the file that keeps the verdict on a mode.
func (w *workshop) selfTestName(mode Mode) string {
	return "selftest-" + hash(string(mode), w.tool.Key, program(), w.workerSources()) + ".txt"
}

// program names this program by its content, and with it the tests, the patches and whatever else decides a verdict. A program
// without a build ID is named by its file.
var program = sync.OnceValue(func() string {
	name, err := os.Executable()
	if err != nil {
		return ""
	}
	if f, err := elf.Open(name); err == nil {
		defer f.Close()
		if s := f.Section(".note.go.buildid"); s != nil {
			if id, err := s.Data(); err == nil && len(id) > 0 {
				return string(id)
			}
		}
	}
	st, err := os.Stat(name)
	if err != nil {
		return name
	}
	return fmt.Sprint(name, st.Size(), st.ModTime().UnixNano())
})

// workerSources names by its content what the worker's program is compiled of: it is no part of this program.
func (w *workshop) workerSources() string {
	var all []string
	for _, dir := range []string{"kernel/internal/worker/host", "kernel/internal/worker/inmate", "kernel/internal/worker/frame", "kernel/internal/stage",
		"kernel/internal/events"} {
		files, _ := filepath.Glob(filepath.Join(w.module.Sources, dir, "*.go")) // the pattern is a good one
		for _, name := range files {
			data, _ := os.ReadFile(name) // what cannot be read, the compiler tells
			all = append(all, filepath.Base(name), string(data))
		}
	}
	return hash(all...)
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
	units, want := w.proof(base)
	plugins := make([]string, len(units))
	for i, u := range units {
		u.Key = hash(string(u.Source), fmt.Sprint(time.Now().UnixNano()))
		p, err := b.Build(ctx, u)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			return &LinkError{"the self test", err}
		}
		defer os.Remove(p.Path)
		plugins[i] = p.Path
	}
	out, err := w.trial(ctx, base, plugins)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return &LinkError{"the self test", fmt.Errorf("%w\n%s", err, out)}
	}
	if out != want {
		return &LinkError{"the self test", fmt.Errorf("the cells wrote %q, not %q", out, want)}
	}
	return nil
}
