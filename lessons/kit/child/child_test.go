package child_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"interleave/lessons/kit/child"
)

// ownCache gives a test a cache of commands of its own, and leaves it the go command's cache.
func ownCache(t *testing.T) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOCACHE", strings.TrimSpace(string(out)))
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
}

func TestRun(t *testing.T) {
	ownCache(t)
	c := child.Command{
		Name:   "hello",
		Source: "package main\nimport (\"fmt\"; \"os\"; \"runtime\")\nfunc main() { fmt.Println(os.Args[1], runtime.GOMAXPROCS(0)); os.Exit(3) }\n",
		Args:   []string{"hey"},
		Env:    []string{"GOMAXPROCS=1"},
	}
	out, err := child.Run(t.Context(), c)
	if err != nil || out.Stdout != "hey 1\n" || out.Exit != 3 || out.TimedOut || out.Wall <= 0 {
		t.Fatalf("%+v %v", out, err)
	}
	path, err := child.Build(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	before, _ := os.Stat(path)
	c.Args = []string{"hru?"}
	if out, err := child.Run(t.Context(), c); err != nil || out.Stdout != "hru? 1\n" {
		t.Fatalf("%+v %v", out, err)
	}
	if after, _ := os.Stat(path); !after.ModTime().Equal(before.ModTime()) {
		t.Error("built twice")
	}
}

// TestBuildEnvironment: what the go command is told is part of what is built.
func TestBuildEnvironment(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	c := child.Command{
		Name:   "tagged",
		Source: "//go:build !special\n\npackage main\nfunc main() { println(\"plain\") }\n",
		Files:  map[string]string{"special.go": "//go:build special\n\npackage main\nfunc main() { println(\"special\") }\n"},
	}
	for want, build := range map[string][]string{"plain\n": nil, "special\n": {"GOFLAGS=-tags=special"}} {
		c.Build = build
		if out, err := child.Run(t.Context(), c); err != nil || out.Stderr != want {
			t.Errorf("with %q: %+v, %v", build, out, err)
		}
	}
}

// TestRunPackage: a command of this module, which may import the rest of it.
func TestRunPackage(t *testing.T) {
	c := child.Command{Name: "hot", Package: "interleave/lessons/preempt/hot", Args: []string{"-loop", "1ms", "-sleeps", "2"}}
	out, err := child.Run(t.Context(), c)
	if err != nil || out.Exit != 0 || strings.Count(out.Stdout, "\n") != 2 {
		t.Fatalf("%+v %v", out, err)
	}
	c.Package += "ter"
	if _, err := child.Build(t.Context(), c); err == nil || !strings.Contains(err.Error(), "hotter") {
		t.Fatal(err)
	}
}

func TestRunTimesOut(t *testing.T) {
	out, err := child.Run(t.Context(), child.Command{
		Name: "forever", Source: "package main\nfunc main() { for {} }\n", Timeout: 50 * time.Millisecond,
	})
	if err != nil || !out.TimedOut || out.Exit != -1 {
		t.Fatalf("%+v %v", out, err)
	}
}

func TestRunCancelled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the reader pressed stop")
	cancel(why)
	c := child.Command{Name: "forever", Source: "package main\nfunc main() { for {} }\n"}
	if _, err := child.Run(ctx, c); !errors.Is(err, why) && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestBuildError(t *testing.T) {
	_, err := child.Build(t.Context(), child.Command{Name: "broken", Source: "package main\nfunc main() { x }\n"})
	if err == nil || !strings.Contains(err.Error(), "undefined: x") {
		t.Fatal(err)
	}
}

func TestVet(t *testing.T) {
	ownCache(t)
	for source, want := range map[string]string{
		"package main\nfunc main() {}\n": "",
		"package main\nimport \"sync\"\nfunc main() { var m sync.Mutex; n := m; n.Lock() }\n": "copies lock value",
		"package main\nfunc main() { x }\n":                                                   "undefined: x",
		"package main\nimport \"fmt\"\nfunc main() { fmt.Printf(\"%d\", \"three\") }\n":       "wrong type",
	} {
		for range 2 { // the second time from the cache
			if said, err := child.Vet(t.Context(), child.Command{Name: "vetted", Source: source}); err != nil || !strings.Contains(said, want) || (said == "") != (want == "") {
				t.Errorf("%q: %q %v, want %q", source, said, err, want)
			}
		}
	}
	if _, err := child.Vet(t.Context(), child.Command{Name: "hot", Package: "interleave/lessons/preempt/hot"}); err == nil {
		t.Error("a package of this module is vetted")
	}
}
