package compile

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"interleave/kernel/internal/cell"
)

// repeated writes n lines by a format that is given the line's number.
func repeated(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format+"\n", i)
	}
	return b.String()
}

// calls is a chain of n functions, each of which calls the one before.
func calls(n int) string {
	var b strings.Builder
	b.WriteString("func f0() {}\n")
	for i := range n {
		fmt.Fprintf(&b, "func f%d() { f%d() }\n", i+1, i)
	}
	return b.String() + fmt.Sprintf("f%d()", n)
}

// big are cells of many parts; n says how many.
var big = map[string]func(n int) string{
	"new variables":     func(n int) string { return repeated(n, "v%d := %[1]d") },
	"declared again":    func(n int) string { return repeated(n, "v := %d; v := \"a\"") },
	"var":               func(n int) string { return repeated(n, "var v%d = %[1]d") },
	"unused":            func(n int) string { return "func f() {\n" + repeated(n, "v%d := %[1]d") + "}\nf()" },
	"functions":         func(n int) string { return repeated(n, "func f%d() { v := %[1]d }") + "f1()" },
	"statements":        func(n int) string { return "x := 0\n" + repeated(n, "x += %d") },
	"calls":             func(n int) string { return repeated(n, "fmt.Println(%d)") },
	"constants":         func(n int) string { return repeated(n, "const c%d = %[1]d") + "c1" },
	"types":             func(n int) string { return repeated(n, "type T%d struct{ p *T0 }\nvar x%[1]d T%[1]d") },
	"methods":           func(n int) string { return "type T int\n" + repeated(n, "func (T) M%d() {}") + "T(0).M1()" },
	"generic types":     func(n int) string { return "type G[T any] struct{ x T }\n" + repeated(n, "var g%d G[[%[1]d]int]") },
	"composite literal": func(n int) string { return "x := []int{" + strings.Repeat("1, ", n) + "}" },
	"long strings": func(n int) string {
		return "x := []string{" + strings.Repeat("`"+strings.Repeat("a", 500)+"`, ", n) + "}"
	},
	"sum":             func(n int) string { return "x := 1" + strings.Repeat(" + 1", n) },
	"undefined names": func(n int) string { return repeated(n, "v%d = undefined%[1]d") },
	"nested loops":    func(n int) string { return "x := 0\n" + strings.Repeat("for { x++; ", n) + strings.Repeat("}", n) },
	"nested closures": func(n int) string {
		return "x := 0\n" + strings.Repeat("func() { x++; ", n) + strings.Repeat("}()\n", n)
	},
	"nested slices":      func(n int) string { return "var x " + strings.Repeat("[]", n) + "int\nx" },
	"functions in chain": calls,
}

// expiring is a context that ends when it has been asked some times.
type expiring struct {
	context.Context
	left atomic.Int64
}

var errExpired = errors.New("expired")

func (x *expiring) Err() error {
	if x.left.Add(-1) < 0 {
		return errExpired
	}
	return nil
}

// A check stops wherever its context ends, says so, and leaves the state as it was.
func TestStopped(t *testing.T) {
	const never = 1 << 60
	c := newChecker(t)
	for name, write := range big {
		t.Run(name, func(t *testing.T) {
			s := &session{t: t, c: c, st: NewState()}
			s.run("type T0 struct{}\nv1 := T0{}\nfunc f1() T0 { return v1 }\nf1()")
			code := write(300)
			syn, errs := cell.Parse(cell.NewText(code), code)
			if len(errs) > 0 {
				t.Fatal(errs[0])
			}
			once := func(looks int64) (*Unit, []Diagnostic, int64, error) {
				ctx := &expiring{Context: t.Context()}
				ctx.left.Store(looks)
				u, diags, err := c.Compile(ctx, s.st, syn)
				return u, diags, looks - ctx.left.Load(), err
			}
			whole, faults, looks, err := once(never)
			if err != nil {
				t.Fatal(err)
			}
			if looks < 5 {
				t.Errorf("the context was asked %d times", looks)
			}
			for i := range int64(16) {
				if _, _, _, err := once(looks * i / 16); err == nil {
					t.Errorf("a context that ended at look %d of %d was not heeded", looks*i/16, looks)
				}
			}
			again, faultsAgain, _, err := once(never)
			if err != nil || len(faults) != len(faultsAgain) || (whole == nil) != (again == nil) || whole != nil && string(whole.Source) != string(again.Source) {
				t.Errorf("after checks that were stopped the cell compiles otherwise: %v", err)
			}
			if _, _, err := c.Program(canceled(t), s.st, syn, MainForm); err == nil {
				t.Error("a program was written though the context had ended")
			}
		})
	}
	if _, err := c.WithImports(canceled(t), "package main\nfunc main() { fmt.Println() }"); err == nil {
		t.Error("a program was given imports though the context had ended")
	}
}

func canceled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// The time of a check grows with the cell, not with its square: four times the parts take less than twelve times as
// long, where the square would be sixteen. The least of some tries is compared, in CPU time, as others use the machine
// too.
func TestLongCells(t *testing.T) {
	c := newChecker(t)
	for name, write := range big {
		if strings.HasPrefix(name, "nested") || name == "functions in chain" { // depth is looked at once for each level
			continue
		}
		t.Run(name, func(t *testing.T) {
			least := func(n int) time.Duration {
				code := write(n)
				least := time.Hour
				for range 3 {
					began := cpuTime(t)
					syn, errs := cell.Parse(cell.NewText(code), code)
					if len(errs) > 0 {
						t.Fatal(errs[0])
					}
					if _, _, err := c.Compile(t.Context(), NewState(), syn); err != nil {
						t.Fatal(err)
					}
					least = min(least, cpuTime(t)-began)
				}
				return least
			}
			small, large := least(1000), least(4000)
			if large > 12*small {
				t.Errorf("1,000 parts took %v, 4,000 took %v", small, large)
			}
		})
	}
}

// cpuTime is what the process has used so far.
func cpuTime(t *testing.T) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
