package compile

import (
	"strings"
	"testing"

	"interleave/kernel/internal/cell"
)

// program writes the last of some cells as a program and checks that it compiles and bears no marks.
func program(t *testing.T, form Form, cells ...string) (*Program, []Diagnostic) {
	t.Helper()
	s := &session{t, newChecker(t), NewState()}
	for _, src := range cells[:len(cells)-1] {
		if _, diags := s.run(src); len(diags) > 0 {
			t.Fatalf("%q: %+v", src, diags)
		}
	}
	last := cells[len(cells)-1]
	syn, errs := cell.Parse(cell.NewText(last), last)
	if len(errs) > 0 {
		t.Fatalf("%q: %v", last, errs)
	}
	p, diags, err := s.c.Program(t.Context(), s.st, syn, form)
	if err != nil {
		t.Fatal(err)
	}
	if len(diags) > 0 {
		return nil, diags
	}
	body := &source{}
	body.gen(string(p.Source))
	v, err := s.c.check(t.Context(), body)
	if err != nil {
		t.Fatalf("program does not parse: %v\n%s", err, p.Source)
	}
	for _, e := range v.errs {
		t.Errorf("program of %q: %s\n%s", last, e.message, p.Source)
	}
	return p, nil
}

func TestPrograms(t *testing.T) {
	for name, tt := range map[string]struct {
		cells []string
		want  []string // in the source
	}{
		"statements":        {[]string{"x := 1\nfmt.Println(x)"}, []string{"func main() {", "x := 1"}},
		"unused":            {[]string{"x := 1\ny, z := 2, 3\nfor i := range 3 { q := i }"}, []string{"_ = x"}},
		"live functions":    {[]string{"func f() int { return g() }\nfunc g() int { return 1 }", "fmt.Println(f())"}, []string{"func g() int"}},
		"live types":        {[]string{"type T struct{ n int }\nfunc (t *T) inc() { t.n++ }", "type T struct{ n, m int }", "t := T{}\nt.inc()\nt"}, []string{"type T struct{ n, m int }", "fmt.Println(t)"}},
		"package variable":  {[]string{"var n int\nfor range 3 { n++ }\nn"}, []string{"var n int"}},
		"seen by functions": {[]string{"n, err := 1, error(nil)\nfunc f() { n++ }\nf()\nm, err := 2, err\n_ = m"}, []string{"var n int", "n, err = 1", "m, err = 2"}},
		"var with value":    {[]string{"var a, b = 1, strings.ToUpper(\"x\")\nfmt.Println(a, b)"}, []string{"var b string", "a, b = 1"}},
		"own main":          {[]string{"var n = 3\ntype T int\nfunc main() { fmt.Println(n, T(1)) }"}, []string{"func init() {"}},
		"live main":         {[]string{"func main() { fmt.Println(1) }", ""}, []string{"func main() { fmt.Println(1) }"}},
		"imports":           {[]string{"import r \"math/rand\"\nfunc f() int { return r.Intn(3) }", "r := f()\nr"}, []string{"import r \"math/rand\""}},
		"import hidden":     {[]string{"import r \"math/rand\"\nfunc f() int { return r.Intn(3) }", "var r = f()\nr"}, []string{"var r int"}},
		"redeclared":        {[]string{"x := 1\nfmt.Println(x)\nx := \"a\"\nfmt.Println(x)"}, []string{"{\n//line"}},
		"C": {[]string{"// static int f(void) { return 1; }\nimport \"C\"\nimport \"os\"\nvar n C.int\nfunc f() int { n++; return int(C.f()) }\nx := C.f()\nfmt.Println(f(), os.Args)"},
			[]string{":1\n\n// static int f(void) { return 1; }\nimport \"C\"\n", "var n C.int", "x := C.f(); _ = x"}},
		"C in a group":       {[]string{"import (\n\t\"os\"\n\t/* #include <a.h> */\n\t\"C\"\n)\nC.f(os.Args)"}, []string{"\n/* #include <a.h> */\nimport \"C\"\n", "C.f(os.Args)"}},
		"C alone":            {[]string{"x := 1 // no C\nimport \"C\"\nx"}, []string{"import fmt \"fmt\"\nimport \"C\"\n\nfunc main"}},
		"embed":              {[]string{"//go:embed a.txt\n//go:embed b.txt\n// about s\nvar s embed.FS\ns"}, []string{"//go:embed a.txt\n", "//go:embed b.txt\n", "var s embed.FS", "import embed \"embed\""}},
		"embed in a group":   {[]string{"var (\n\tn = 1\n\t//go:embed a.txt\n\tb []byte\n)\nfmt.Println(n, len(b))"}, []string{"//go:embed a.txt\n", "var b []byte", "import _ \"embed\""}},
		"constants":          {[]string{"const (\n\tA = iota\n\tB\n)", "const A = \"a\"", "fmt.Println(A, B)"}, []string{"_ = iota"}},
		"constants of a use": {[]string{"const (\n\tA = iota\n\tB\n\tC = B + 10\n)", "const B = 50", "fmt.Println(C)"}, []string{"_\n\tC = B + 10"}},
		"dot import":         {[]string{"import . \"strings\"\nfunc up(s string) string { return ToUpper(s) }", "up(\"a\")"}, []string{"strings.ToUpper"}},
		"display":            {[]string{"Display(display.HTML(\"x\"))"}, []string{"display.Display("}},
		"generic":            {[]string{"type S[E any] struct{ s []E }\nfunc (s *S[E]) Push(e E) { s.s = append(s.s, e) }", "s := S[int]{}\ns.Push(1)\nlen(s.s)"}, []string{"fmt.Println(len(s.s))"}},
		"embedded":           {[]string{"type In struct{ n int }\ntype Out struct{ In }", "type In struct{ n, m int }", "o := Out{In: In{1, 2}}\no.In.m"}, nil},
		"receive":            {[]string{"ch := make(chan int)\n<-ch"}, []string{"<-ch"}},
		"init":               {[]string{"n := 0\nfunc init() { n = 3 }\nfmt.Println(n)"}, []string{"func init() {", "var n int"}},
		"assertion":          {[]string{"var _ fmt.Stringer = (*strings.Builder)(nil)\nx := 1"}, nil},
		"labels":             {[]string{"L:\nfor { break L }"}, []string{"L:"}},
		"label at the end":   {[]string{"n := 1\nif n > 0 { goto end }\nfmt.Println(n)\nend:"}, []string{"end:"}},
		"labelled result":    {[]string{"n := 1\nif n > 0 { goto end }\nfmt.Println(n)\nend:\nn"}, []string{"end:", "\nfmt.Println(n)\n\n}"}},
		"name of a package":  {[]string{"fmt.Println(1)\nfmt := 3\nfmt"}, []string{"\nfmt.Println(1)", ".Println(fmt)"}},
		"labelled variable":  {[]string{"func f() int { return n }\nagain:\nn := 1\nif f() > 1 { goto again }"}, []string{"var n int", "again:", "\nn = 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			p, diags := program(t, MainForm, tt.cells...)
			if len(diags) > 0 {
				t.Fatalf("%+v", diags)
			}
			for _, w := range tt.want {
				if !strings.Contains(string(p.Source), w) {
					t.Errorf("no %q in\n%s", w, p.Source)
				}
			}
			if name != "import hidden" && name != "name of a package" && strings.Contains(string(p.Source), prime) {
				t.Errorf("a version mark shows in\n%s", p.Source)
			}
		})
	}
}

func TestProgramsRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		cells []string
		want  string
	}{
		"a variable's value":     {[]string{"x := 1", "fmt.Println(x)"}, "the program needs x, a variable of this notebook (int)"},
		"through a function":     {[]string{"x := 1\nfunc f() int { return x }", "f()"}, "the program needs x (for f)"},
		"statements beside main": {[]string{"func main() {}\nfmt.Println(1)"}, "outside of func main"},
		"nothing":                {[]string{"type T int"}, "nothing to run"},
		"undefined":              {[]string{"nosuch"}, "undefined: nosuch"},
		"a value of before":      {[]string{"x := 1", "x := x + 1\nx"}, "the value that x had before this cell"},
		"a function of before":   {[]string{"func x() int { return 1 }", "x := x() + 1\nx"}, "x is declared by an earlier cell, and by this one as a variable"},
		"main called":            {[]string{"func main() {}", "main()"}, "cannot be called"},
	} {
		t.Run(name, func(t *testing.T) {
			p, diags := program(t, MainForm, tt.cells...)
			if len(diags) == 0 {
				t.Fatalf("not refused:\n%s", p.Source)
			}
			if !strings.Contains(diags[0].Message, tt.want) {
				t.Errorf("got %q, want %q", diags[0].Message, tt.want)
			}
		})
	}
}

func TestTestPrograms(t *testing.T) {
	p, diags := program(t, TestForm, "x := 1\nfunc sq(n int) int { return n * n }", "func TestOld(t *testing.T) { sq(2) }\nfunc TestVar(t *testing.T) { _ = x }",
		"want := 9\nfunc TestNew(t *testing.T) { if sq(3) != want { t.Fatal() } }")
	if len(diags) > 0 {
		t.Fatalf("%+v", diags)
	}
	if got := strings.Join(p.Tests, " "); got != "TestNew TestOld" {
		t.Errorf("tests: %s", got)
	}
	if len(p.Notes) != 1 || !strings.Contains(p.Notes[0], "TestVar is left out") {
		t.Errorf("notes: %q", p.Notes)
	}
}

// TestMainInTests has a main beside statements: go test does not call it.
func TestMainInTests(t *testing.T) {
	p, diags := program(t, TestForm, "var n int\nfunc main() { n++ }\nmain()\nfunc TestN(t *testing.T) { if n != 1 { t.Fatal(n) } }")
	if len(diags) > 0 {
		t.Fatalf("%+v", diags)
	}
	if !strings.Contains(string(p.Source), "func init() {\n\n//line") {
		t.Errorf("the statement is not in\n%s", p.Source)
	}
}
