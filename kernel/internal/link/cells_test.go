package link

import (
	"errors"
	"fmt"
	"go/importer"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// prove runs plugins, in order, in one worker and returns what it wrote.
func prove(t testing.TB, b *Builder, plugins ...string) (string, error) {
	t.Helper()
	return b.shop.trial(t.Context(), b.base, plugins)
}

// build builds a unit under a name of its own and returns the plugin's path.
func build(t testing.TB, b *Builder, text string, imports ...string) string {
	t.Helper()
	p, err := b.Build(t.Context(), fresh(text, imports))
	if err != nil {
		t.Fatal(err)
	}
	return p.Path
}

const sharedDecls = `package notebook

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
)

type node struct {
	name string
	next *node
	hits int
}

func (n *node) hit() { n.hits++ }

type hitter interface{ hit() }

var (
	head  *node
	box   any
	mu    sync.Mutex
	sum   int
	queue chan int
	_     = fmt.Sprint
	_     = runtime.GC
	_     = strings.Repeat
)
`

// Forty units share a list, an interface with an unexported method, a goroutine and a channel; each of them collects garbage
// and survives a panic of its own.
func TestCellsShareState(t *testing.T) {
	each(t, func(t *testing.T, mode Mode) {
		b := open(t, Options{Mode: mode})
		imports := []string{"fmt", "runtime", "strings", "sync"}
		paths := []string{build(t, b, sharedDecls+`
func Run_%s() {
	head = &node{name: strings.Repeat("a", 3)}
	box = head
	queue = make(chan int)
	go func() {
		for i := range queue {
			mu.Lock()
			sum += i
			runtime.GC()
			mu.Unlock()
		}
	}()
}
`, imports...)}
		n := 40
		for i := 1; i < n; i++ {
			body := fmt.Sprintf(`
func Run_%%s() {
	defer func() {
		if err, ok := recover().(runtime.Error); !ok || !strings.Contains(err.Error(), "out of range") {
			fmt.Println("not the panic:", err)
		}
		head = &node{name: fmt.Sprint("cell", %d), next: head}
	}()
	queue <- %[1]d
	box.(hitter).hit()
	for range 100 {
		_ = make([]*node, 1000)
	}
	runtime.GC()
	var none []int
	_ = none[len(head.name)]
}
`, i)
			paths = append(paths, build(t, b, sharedDecls+body, imports...))
		}
		paths = append(paths, build(t, b, sharedDecls+`
func Run_%s() {
	mu.Lock()
	defer mu.Unlock()
	length := 0
	for n := head; n != nil; n = n.next {
		length++
	}
	close(queue)
	fmt.Println(length, box.(*node).hits, sum >= 741, head.name)
}
`, imports...))
		out, err := prove(t, b, paths...)
		if want := "40 39 true cell39\n"; out != want || err != nil {
			t.Fatalf("got %q, %v; want %q", out, err, want)
		}
	})
}

// Package variables of types that only the base has, too big for a stored pointer mask: the linker must find what
// they are made of.
func TestBigVariables(t *testing.T) {
	each(t, func(t *testing.T, mode Mode) {
		b := open(t, Options{Mode: mode})
		decls := `package notebook

import (
	"fmt"
	"go/ast"
	"net/http"
	"runtime"
)

type mine struct {
	a [300]http.Request
	p *int
}

var (
	clients [5000]http.Client
	all     [3]mine
	files   map[string]*ast.File
	one     http.Server
)
`
		first := build(t, b, decls+`
func Run_%s() {
	for i := range clients {
		clients[i].Transport = &http.Transport{MaxIdleConns: i}
	}
	all[2].a[299].Host = fmt.Sprint("ho", "st")
	all[2].p = new(int)
	*all[2].p = 7
	one.Addr = fmt.Sprint(":", 80)
	files = map[string]*ast.File{"a": {}}
	runtime.GC()
}
`, "fmt", "go/ast", "net/http", "runtime")
		second := build(t, b, decls+`
func Run_%s() {
	for range 3 {
		runtime.GC()
	}
	sum := 0
	for i := range clients {
		sum += clients[i].Transport.(*http.Transport).MaxIdleConns
	}
	fmt.Println(sum, all[2].a[299].Host, *all[2].p, one.Addr, len(files))
}
`, "fmt", "go/ast", "net/http", "runtime")
		out, err := prove(t, b, first, second)
		if want := "12497500 host 7 :80 1\n"; out != want || err != nil {
			t.Fatalf("got %q, %v; want %q", out, err, want)
		}
	})
}

func TestPlotCell(t *testing.T) {
	each(t, func(t *testing.T, mode Mode) {
		b := open(t, Options{Mode: mode})
		out, err := prove(t, b, build(t, b, plotCell, plotImports...), build(t, b, smallCell, smallImports...))
		if !strings.HasPrefix(out, "true true 7\n&{4 6} ") || err != nil {
			t.Fatalf("got %q, %v", out, err)
		}
	})
}

// Three hundred thin plugins in one process: a session's worth.
func TestManyPlugins(t *testing.T) {
	if testing.Short() {
		t.Skip("builds 300 units")
	}
	b := open(t, Options{Mode: Thin})
	var paths []string
	for range 300 {
		paths = append(paths, build(t, b, smallCell, smallImports...))
	}
	out, err := prove(t, b, paths...)
	if n := strings.Count(out, "&{4 6}"); n != 300 || err != nil {
		t.Fatalf("%d cells ran: %v\n%s", n, err, out)
	}
}

// The check that nb is exempt from holds for real packages: another version of one is refused.
func TestOtherVersionIsRefused(t *testing.T) {
	each(t, func(t *testing.T, mode Mode) {
		dir := t.TempDir()
		write(t, dir, "go.mod", "module example.com/m\n\ngo 1.26\n")
		write(t, dir, "p/p.go", "package p\n\nfunc F() int { return 1 }\n")
		cell := "package notebook\n\nimport \"example.com/m/p\"\n\nfunc Run_%s() { println(p.F()) }\n"
		var paths []string
		for i, more := range []string{"", "\nfunc G() {}\n"} {
			write(t, dir, "p/q.go", "package p\n"+more)
			b := open(t, Options{Dir: dir, Sources: absRepository(t), Mode: mode})
			if err := b.Require(t.Context(), "example.com/m/p"); err != nil {
				t.Fatal(err)
			}
			paths = append(paths, build(t, b, cell, "example.com/m/p"))
			if i == 1 {
				out, err := prove(t, b, paths...)
				if err == nil || !strings.Contains(err.Error(), "different version of package example.com/m/p") {
					t.Fatalf("got %q, %v", out, err)
				}
			}
		}
	})
	t.Run("base", func(t *testing.T) {
		b := open(t, Options{Mode: Thin})
		b.base.packages["fmt"].print[0] ^= 1
		out, err := prove(t, b, build(t, b, smallCell, smallImports...))
		if err == nil || !strings.Contains(err.Error(), "different version of package fmt") {
			t.Fatalf("got %q, %v", out, err)
		}
	})
}

func TestCached(t *testing.T) {
	each(t, func(t *testing.T, mode Mode) {
		b := open(t, Options{Mode: mode})
		u := fresh(smallCell, smallImports)
		first, err := b.Build(t.Context(), u)
		if err != nil {
			t.Fatal(err)
		}
		again, err := open(t, Options{Mode: mode}).Build(t.Context(), u)
		if err != nil {
			t.Fatal(err)
		}
		if first.Cached || !again.Cached || first.Path != again.Path {
			t.Fatalf("first %+v, again %+v", first, again)
		}
	})
}

// All errors of a unit are reported, with the lines its directives give.
func TestCompileError(t *testing.T) {
	b := open(t, Options{Mode: Thin})
	var src strings.Builder
	src.WriteString("package notebook\n\nfunc Run_x() {\n")
	for i := range 12 {
		fmt.Fprintf(&src, "//line cell-7:%d\n\tundefined%d()\n", i+1, i)
	}
	src.WriteString("}\n")
	_, err := b.Build(t.Context(), Unit{Source: []byte(src.String()), Entry: "Run_x", Key: "broken"})
	var refused *CompileError
	if !errors.As(err, &refused) {
		t.Fatalf("got %v", err)
	}
	if len(refused.Lines) != 12 || !strings.HasSuffix(refused.Lines[11], "cell-7:12: undefined: undefined11") {
		t.Fatalf("got %q", refused.Lines)
	}
}

// What Export gives is what the type checker reads.
func TestExport(t *testing.T) {
	each(t, func(t *testing.T, mode Mode) {
		b := open(t, Options{Mode: mode})
		imp := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
			file, err := b.Export(path)
			if err != nil {
				return nil, err
			}
			return os.Open(file)
		})
		for _, path := range []string{"fmt", "net/http", "gonum.org/v1/plot", "interleave/kernel/internal/stage"} {
			p, err := imp.Import(path)
			if err != nil {
				t.Fatal(err)
			}
			if !p.Complete() || len(p.Scope().Names()) == 0 {
				t.Errorf("%s is empty", path)
			}
		}
		for _, p := range b.Packages() {
			if p.ImportPath == "expvar" || p.ImportPath == "net/http/pprof" || strings.Contains(p.ImportPath, "internal/") {
				t.Errorf("%s is offered", p.ImportPath)
			}
		}
		if _, err := b.Export("no/such"); !errors.Is(err, ErrUnknownPackage) {
			t.Errorf("got %v", err)
		}
	})
}

func write(t testing.TB, dir, name, text string) {
	t.Helper()
	at := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func absRepository(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
