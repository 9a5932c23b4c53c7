package engine_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/kerneltest"
)

// repeated writes n lines by a format that is given the line's number.
func repeated(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format+"\n", i)
	}
	return b.String()
}

// hard are cells that take the kernel, the compiler or the linker long, in many ways.
func hard() map[string]string {
	calls := "func f0() {}\n"
	for i := range 1500 {
		calls += fmt.Sprintf("func f%d() { f%d() }\n", i+1, i)
	}
	cells := map[string]string{
		"new variables":     repeated(6000, "v%d := %[1]d"),
		"statements":        "x := 0\n" + repeated(20000, "x += %d"),
		"nested slices":     "var x " + strings.Repeat("[]", 5000) + "int\nx",
		"nested closures":   "x := 0\n" + strings.Repeat("func() { x++; ", 2500) + strings.Repeat("}()\n", 2500),
		"composite literal": "x := []int{" + strings.Repeat("1, ", 200000) + "}",
		"long strings":      "x := []string{" + strings.Repeat("`"+strings.Repeat("a", 5000)+"`, ", 1000) + "}",
		"generic functions": repeated(500, "func g%d[T any](x T) [%[1]d]T { return [%[1]d]T{} }") + repeated(500, "fmt.Println(g%d([3]int{}))"),
		"functions":         calls + "f1500()",
		"syntax errors":     repeated(20000, ") %d }"),
		"undefined names":   repeated(6000, "v%d = undefined%[1]d"),
		"structs":           repeated(1500, "type T%d struct { a, b int; p *T0 }\nvar x%[1]d T%[1]d"),
	}
	if os.Getenv("FULL") == "" {
		for _, name := range []string{"statements", "nested slices", "long strings", "functions", "structs"} {
			delete(cells, name)
		}
	}
	for _, name := range []string{"%%program", "%%test", "%%asm", "%%time"} {
		cells[name] = name + "\n" + repeated(3000, "v%d := %[1]d")
	}
	return cells
}

// TestInterruptOfLargeCells interrupts large cells at random moments of their way. Each answers at once, whatever it was
// at; what was declared stays, and the next cell runs while what was left behind still goes on.
func TestInterruptOfLargeCells(t *testing.T) {
	k := calm(t)
	ctx := within(t, 9*time.Minute)
	execute(t, k, "kept := 6 * 7")
	interrupted := 0
	var answers, small []time.Duration
	for name, code := range hard() {
		for _, share := range []int{1, 4, 16} {
			call, err := k.StartExecute(code, kerneltest.ExecuteOptions{})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(rand.N(time.Duration(share) * 60 * time.Millisecond))
			if err := k.Interrupt(ctx); err != nil {
				t.Fatal(err)
			}
			asked := time.Now()
			r, err := call.Wait(ctx)
			if err != nil {
				t.Fatalf("%s does not end: %v", name, err)
			}
			took := time.Since(asked)
			if r.EName == "Interrupted" {
				interrupted++
				answers = append(answers, took)
				t.Logf("%s: %v: %s", name, took.Round(time.Millisecond), r.EValue)
			}
			asked = time.Now()
			if got := value(t, k, "kept"); got != 42 {
				t.Fatalf("after %s the notebook has %v", name, got)
			}
			small = append(small, time.Since(asked))
		}
	}
	if interrupted < 10 {
		t.Errorf("%d cells were caught on their way", interrupted)
	}
	slices.Sort(answers)
	slices.Sort(small)
	if median, cell := answers[len(answers)/2], small[len(small)/2]; median > 10*cell {
		t.Errorf("an interrupted cell answers after %v, where a small one takes %v", median, cell)
	}
	t.Logf("%d answers, the median after %v, the last after %v; a small cell takes %v", len(answers), answers[len(answers)/2], answers[len(answers)-1], small[len(small)/2])
}

// TestRunaways interrupts cells that leave the worker busy or stopped. The error foretells what the next cell meets.
func TestRunaways(t *testing.T) {
	for _, c := range []struct {
		name, code string
		silent     bool
	}{
		{"many goroutines", "fmt.Println(\"begun\")\nfor range 200_000 {\n\tgo func() { select {} }()\n}\nfor {\n}", false},
		{"stopped", "fmt.Println(\"begun\")\nsyscall.Kill(os.Getpid(), syscall.SIGSTOP)\nfor {\n}", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := calm(t)
			ctx := within(t, 3*time.Minute)
			execute(t, k, "kept := 6 * 7")
			call, err := k.StartExecute(c.code, kerneltest.ExecuteOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := call.WaitIOPub(ctx, isStream); err != nil {
				t.Fatal(err)
			}
			if c.silent { // which follows the text at once
				time.Sleep(300 * time.Millisecond)
			} else {
				time.Sleep(3 * time.Second)
			}
			if err := k.Interrupt(ctx); err != nil {
				t.Fatal(err)
			}
			r, err := call.Wait(ctx)
			if err != nil || r.EName != "Interrupted" {
				t.Fatalf("%+v, %v", r, err)
			}
			t.Log(r.EValue)
			if got := strings.Contains(r.EValue, "running that cell again restarts it, which loses the variables"); got != c.silent || got == strings.Contains(r.EValue, "all variables are kept") {
				t.Errorf("the error is %s", r.EValue)
			}
			if !c.silent {
				if got := value(t, k, "kept"); got != 42 {
					t.Errorf("the next cell has %v", got)
				}
				return
			}
			if r, err = k.Execute(ctx, "kept", kerneltest.ExecuteOptions{}); err != nil || r.EName != "WorkerDied" || !strings.Contains(r.EValue, "run the cell again") {
				t.Errorf("the next cell says %s, %v", r.EValue, err)
			}
			if r, err = k.Execute(ctx, "1", kerneltest.ExecuteOptions{}); err != nil || r.Status != "ok" {
				t.Errorf("the one after it says %s, %v", r.EValue, err)
			}
		})
	}
}
