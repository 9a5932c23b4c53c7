package compile

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestSlip(t *testing.T) {
	for _, tt := range []struct {
		meant, typed string
		want         bool
	}{
		{"count", "cuont", true},
		{"genGreeting", "genGreetng", true},
		{"strings", "strngs", true},
		{"append", "apppend", true},
		{"ping", "pong", false},
		{"f1", "f2", false},
		{"f12", "f21", false},
		{"handles", "handle", false},
		{"handle", "handles", false},
		{"print", "printf", false},
		{"true", "tree", false},
		{"clear", "clean", false},
		{"Fib", "fib", false},
		{"step12", "step2", false},
		{"testAB", "testB", false},
		{"", "a", false},
		{"a", "", false},
		{"same", "same", false},
	} {
		if got := slip(tt.meant, tt.typed); got != tt.want {
			t.Errorf("slip(%q, %q) = %v", tt.meant, tt.typed, got)
		}
	}
}

// TestWaits says what functions wait for that are declared before what they use.
func TestWaits(t *testing.T) {
	const types = "type T struct{ n int; field int }\nfunc (t T) Known() {}"
	for _, tt := range []struct{ cell, waits string }{
		{"func f() { g() }", "g"},
		{"func f() (int, error) { a, err := g(); return a, err }", "g"},
		{"func f() (a int, err error) { a, err = g(1, h()); return }", "g h"},
		{"func f() int { for _, x := range items() { fmt.Println(x.Name, x.Do()) }; return len(all) }", "items all"},
		{"func f() { go worker(1); defer cleanup(); ch := make(chan Msg, size); ch <- Msg{id: 1} }", "worker cleanup Msg size"},
		{"func f() *Node { n := &Node{val: 1, next: nil}; n.next = n; return n }", "Node"},
		{"func f(x any) bool { switch v := x.(type) { case Circle: return v.r > 0; case *Square: return v.s > limit }; return false }", "Circle Square limit"},
		{"func f() { var grid [rows][cols]int; grid[0][0] = start }", "rows cols start"},
		{"func f(xs []int) []string { return Map(xs, func(x int) string { return show[int](x) }) }", "Map show"},
		{"func f() { conf.Load(); conf.path = other.Name }", "conf other"},
		{"func f(s Shape) float64 { return s.Area() }", "Shape"},
		{"func f() (out []Row) { return append(out, Row{}) }", "Row"},
		{"func f(t T) { t.Later(t.Other()) }", "T.Later T.Other"},
		{"func (t *T) M() { t.Later() }", "T.Later"},
		{"func (u *U) M() int { return u.n }", "U"},
		{"func f() { var err error = MyErr{}; var e *MyErr; errors.As(err, &e) }", "MyErr"},
		{"func f() { if v, ok := cache[key()]; ok { use(v) } }", "cache key use"},
		{"func f() { x := g(); y := x }", "g"},
		{"func f() { var s fmt.Stringer = T{} }", "T.String"},
		{"func f() { func() { inner() }() }", "inner"},
		{"func f[E Number](e E) E { return e + zero }", "Number zero"},
		// none of these can become right
		{"func f() { fmt.Printn() }", "-"},
		{"func f() string { return strngs.ToUpper(\"a\") }", "-"},
		{"func f() { Fmt.Println() }", "-"},
		{"func f() int { g(); return \"a\" }", "-"},
		{"func f(t T) int { return t.missing }", "-"},
		{"func f(t T) { t.known() }", "-"},
		{"func f(t T) { t.Knwon() }", "-"},
		{"func f(count int) int { return cuont }", "-"},
		{"func f(s fmt.Stringer) { s.Later() }", "-"},
		{"func f(b strings.Builder) { b.Later() }", "-"},
		{"func f() { var s fmt.Stringer = \"a\" }", "-"},
		{"type N struct{ m Missing }", "-"},
		{"const c = missing", "-"},
		{"func init() { g() }", "-"},
		{"func _() { g() }", "-"},
		{"func f() { g() }\nf()", "-"},
		{"func f() { g() }\nfunc h() { f() }\nh()", "-"},
		{"func f() { g() }\nh := func() { f() }", "-"},
		{"func f() { g() }\ng2()", "-"},
	} {
		s := &session{t, newChecker(t), NewState()}
		if _, diags := s.run(types); len(diags) > 0 {
			t.Fatal(diags)
		}
		_, diags := s.run(tt.cell)
		got := "-"
		if len(diags) == 0 {
			var names []string
			s.st.each(func(d *Decl) {
				for _, w := range d.Waits {
					if !slices.Contains(names, w.Name) {
						names = append(names, w.Name)
					}
				}
			})
			got = strings.Join(names, " ")
		}
		if got != tt.waits {
			t.Errorf("%s\nwaits for %s, want %s (%v)", tt.cell, got, tt.waits, diags)
		}
	}
}

// source of a program, in pieces that may be cells of their own.
var pieces = []string{
	"func root() string { s := newShop(names()...); s.sell(2); return s.report() + fmt.Sprint(total, up.ToUpper(mark)) }",
	"func newShop(list ...string) *Shop { s := &Shop{stock: map[string]int{}}; for i, n := range list { s.stock[n] = base + i }; return s }",
	"func names() []string { return []string{\"a\", \"b\"} }",
	"func (s *Shop) sell(n int) { for k := range s.stock { s.take(k, n) } }",
	"func (s *Shop) take(k string, n int) { s.stock[k] -= n; total += n; if s.empty(k) { s.order(k) } }",
	"func (s *Shop) empty(k string) bool { return s.stock[k] <= 0 }",
	"func (s *Shop) order(k string) { s.stock[k] += base }",
	"func (s *Shop) report() string { return render(s) }",
	"func render(r Reporter) string { if r == nil { return mark }; return fmt.Sprint(r.count(), even(3)) }",
	"func (s *Shop) count() int { return len(s.stock) }",
	"func even(n int) bool { return n == 0 || odd(n-1) }",
	"func odd(n int) bool { return n != 0 && even(n-1) }",
	"type Shop struct{ stock map[string]int }",
	"type Reporter interface{ count() int }",
	"const base = 10",
	"const mark = \"mark\"",
	"var total int",
	"import up \"strings\"",
}

// TestForwardInAnyOrder declares a program in many orders, a piece a cell: no cell fails, each unit compiles, and in
// the end all is ready and the unit of a call is the same one.
func TestForwardInAnyOrder(t *testing.T) {
	rounds := 30
	if testing.Short() {
		rounds = 4
	}
	c := newChecker(t)
	want := ""
	for seed := range rounds {
		s := &session{t, c, NewState()}
		order := rand.New(rand.NewPCG(uint64(seed), 3)).Perm(len(pieces))
		if seed == 0 {
			slices.Reverse(order)
		}
		for i, at := range order {
			if _, diags := s.run(pieces[at]); len(diags) > 0 {
				t.Fatalf("order %v: %s\n%v", order[:i+1], pieces[at], diags)
			}
			if u, _ := s.run("seen := " + fmt.Sprint(i)); u == nil {
				t.Fatalf("order %v: a cell that needs nothing fails", order[:i+1])
			}
			s.st.Forget("seen")
		}
		if list := s.st.NotReady(); len(list) > 0 {
			t.Fatalf("order %v: %v are not ready", order, list)
		}
		fresh, _ := s.st.Restarted("test") // symbols tell of what was loaded before
		s.st = fresh
		if _, diags := s.run("var total int"); len(diags) > 0 {
			t.Fatal(diags)
		}
		u, diags := s.run("root()")
		if len(diags) > 0 {
			t.Fatalf("order %v: %v", order, diags)
		}
		if want == "" {
			want = string(u.Source)
		}
		if string(u.Source) != want {
			t.Errorf("order %v gives\n%s\nand before\n%s", order, u.Source, want)
		}
	}
}

// TestRedeclareAtRandom declares the pieces again and again, some in forms that do not fit the others, forgets some,
// and uses what there is: whatever passes the checks compiles.
func TestRedeclareAtRandom(t *testing.T) {
	variants := append(slices.Clone(pieces),
		"type Shop struct{ goods map[string]int }", "type Shop []string", "type Shop interface{ count() int }", "type Shop struct{ stock map[string]int; count int }",
		"type Reporter interface{ count() int; more() }", "type Reporter struct{}", "func names() []int { return nil }", "func base() int { return 1 }",
		"var total string", "mark := 3", "func (s Shop) count() string { return \"x\" }", "func even() bool { return true }", "up := 3", "func (s *Shop) more() {}",
		"%forget Shop", "%forget total", "%forget base", "%forget even", "%forget Shop.count", "%restart",
		"root()", "Shop{}", "even(3)", "render(nil)", "var s Shop\ns.report()", "newShop(\"a\").count()", "var r Reporter = &Shop{}\nr.count()", "_, ok := any(&Shop{}).(Reporter)\nok",
		"type Outer struct{ *Shop }\nvar o Outer\no.count()", "f := (*Shop).count\nf(nil)", "type Shop struct{ stock map[string]int }\nnewShop(\"x\").sell(1)")
	rounds := 60
	if testing.Short() {
		rounds = 5
	}
	c := newChecker(t)
	passed, refused := 0, 0
	for seed := range rounds {
		r := rand.New(rand.NewPCG(uint64(seed), 11))
		s := &session{t, c, NewState()}
		var told []string
		for range 60 {
			cell := variants[r.IntN(len(variants))]
			if r.IntN(3) == 0 {
				cell = pieces[r.IntN(len(pieces))]
			}
			told = append(told, cell)
			if name, ok := strings.CutPrefix(cell, "%forget "); ok {
				next := s.st.Clone()
				if next.Forget(name) {
					s.st = next
				}
				continue
			}
			if cell == "%restart" {
				s.st, _ = s.st.Restarted("lost")
				continue
			}
			if u, _ := s.run(cell); u != nil {
				passed++
			} else {
				refused++
			}
			if t.Failed() {
				t.Fatalf("seed %d, cells\n%s", seed, strings.Join(told, "\n---\n"))
			}
		}
	}
	if passed < rounds*20 || refused == 0 {
		t.Errorf("%d cells passed and %d were refused", passed, refused)
	}
}
