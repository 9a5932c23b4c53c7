package cell

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestOutline(t *testing.T) {
	kinds := []string{"package", "import", "func", "type", "const", "var", "define"}
	for _, c := range []struct{ code, want string }{
		{"package main\nimport \"fmt\"", "package[] import[]\"fmt\""},
		{"import (\n\tf \"fmt\"\n\t. \"os\" // both\n\t_ \"net\"\n)\nx := 1", "import[]f \"fmt\"|. \"os\"|_ \"net\" define[x]"},
		{"import \"fm", "import[]"},
		{"func f(a int) {\n\tx := 1\n}\nfunc (p *T[K, V]) m() {}\nfunc (T) n() {}", "func[f] func[T.m] func[T.n]"},
		{"func() { x := 1 }()\ny := 2", "define[y]"},
		{"func half(", "func[half]"},
		{"func f() {\n\tx.\ny := 1", "func[f]"}, // never closed
		{"type T struct {\n\tA, B int\n}\ntype (\n\tU = T\n\tV[P any] []P\n)", "type[T] type[U V]"},
		{"const a, b = 1, 2\nconst (\n\tc = iota\n\td\n\t_\n)\nvar mu, x sync.Mutex\nvar (\n\ty = f(func() { z := 1 })\n\tq int\n)", "const[a b] const[c d _] var[mu x] var[y q]"},
		{"a, b := f()\nc = 1\nd.e, f := 1, 2\nfor i := range 3 {\n\tj := i\n}\nif x := 1; x > 0 {\n}", "define[a b]"},
		{"func (p *T[K]) m[U any](u U) {\n\tx := 1\n}\nfunc (T) n[A, B any]() {}\ny := 2", "func[T.m] func[T.n] define[y]"},
		{"func (t T) m[U an", "func[T.m]"},
		{"func (t T) m[U any](\nx := 1", "func[T.m]"},
		{"func(x int) List[int] { y := 1; return nil }(3)\nz := 2", "define[z]"},
		{"x :", ""}, {"", ""}, {"type", "type[]"}, {"var (", "var[]"}, {"x := `\nfunc f() {}", "define[x]"}, {"}\nfunc f() {}", "func[f]"},
	} {
		var got []string
		for _, p := range Outline(c.code) {
			names := strings.Join(p.Names, " ")
			if p.Recv != "" {
				names = p.Recv + "." + names
			}
			var imports []string
			for _, im := range p.Imports {
				imports = append(imports, strings.TrimSpace(fmt.Sprintf("%s %q", im.Name, im.Path)))
			}
			got = append(got, fmt.Sprintf("%s[%s]%s", kinds[p.Kind], names, strings.Join(imports, "|")))
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%q: %s, want %s", c.code, text, c.want)
		}
	}
}

func TestOutlineKeepsComments(t *testing.T) {
	const code = "x := 1 // one\n// f is a function.\n// It does nothing.\nfunc f() {}\n\n// alone\n\ntype T int"
	var got []string
	for _, p := range Outline(code) {
		got = append(got, strings.TrimSpace(code[p.Start:p.End]))
	}
	if want := []string{"x := 1 // one", "// f is a function.\n// It does nothing.\nfunc f() {}", "type T int"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestClosing(t *testing.T) {
	for code, want := range map[string]string{
		"": "", "f(a[1], T{2})": "", "f(a[": "])", "for {\n\tif x {": "\n}\n}", "f(func() {": "\n})", "}": "", "f(\"(\"": ")", "f( // (": ")", "](": ")",
	} {
		if got := Closing(code); got != want {
			t.Errorf("%q: %q, want %q", code, got, want)
		}
	}
}

func TestQuoted(t *testing.T) {
	for code, want := range map[string]bool{
		"\"ab‸c\"": true, "\"abc\"‸": false, "‸\"abc\"": false, "\"abc‸": true, "'‸a'": true, "`a\n‸b`": true, "`a‸": true, "x‸": false,
		"// a‸": true, "// a‸\nx": true, "// a\n‸x": false, "/* ‸ */": true, "/* a */‸": false, "\"a\\\"‸\"": true, "f(\"a\", ‸": false,
	} {
		text, at := atCursor(code)
		if _, got := Quoted(text, at); got != want {
			t.Errorf("%q: %v", code, got)
		}
	}
}

func TestCall(t *testing.T) {
	for code, want := range map[string]string{ // up to the end of the name | from there to the argument
		"f(‸": "f|(", "f(a, ‸b)": "f|(a,", "f(a)‸": "", "x.f(g(1), ‸": "x.f|(g(1),", "x.f(g(‸": "x.f(g|(", "(‸": "", "f((a + ‸": "f|(",
		"f[int](‸": "f[int]|(", "f()(‸": "f()|(", "f(a[‸": "f|(", "f(T{‸": "", "f(func() { ‸": "", "func f(‸": "", "func() { f(‸ }": "func() { f|(",
		"func f[T any](‸": "", "func (t T) m(‸": "", "func (t T) m[U any](a U, ‸": "", "func (t T) m[U any](a U) { g[U](‸": "func (t T) m[U any](a U) { g[U]|(", "t.m[int](‸": "t.m[int]|(",
		"if (‸": "", "f(\"(\", ‸": "f|(\"(\",", "f (a,\n\t‸": "f| (a,", "[]byte(‸": "[]byte|(",
	} {
		text, at := atCursor(code)
		got := ""
		if name, argument, ok := Call(text, at); ok {
			got = text[:name] + "|" + text[name:argument]
		}
		if got != want {
			t.Errorf("%q: %q, want %q", code, got, want)
		}
	}
}

func TestQualifiers(t *testing.T) {
	for code, want := range map[string]string{
		"fmt.Println(os.Args, os.Stdin)‸": "map[fmt:[Println] os:[Args Stdin]]",
		"rand.N(3); rand.In‸":             "map[rand:[N]]",
		"ra‸.N(3)":                        "map[]",
		"a.b.c‸":                          "map[a:[b]]",
		"a.‸":                             "map[a:[]]",
		"f().x‸ + 1.5":                    "map[]",
	} {
		text, at := atCursor(code)
		if got := fmt.Sprint(Qualifiers(text, at)); got != want {
			t.Errorf("%q: %s, want %s", code, got, want)
		}
	}
}

func atCursor(code string) (string, int) {
	before, after, _ := strings.Cut(code, "‸")
	return before + after, len(before)
}

// FuzzOutline looks for cells on which the functions that read half-written code fail.
func FuzzOutline(f *testing.F) {
	for _, code := range []string{"x := 1\nfunc (p *T) m() {", "import (\n\"fmt\"", "var (\na, b = 1", "const c", "type (\nT = int", "f(a[1", "}", "/*", "`", "a, b :=", "func (t T) m[U any](u U) U { return f[U](", "func (t T) m["} {
		f.Add(code, len(code)/2)
	}
	f.Fuzz(func(t *testing.T, code string, at int) {
		at = min(max(at, 0), len(code))
		last := 0
		for _, p := range Outline(code) {
			if p.Start < last || p.End < p.Start || p.End > len(code) {
				t.Errorf("%q: a part from %d to %d behind %d", code, p.Start, p.End, last)
			}
			last = p.End
		}
		Closing(code)
		if start, ok := Quoted(code, at); ok && start >= at {
			t.Errorf("%q: quoted from %d at %d", code, start, at)
		}
		if name, argument, ok := Call(code, at); ok && (name >= argument || argument > at) {
			t.Errorf("%q: call %d %d at %d", code, name, argument, at)
		}
		Qualifiers(code, at)
	})
}
