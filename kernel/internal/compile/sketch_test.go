package compile

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	gover "go/version"
	"runtime"
	"strings"
	"testing"

	"interleave/kernel/internal/cell"
)

// sketchErrors type-checks the files of a sketch and returns what is wrong with them, but for what is not used.
func sketchErrors(t *testing.T, c *Checker, s *Sketch) []string {
	t.Helper()
	fset := token.NewFileSet()
	var files []*ast.File
	var out []string
	for name, text := range map[string]string{"cell.go": s.Cell, "live.go": s.Live} {
		f, err := parser.ParseFile(fset, name, text, parser.AllErrors)
		if err != nil {
			out = append(out, err.Error())
		}
		files = append(files, f)
	}
	conf := types.Config{Importer: c.importer, DisableUnusedImportCheck: true, Error: func(err error) {
		if m := err.(types.Error).Msg; !strings.Contains(m, "not used") {
			out = append(out, err.Error())
		}
	}}
	conf.Check("notebook", fset, files, nil)
	return out
}

// Whole cells are sketched as files that compile, whatever the notebook holds.
func TestSketchCompiles(t *testing.T) {
	s := &session{t: t, c: newChecker(t), st: NewState()}
	for _, src := range []string{
		"import \"strings\"\n// Point is a place.\ntype Point struct{ X, Y int }\nfunc (p Point) Sum() int { return p.X + p.Y }\nfunc (p *Point) Set(x int) { p.X = x }",
		"const (\n\tone = iota + 1\n\ttwo\n)\npoints := []Point{{1, 2}}\nbyName := map[string]*Point{}\nb := strings.Builder{}\nfunc first(list []Point) (p Point, err error) { return list[0], nil }",
		"type List[T any] struct{ items []T; next *List[T] }\nfunc (l *List[T]) Push(x T) { l.items = append(l.items, x) }\nlist := List[Point]{}\nch := make(chan func(Point) error)",
		"import strs \"strings\"\nr := strs.NewReader(\"a\")",
		"strings := 3", // the type of b is in need of another name for the package
		"var total int // all\ntotal++",
	} {
		if _, diags := s.run(src); len(diags) > 0 {
			t.Fatalf("%s: %v", src, diags)
		}
	}
	crowded := &session{t: t, c: s.c, st: s.st} // has declared more than a sketch holds
	crowded.run(repeated(2*small, "type Filler%d struct{ next *Point }"))
	for _, code := range []string{
		"", "points[0].Sum() + total", "x := 1\nfmt.Println(x)",
		"type Point struct{ Z int }\nfunc (p Point) Set(z int) {}\nPoint{}.Z",
		"const one = 10\ntwo + one",
		"import \"time\"\nd := time.Second\nfunc f() { g(d) }\nfunc g(time.Duration) {}",
		"var (\n\tmu sync.Mutex\n\tn  int\n)\nfunc inc() { mu.Lock(); n++; mu.Unlock() }\ninc()",
		"a, err := first(points)\nfunc use() int { return a.X }\nfunc failed() bool { return err != nil }",
		"func first() {}\nfirst()", "points := 3\npoints + 1", "list.Push(points[0])", "b.Len() + strings",
		"package main\nimport \"os\"\nfunc main() { os.Exit(1) }", "defer func() {}()\nfor {\n\tbreak\n}", "Display(display.Data{})", "display := 3\ndisplay + 1",
	} {
		imports := map[string]string{}
		for name := range cell.Qualifiers(code, len(code)) {
			if path, ok := s.c.Suggest(t.Context(), name, nil); ok && s.st.Vars[name] == nil {
				imports[name] = path
			}
		}
		for _, st := range []*State{s.st, crowded.st} {
			sk := s.c.Sketch(st, code, len(code), imports, []string{"net/http", "fmt"})
			for _, e := range sketchErrors(t, s.c, sk) {
				if !strings.Contains(e, "is not used") {
					t.Errorf("%q: %s in\n%s\n%s", code, e, sk.Live, sk.Cell)
				}
			}
		}
	}
	for code, want := range map[string][]string{"x := fill12": {"Filler12", "Filler312", "Point"}, "points[0].": {"points", "Point"}, "var f Filler7\nf.next.": {"Filler7", "Point"}} {
		live := s.c.Sketch(crowded.st, code, len(code), nil, nil).Live
		for _, name := range want {
			if !strings.Contains(live, name+" ") {
				t.Errorf("%q: %s is missing", code, name)
			}
		}
		if n := strings.Count(live, "type Filler"); n > 30 {
			t.Errorf("%q: %d types that it cannot mean", code, n)
		}
	}
	if live := s.c.Sketch(crowded.st, "", 0, nil, nil).Live; strings.Count(live, "type Filler") != 2*small {
		t.Error("an empty cell may mean anything")
	}
}

// A half-written method with type parameters is a declaration of the sketch, in whatever state it is, so that what
// stands around it keeps its meaning.
func TestSketchGenericMethods(t *testing.T) {
	s := &session{t: t, c: newChecker(t), st: NewState()}
	if _, diags := s.run("type List[T any] struct{ items []T }\nlist := List[int]{}"); len(diags) > 0 {
		t.Fatal(diags)
	}
	for _, code := range []string{
		"func (l List[T]) Map[U any](f func(T) U) (out []U) {\n\tfor _, x := range l.items {\n\t\tout = append(out, f(x))\n",
		"func (l List[T]) Map[U any](", "func (l List[T]) Map[U any", "func (l *List[T]) Map[",
	} {
		sk := s.c.Sketch(s.st, "x := 1\n"+code, len(code), nil, nil)
		at := strings.Index(sk.Cell, "func (l")
		if in := strings.Index(sk.Cell, "func _() {"); at < 0 || in < at || !strings.Contains(sk.Cell[in:], "x := 1") && !strings.Contains(sk.Cell, "var x =") {
			t.Errorf("%q:\n%s", code, sk.Cell)
		}
	}
	if gover.Compare(gover.Lang(runtime.Version()), "go1.27") < 0 {
		if sk := s.c.Sketch(s.st, "func (l List[T]) Map[U any](f func(T) U) (u U) { return }", 0, nil, nil); len(sketchErrors(t, s.c, sk)) == 0 {
			t.Error("this release has methods with type parameters")
		}
		return
	}
	if _, diags := s.run("// Map applies.\nfunc (l List[T]) Map[U any](f func(T) U) (out []U) { return }\nfunc (l *List[T]) Fold[R any](r R, f func(R, T) R) R { return r }"); len(diags) > 0 {
		t.Fatal(diags)
	}
	for _, code := range []string{
		"list.Map(func(n int) string { return \"\" })[0] + \"x\"", "list.Fold[float64](1, nil) / 2", "f := list.Map[int]\nf(nil)",
		"func (l List[T]) Map[U any](f func(T) U) (out map[int]U) { return }\nlist.Map(func(n int) int { return n })[7]",
	} {
		sk := s.c.Sketch(s.st, code, len(code), nil, nil)
		for _, e := range sketchErrors(t, s.c, sk) {
			if !strings.Contains(e, "is not used") {
				t.Errorf("%q: %s in\n%s\n%s", code, e, sk.Live, sk.Cell)
			}
		}
	}
	var names []string
	for _, m := range s.c.Members(t.Context(), s.st, "list") {
		names = append(names, m.Name+" "+m.Kind)
	}
	if got := strings.Join(names, ", "); got != "Fold method, Map method, items field" {
		t.Errorf("members: %s", got)
	}
}

// Every offset of a cell is found again, half-written or not.
func TestSketchOffsets(t *testing.T) {
	s := &session{t: t, c: newChecker(t), st: NewState()}
	for _, code := range []string{
		"x := 1\nfunc f() {\n\ty.\n}\nz", "// ä 😀\ntype T struct{ a int }\nt := T{", "for {", "func f(", "}\n}", "`a", "a\r\nb", "",
	} {
		for at := range len(code) + 1 {
			sk := s.c.Sketch(s.st, code, at, nil, nil)
			offset := sk.Offset(at)
			if got, ok := sk.Origin(offset); !ok || got != at {
				t.Errorf("%q: %d is at %d, which is %d %v", code, at, offset, got, ok)
			}
			if at > 0 && !strings.HasPrefix(sk.Cell[offset:], code[at:min(at+1, len(code))]) {
				t.Errorf("%q: %d is at %d, before %q", code, at, offset, sk.Cell[offset:])
			}
		}
		if _, ok := s.c.Sketch(s.st, code, 0, nil, nil).Origin(3); ok {
			t.Errorf("%q: the header has an origin", code)
		}
	}
}

// Half-written text of the cell cannot reach the notebook's declarations, and its own statements stand on their own.
func TestSketchOfHalfWrittenCells(t *testing.T) {
	s := &session{t: t, c: newChecker(t), st: NewState()}
	if _, diags := s.run("type T struct{ A int }\nt := T{}"); len(diags) > 0 {
		t.Fatal(diags)
	}
	for _, code := range []string{"t.‸", "f(t.‸", "for i := range 3 {\n\tif t.‸", "func f() {\n\tt.‸", "x := t.‸\nfunc g() {}", "import \"‸", "type U struct {\n\t‸", "/*‸", "s := \"‸"} {
		before, after, _ := strings.Cut(code, "‸")
		sk := s.c.Sketch(s.st, before+after, len(before), nil, nil)
		if _, err := parser.ParseFile(token.NewFileSet(), "", sk.Live, 0); err != nil {
			t.Errorf("%q: %v in\n%s", code, err, sk.Live)
		}
		if !strings.Contains(sk.Live, "var t T\n") || !strings.Contains(sk.Live, "type T struct{ A int }") {
			t.Errorf("%q:\n%s", code, sk.Live)
		}
		f, _ := parser.ParseFile(token.NewFileSet(), "", sk.Cell, 0)
		if f == nil || f.Name.Name != "notebook" {
			t.Errorf("%q:\n%s", code, sk.Cell)
		}
	}
}

// FuzzSketch: whatever is typed, with the cursor anywhere, every offset is found again.
func FuzzSketch(f *testing.F) {
	for _, code := range []string{
		"x := 1\nfunc f() {\n\ty.\n}\nz", "// ä 😀\ntype T struct{ a int }\nt := T{", "for {", "func f(", "}\n}", "`a", "a\r\nb", "func (t T) g() {}\nconst c =",
		"import \"fmt\"\nfmt.", "import (", "var a, b = 1,", "type U[T any] struct {\n\tx T", "/*", "x, y := f(); z :=", "L: for { break L", "package main\nfunc main() {",
	} {
		f.Add(code, len(code)/2)
	}
	c := newChecker(f)
	s := &session{t: f, c: c, st: NewState()}
	if _, diags := s.run("type T struct{ A int }\nt := T{}\nfunc (T) M() int { return 1 }\nvar u []T"); len(diags) > 0 {
		f.Fatal(diags)
	}
	f.Fuzz(func(t *testing.T, code string, cursor int) {
		cursor = max(0, min(cursor, len(code)))
		for _, st := range []*State{NewState(), s.st} {
			sk := c.Sketch(st, code, cursor, map[string]string{"y": "example.com/y"}, []string{"fmt"})
			offset := sk.Offset(cursor)
			if got, ok := sk.Origin(offset); !ok || got != cursor {
				t.Errorf("%q: %d is at %d, which is %d %v", code, cursor, offset, got, ok)
			}
			if offset < 0 || offset > len(sk.Cell) {
				t.Errorf("%q: %d is at %d of %d", code, cursor, offset, len(sk.Cell))
			}
			for at := range len(sk.Cell) + 1 {
				if got, ok := sk.Origin(at); ok && (got < 0 || got > len(code)) {
					t.Errorf("%q: %d comes from %d of %d", code, at, got, len(code))
				}
			}
		}
	})
}
