package check_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"interleave/lessons/kit/check"
	"interleave/lessons/kit/child"
)

const counting = `package main

import (
	"fmt"
	"sync"
)

func main() {
	var c Counter
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { c.Add() })
	}
	wg.Wait()
	fmt.Println(c.n)
}
`

// TestProgram: each way to judge a program finds what it is there for, and shows it.
func TestProgram(t *testing.T) {
	const good = "import \"sync\"\ntype Counter struct { mu sync.Mutex; n int }\nfunc (c *Counter) Add() { c.mu.Lock(); c.n++; c.mu.Unlock() }\n"
	judge := func(name, answer string) *check.Report {
		p := check.Program{Command: child.Command{Name: "counting", Source: counting, Files: map[string]string{"answer.go": check.Go(answer)}}, Want: "2"}
		e := check.Exercise[int]{Name: name}
		for name, f := range map[string]func(context.Context) error{"compiles": p.Compiles, "vets": p.Vets, "is free of races": p.RaceFree, "prints": p.Prints} {
			e.Checks = append(e.Checks, check.Check[int]{Name: name, Try: func(ctx context.Context, _ int) error { return f(ctx) }})
		}
		return e.Check(t.Context(), 0)
	}
	for _, tt := range []struct{ name, answer, fails, shows string }{
		{"good", good, "", ""},
		{"a package clause of its own", "// mine\n" + check.Go(good), "", ""},
		{"a typing error", strings.Replace(good, "c.n++", "c.m++", 1), "compiles", "answer.go:3:"},
		{"a copied lock", strings.Replace(good, "c.mu.Lock(); c.n++; c.mu.Unlock()", "c.mu.Lock(); c.n++; c.mu.Unlock(); d := *c; d.n = 0", 1), "vets", "copies lock value"},
		{"no lock", strings.Replace(good, "c.mu.Lock(); c.n++; c.mu.Unlock()", "c.n++", 1), "is free of races", "WARNING: DATA RACE"},
		{"counts double", strings.Replace(good, "c.n++", "c.n += 2", 1), "prints", "4"},
		{"does not unlock", strings.Replace(good, "c.mu.Unlock()", "", 1), "prints", "deadlock"},
	} {
		r := judge(tt.name, tt.answer)
		if tt.fails == "" {
			if r.Count(check.Passed) != 4 {
				t.Errorf("%s:\n%s", tt.name, r)
			}
			continue
		}
		found := false
		for _, f := range r.Findings {
			if f.Check == tt.fails {
				text, _ := f.Evidence.(string)
				found = f.Verdict == check.Failed && strings.Contains(text, tt.shows)
			}
		}
		if !found {
			t.Errorf("%s: %q does not fail with %q:\n%s", tt.name, tt.fails, tt.shows, r)
		}
	}
}

// TestProgramCancelled: what stops a check is no fault of the answer's that could be shown.
func TestProgramCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := check.Program{Command: child.Command{Name: "counting", Source: "package main\nfunc main() { select {} }\n"}}
	if err := p.Compiles(ctx); err == nil || errors.Is(err, child.ErrToolchain) {
		t.Error(err)
	}
}
