package cell

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestComplete(t *testing.T) {
	for _, c := range []struct{ src, status, indent string }{
		{"x := 1", "complete", ""},
		{"", "complete", ""},
		{"i++", "complete", ""},
		{"import \"fmt\"\nfmt.Println(1)", "complete", ""},
		{"return", "complete", ""},

		{"func f() {", "incomplete", "\t"},
		{"for {\n\tif x {", "incomplete", "\t\t"},
		{"x :=", "incomplete", "\t"},
		{"a +", "incomplete", "\t"},
		{"f(1,", "incomplete", "\t"},
		{"s := `abc", "incomplete", ""},
		{"/* abc", "incomplete", ""},
		{"func", "incomplete", "\t"},
		{"func (t T", "incomplete", "\t"},
		{"if x", "incomplete", "\t"},
		{"if v, ok := m[k]", "incomplete", "\t"},
		{"x, y", "incomplete", "\t"},
		{"defer f", "incomplete", "\t"},
		{"var x", "incomplete", "\t"},
		{"type T[P", "incomplete", "\t"},
		{"func f(a int, b", "incomplete", "\t"},
		{"switch v := x.(type)", "incomplete", "\t"},
		{"select {\ncase x", "incomplete", "\t"},
		{"import (\n\t\"fmt\"", "incomplete", "\t"},
		{"x := map[string]int{\n\t\"a\": 1,", "incomplete", "\t"},

		{"s := \"abc", "invalid", ""},
		{"}", "invalid", ""},
		{"x y z", "invalid", ""},
		{"func ( {}", "invalid", ""},
		{"func f( {}", "invalid", ""},
		{"func f( {", "invalid", ""},
		{"if x {{]", "invalid", ""},
		{"f(]", "invalid", ""},
		{"[(])", "invalid", ""},
		{"{ ) }", "invalid", ""},
		{"x := []int{1, 2)", "invalid", ""},
		{"var = ", "invalid", ""},
		{"var = 3", "invalid", ""},
		{"for {\n\tx y\n", "invalid", ""},
		{"if {", "invalid", ""},
		{"x := = 3", "invalid", ""},
		{"f(1 2", "invalid", ""},
		{"func 3(", "invalid", ""},
		{"type = struct {", "invalid", ""},
		{"import fmt (", "invalid", ""},
		{"a b /* c", "invalid", ""},
		{"func f( {} `", "invalid", ""},
	} {
		if status, indent := Complete(c.src); status != c.status || indent != c.indent {
			t.Errorf("%q: %s %q, want %s %q", c.src, status, indent, c.status, c.indent)
		}
	}
}

// cells are those of the notebooks, and the sources of the packages beside, each a cell of functions.
func cells(t *testing.T) (list []string) {
	t.Helper()
	notebooks, _ := filepath.Glob("../../../notebooks/*.ipynb")
	for _, name := range notebooks {
		var nb struct {
			Cells []struct {
				Type   string `json:"cell_type"`
				Source json.RawMessage
			}
		}
		b, err := os.ReadFile(name)
		if err == nil {
			err = json.Unmarshal(b, &nb)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range nb.Cells {
			var lines []string
			if c.Type == "code" && json.Unmarshal(c.Source, &lines) == nil {
				_, code := Directives(strings.Join(lines, ""))
				list = append(list, code)
			}
		}
	}
	sources, _ := filepath.Glob("*.go")
	more, _ := filepath.Glob("../compile/*.go")
	for _, name := range append(sources, more...) {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(b), "\n)\n") // behind the imports
		for _, part := range strings.SplitAfter(rest, "\n}\n") {
			if len(part) < 1500 {
				list = append(list, part)
			}
		}
	}
	if len(list) < 300 {
		t.Fatalf("%d cells", len(list))
	}
	return append(list, "select {\ncase v, ok := <-c:\n\tuse(v, ok)\ncase c <- 1:\ndefault:\n}", "switch x := f(); x {\ncase 1, 2:\n\tfallthrough\ndefault:\n}",
		"L:\nfor i, j := 0, 1; i < 3; i, j = i+1, j-1 {\n\tif i > 1 {\n\t\tbreak L\n\t} else if j > 1 {\n\t\tgoto L\n\t} else {\n\t\tcontinue\n\t}\n}",
		"func (t *T[K, V]) M(a, b int, c ...string) (x int, err error) { return }", "type (\n\tA = B\n\tI interface{ ~int | ~string; M() }\n\tS[K comparable, V any] struct {\n\t\ta, b K `tag`\n\t\tV\n\t\t*T\n\t}\n)",
		"var (\n\ta, b = 1, 2\n\tc func(x, y int) (<-chan int, chan<- int)\n)", "x.(*T).y[1:2:3], z[i] = func() (int, int) { return 1, 2 }()", "for range 3 { go func(a int) {}(1) }",
		"if v, ok := x.(interface{ M() }); ok && v != (T{1, 2}) { v.M() }", "a := [...]int{1: 2, 3}; b := map[string][]T{\"a\": {{1}, {2}}}", "const (\n\tx T = iota\n\ty\n)", "import (\n\t. \"fmt\"\n\t_ \"os\"\n\tr \"math/rand\"\n)\nPrintln()",
		"for k := range m { delete(m, k) }", "for f() { }", "for x = range y { }", "switch { case x: }", "switch x.(type) { case nil, []int: }", "go f[int](1)", "x <- <-y", "var _ I = (*T)(nil)", "type F func(int) (a, b string)", "func _[T any]() {}")
}

// What a valid cell begins with, up to the end of any token, is never invalid: a front end would not let its author go on.
func TestPrefixesAreNotInvalid(t *testing.T) {
	step := 7 // token ends that are left out, a different set in each cell
	if os.Getenv("FULL") != "" {
		step = 1
	}
	tried := 0
	for i, code := range cells(t) {
		if status, _ := Complete(code); status != "complete" {
			continue // answers that the reader is to write
		}
		list, _ := tokens(code)
		for n, tk := range list {
			if (n+i)%step != 0 && len(code) > 300 {
				continue
			}
			tried++
			if status, _ := Complete(code[:tk.end]); status == "invalid" {
				t.Errorf("%q, which begins a cell, is invalid", code[:tk.end])
				break
			}
		}
	}
	t.Logf("%d beginnings of cells", tried)
}
