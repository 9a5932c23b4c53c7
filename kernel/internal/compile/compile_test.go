package compile

import (
	"bufio"
	"bytes"
	"fmt"
	gover "go/version"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"

	"interleave/kernel/internal/cell"
)

// exports lists export data of the standard library and display, once per test run.
var exports = sync.OnceValues(func() (map[string]string, error) {
	out, err := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Name}} {{.Export}}",
		"interleave/kernel/display", "embed", "strings", "net/http", "math/rand", "image/color", "encoding/binary", "os", "time", "sync", "testing").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, out)
	}
	m := map[string]string{}
	sc := bufio.NewScanner(bytes.NewReader(out))
	for sc.Scan() {
		if f := strings.Fields(sc.Text()); len(f) == 3 {
			m[f[0]+" "+f[1]] = f[2]
		}
	}
	return m, nil
})

type listed map[string]string

func (l listed) Export(path string) (io.ReadCloser, error) {
	for k, f := range l {
		if strings.HasPrefix(k, path+" ") {
			return os.Open(f)
		}
	}
	return nil, fmt.Errorf("package %s is not known", path)
}

func (l listed) Packages() []Package {
	var out []Package
	for k := range l {
		f := strings.Fields(k)
		out = append(out, Package{f[0], f[1]})
	}
	return out
}

func newChecker(t testing.TB) *Checker {
	t.Helper()
	m, err := exports()
	if err != nil {
		t.Fatal(err)
	}
	return NewChecker(listed(m), Language{Version: gover.Lang(runtime.Version())})
}

// session compiles cells one after the other, as if each had run.
type session struct {
	t  testing.TB
	c  *Checker
	st *State
}

func (s *session) run(src string) (*Unit, []Diagnostic) {
	s.t.Helper()
	syn, errs := cell.Parse(cell.NewText(src), src)
	if len(errs) > 0 {
		s.t.Fatalf("%s: %v", src, errs)
	}
	u, diags, err := s.c.Compile(s.t.Context(), s.st, syn)
	if err != nil {
		s.t.Fatalf("%s: %v", src, err)
	}
	if len(diags) > 0 {
		return nil, diags
	}
	s.st = u.State
	if u.Source != nil {
		body := &source{}
		body.gen(string(u.Source))
		v, err := s.c.check(s.t.Context(), body)
		if err != nil {
			s.t.Fatalf("unit does not parse: %v\n%s", err, u.Source)
		}
		for _, e := range v.errs {
			s.t.Errorf("unit of %q: %s\n%s", src, e.message, u.Source)
		}
	}
	return u, nil
}

func TestUnits(t *testing.T) {
	c := newChecker(t)
	for name, cells := range map[string][]string{
		"variables":       {"x := 1", "x++\nx", "y, err := fmt.Println(x)", "y, err := fmt.Println(y)", "x := 2; x := \"a\"; x", "x := strings.Split(x, \",\")", "x"},
		"imports":         {"import \"fmt\"", "fmt.Println(1)", "bytes := []byte{1}", "bytes[0]", "import \"bytes\"\nbytes.NewReader(nil)", "rand.Intn(3)"},
		"functions":       {"func f() int { return 1 }", "func g() int { return f() }", "g()", "func f() int { return 2 }", "g()", "f := 3", "f"},
		"types":           {"type T struct{ a int }\nfunc (t *T) inc() { t.a++ }", "t := &T{1}", "t.inc()", "func (t T) String() string { return fmt.Sprint(t.a) }", "t.inc()\nt", "type T struct{ a, b int }", "u := T{1, 2}\nu.inc()\nu"},
		"generics":        {"type Stack[E any] struct{ s []E }\nfunc (s *Stack[E]) Push(e E) { s.s = append(s.s, e) }", "s := Stack[int]{}\ns.Push(1)", "func (s *Stack[E]) Len() int { return len(s.s) }", "s.Push(2)\ns.Len()", "func Map[A, B any](a []A, f func(A) B) (out []B) { for _, x := range a { out = append(out, f(x)) }; return }", "Map([]int{1}, func(i int) string { return fmt.Sprint(i) })"},
		"embedding":       {"type In struct{ n int }\ntype Out struct{ In; *strings.Builder }", "o := Out{In: In{1}}", "o.In.n", "type In struct{ n, m int }", "o := Out{In: In{1, 2}}\no.In.m"},
		"unused":          {"for i := range 3 { a := i }", "if v, err := fmt.Println(); true { q, w := 1, 2 }", "func f() { z := 1; for k, v := range map[int]int{} { } }\nf()", "var c chan int\nselect { case m := <-c: default: }"},
		"unnameable":      {"le := binary.LittleEndian\nle.Uint16([]byte{1, 2})", "a, b := binary.LittleEndian, 2\nb", "b"},
		"hot loop":        {"sum := 0\nfor i := 0; i < 10; i++ { sum += i }\nsum", "s := []int{}\nfor i := range 10 { s = append(s, i); if i == 3 { continue } }\ns", "n := 0\nfunc() { n++ }()\nfor i := range 3 { n += i }"},
		"constants":       {"const (\n\tA = iota\n\tB\n\tC\n)", "const B = \"b\"", "A, b := C, B\n_ = b"},
		"statements":      {"import \"fmt\"\ndefer fmt.Println(2)\nL:\nfor { break L }\nswitch x := any(3).(type) { case int: fmt.Println(x) }", "ch := make(chan int, 1)\nch <- 1\n<-ch", "var _ fmt.Stringer = (*strings.Builder)(nil)", "func init() { fmt.Println(\"init\") }\nfunc main() {}\nmain()"},
		"order of cell":   {"f()\nfunc f() { fmt.Println(v) }\nvar v = 3\ntype Q struct{ w W }\ntype W int"},
		"shadowed":        {"func use() int { return min(1, 2) }", "min := 7", "use()\nmin", "len := func(s string) int { return 0 }\nlen(\"abc\")"},
		"display":         {"Display(display.HTML(\"x\"))", "import d \"github.com/gopherdata/gophernotes\"\nd.HTML(\"x\")", "nil", "var e error\ne"},
		"bodyless":        {"func JPEG([]byte) error\nx := 1"},
		"dot import":      {"import . \"strings\"\nToUpper(\"a\")", "func up(s string) string { return ToUpper(s) }\nup(\"x\")"},
		"function values": {"fib := func(n int) int { return n }", "fib(3)", "type F func(int) int\nvar f F = fib\nf(2)"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &session{t, c, NewState()}
			for _, src := range cells {
				if _, diags := s.run(src); len(diags) > 0 {
					t.Errorf("%q: %+v", src, diags)
				}
			}
		})
	}
}
