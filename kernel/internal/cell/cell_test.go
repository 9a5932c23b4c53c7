package cell

import (
	"go/ast"
	"strings"
	"testing"
)

func TestParseItems(t *testing.T) {
	src := "x := 1\nimport (\n\t\"fmt\"\n\tm \"math\"\n)\n// doc\n//go:noinline\nfunc f(a int) int { return a; }\nfor i := 0; i < 3; i++ { fmt.Println(i) }\n" +
		"func (t *T) m() {}\nfunc() { x++ }()\ntype T struct{ a int }\nfunc nobody([]byte) error\nvar g = func(x int) string { return \"\" }\nx"
	s, errs := Parse(NewText(src), src)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if len(s.Imports) != 2 || s.Imports[1].Name != "m" || s.Imports[1].Path != "math" {
		t.Errorf("imports: %+v", s.Imports)
	}
	var names []string
	for _, f := range s.Funcs {
		names = append(names, f.Decl.Name.Name)
	}
	if got := strings.Join(names, " "); got != "f m nobody" {
		t.Errorf("funcs: %s", got)
	}
	if !strings.HasPrefix(src[s.Funcs[0].Start:], "// doc") || !strings.HasSuffix(src[:s.Funcs[0].End], "return a; }") {
		t.Errorf("span of f: %q", src[s.Funcs[0].Start:s.Funcs[0].End])
	}
	if len(s.Stmts) != 6 {
		t.Errorf("%d statements", len(s.Stmts))
	}
	last := s.Stmts[len(s.Stmts)-1].(*ast.ExprStmt)
	if off := s.Offset(last.Pos()); src[off:] != "x" {
		t.Errorf("last statement at %d: %q", off, src[off:])
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"x := \n", "expected operand"},
		{"}\nx := 1", "unexpected }"},
		{"a b", "expected ';'"},
		{"x := 1\n}\ny := 2", "unexpected }"},
		{"\"abc", "string literal not terminated"},
		{"func f( {}", "expected"},
		{"s := ```", "raw string literal not terminated"},
		{"f(1 \"abc", "string literal not terminated"},
		{"x := 1 'a", "rune literal not terminated"},
		{"func f() {\n\tfunc g() {}\n}", "has no name: write NAME := func"},
		{"f('ab')", "a string is in double quotes"},
		{"f(\u00a01)", "type an ordinary one"},
		{"\u200bf(1)", "it is invisible"},
		{"f（1）", "(write ()"},
		{"x := 3 − 1", "(write -)"},
		{"x := 1 # one", "(a comment begins with //)"},
		{"x := 1 @ 2", "illegal character U+0040 '@'"},
	} {
		_, errs := Parse(NewText(c.src), c.src)
		if len(errs) == 0 || !strings.Contains(errs[0].Message, c.want) {
			t.Errorf("%q: %v, want %q", c.src, errs, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"x := 1", "func f() {}", "import \"fmt\"\nfmt.Println()", "}", "func (", "/*", "L: for { break L }", "func (t T) f(", "package main\nfunc main() {}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		s, errs := Parse(NewText(src), src)
		for _, e := range errs {
			if e.Offset < 0 || e.Offset > len(src) {
				t.Errorf("error at %d of %d", e.Offset, len(src))
			}
		}
		for _, fn := range s.Funcs {
			if fn.Start < 0 || fn.End > len(src) || fn.Start > fn.End {
				t.Errorf("function at %d-%d of %d", fn.Start, fn.End, len(src))
			}
		}
		Complete(src)
	})
}

// FuzzDirectives: what is left of a cell without its directives has the same lines at the same offsets.
func FuzzDirectives(f *testing.F) {
	for _, s := range []string{"%help", "%%time -n 3\nx", "$ ls \\\n -l\nx := 1", "!a\\", "// c\n\n%cd \"a b\"\n%%bash\n%get", "%", "%%", "%% ", "$", "\r\n%x\r\ny", "ä%a\n%b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		list, code := Directives(src)
		if len(code) != len(src) || strings.Count(code, "\n") != strings.Count(src, "\n") {
			t.Fatalf("%q became %q", src, code)
		}
		for i := range len(src) {
			if code[i] != src[i] && code[i] != ' ' {
				t.Errorf("%q became %q", src, code)
				break
			}
		}
		last := -1
		for _, d := range list {
			if d.Offset <= last || d.Offset+len(d.Mark) > len(src) || !strings.HasPrefix(src[d.Offset:], d.Mark) || d.Mark == "" {
				t.Errorf("%q: %+v behind %d", src, d, last)
			}
			last = d.Offset
		}
	})
}
