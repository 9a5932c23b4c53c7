package compile

import (
	"fmt"
	"strings"
	"testing"

	"interleave/kernel/internal/cell"
)

// notebooks are ways to declare n things, a hundred a cell; last is a cell that uses the last of them, base one that
// declares again what they rest on.
var notebooks = map[string]struct {
	decl       func(i int) string
	last, base string
}{
	"apart": {func(i int) string {
		return fmt.Sprintf("type T%d struct{ a, b int }\nfunc (t T%[1]d) Sum() int { return t.a + t.b }", i)
	}, "T%d{1, 2}.Sum()", "type T0 struct{ a, b, c int }"},
	"chain": {func(i int) string {
		return fmt.Sprintf("type T%d struct{ a int; next *T%d }\nfunc (t T%[1]d) Sum() int { return t.a }", i, max(i-1, 0))
	}, "T%d{}.Sum()", "type T0 struct{ a, b int; next *T0 }"},
	"star": {func(i int) string {
		if i == 0 {
			return "type T0 struct{ a int }"
		}
		return fmt.Sprintf("type T%d struct{ T0 }\nfunc (t T%[1]d) Sum() int { return t.a }", i)
	}, "T%d{}.Sum()", "type T0 struct{ a, b int }"},
	"variables": {func(i int) string { return fmt.Sprintf("type T%d struct{ a int }\nvar v%[1]d = &T%[1]d{%[1]d}", i) }, "v%d.a", "type T0 struct{ a, b int }"},
}

// grown is a notebook that has declared n things.
func grown(t testing.TB, c *Checker, kind string, n int) *session {
	s := &session{t: t, c: c, st: NewState()}
	s.run("import \"fmt\"\nfmt.Println(1)")
	for from := 0; from < n; from += 100 {
		var b strings.Builder
		for i := from; i < min(from+100, n); i++ {
			b.WriteString(notebooks[kind].decl(i) + "\n")
		}
		src := b.String()
		syn, errs := cell.Parse(cell.NewText(src), src)
		if len(errs) > 0 {
			t.Fatal(errs[0])
		}
		u, diags, err := c.Compile(t.Context(), s.st, syn)
		if err != nil || len(diags) > 0 {
			t.Fatal(err, diags)
		}
		s.st = u.State
	}
	return s
}

// BenchmarkGrowth compiles cells in notebooks that have declared much.
func BenchmarkGrowth(b *testing.B) {
	c := newChecker(b)
	for _, kind := range []string{"apart", "chain", "star", "variables"} {
		for _, n := range []int{0, 100, 1000, 3000} {
			s := grown(b, c, kind, n)
			cells := []struct{ name, code string }{{"unrelated", "fmt.Println(1)"}}
			if n > 0 {
				cells = append(cells, struct{ name, code string }{"last", fmt.Sprintf(notebooks[kind].last, n-1)}, struct{ name, code string }{"base", notebooks[kind].base})
			}
			for _, cl := range cells {
				b.Run(fmt.Sprintf("%s/%d/%s", kind, n, cl.name), func(b *testing.B) {
					syn, errs := cell.Parse(cell.NewText(cl.code), cl.code)
					if len(errs) > 0 {
						b.Fatal(errs[0])
					}
					for b.Loop() {
						if _, diags, err := c.Compile(b.Context(), s.st, syn); err != nil || len(diags) > 0 {
							b.Fatal(err, diags)
						}
					}
				})
			}
		}
	}
}
