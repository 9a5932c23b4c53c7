package python_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"interleave/lessons/kit/python"
)

func find(t *testing.T) *python.Interpreter {
	t.Helper()
	i, err := python.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func start(t *testing.T, program string, args ...string) *python.Program {
	t.Helper()
	p, err := find(t).Start(t.Context(), program, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func TestFindTellsWhatItIs(t *testing.T) {
	i := find(t)
	if !filepath.IsAbs(i.Path) || i.Implementation == "" || !strings.HasPrefix(i.Version, "3.") || i.Numpy == "" || i.Requests == "" || i.Aiohttp == "" {
		t.Errorf("%+v", i)
	}
	if !i.GIL && !i.FreeThreaded {
		t.Error("a GIL that is off in a build that cannot do without")
	}
	if s := i.String(); !strings.Contains(s, "GIL o") || !strings.Contains(s, "numpy "+i.Numpy) {
		t.Error(s)
	}
}

func TestFindNamesTheCure(t *testing.T) {
	// A Python without the packages, as it complains.
	bare := filepath.Join(t.TempDir(), "python3")
	script := "#!/bin/sh\necho Traceback >&2; echo \"ModuleNotFoundError: No module named 'numpy'\" >&2; exit 1\n"
	if err := os.WriteFile(bare, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	var missing *python.NotFoundError

	t.Setenv(python.Variable, bare)
	if _, err := python.Find(t.Context()); !errors.As(err, &missing) || !strings.Contains(err.Error(), "No module named 'numpy'") || !strings.Contains(err.Error(), "unset") {
		t.Errorf("named: %v", err)
	}
	t.Setenv(python.Variable, "no-such-python")
	if _, err := python.Find(t.Context()); !errors.As(err, &missing) || !strings.Contains(err.Error(), "no-such-python, which is no program") {
		t.Errorf("not there: %v", err)
	}
	t.Setenv(python.Variable, "")
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("PATH", filepath.Dir(bare))
	if _, err := python.Find(t.Context()); !errors.As(err, &missing) || !strings.Contains(err.Error(), "go run ./kernel lab") || len(missing.Tried) != 1 {
		t.Errorf("only a bare one: %v", err)
	}
	if _, err := python.FindFreeThreaded(t.Context()); !errors.As(err, &missing) || !strings.Contains(err.Error(), "python3.14t") {
		t.Errorf("free-threaded: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := python.Find(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestFindFreeThreadedLooksAtTheBuild(t *testing.T) {
	bin := t.TempDir()
	t.Setenv("PATH", bin)
	say := func(name, answer string) {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\necho '"+answer+"'\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var missing *python.NotFoundError
	say("python3.15t", `{"Path": "a link to another", "GIL": true}`)
	if _, err := python.FindFreeThreaded(t.Context()); !errors.As(err, &missing) || !strings.Contains(err.Error(), "python3.15t: not of the free-threaded build") {
		t.Errorf("only a link: %v", err)
	}
	say("python3.14t", `{"Path": "the build", "FreeThreaded": true, "GIL": true}`) // an extension brought the lock back
	if i, err := python.FindFreeThreaded(t.Context()); err != nil || i.Path != "the build" || !strings.Contains(i.String(), "GIL on in a free-threaded build") {
		t.Errorf("%v, %v", i, err)
	}
}

func TestFindTakesTheNewestCompleteEnvironment(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("PATH", "")
	for _, env := range []struct {
		name     string
		complete bool
	}{{"python-old", true}, {"python-new", true}, {"python-half", false}} {
		bin := filepath.Join(cache, "interleave", env.name, "bin")
		if err := os.MkdirAll(bin, 0o755); err != nil {
			t.Fatal(err)
		}
		script := "#!/bin/sh\necho '{\"Path\": \"" + env.name + "\"}'\n"
		if err := os.WriteFile(filepath.Join(bin, "python"), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
		if env.complete {
			mark := filepath.Join(filepath.Dir(bin), "interleave-complete")
			if err := os.WriteFile(mark, nil, 0o644); err != nil {
				t.Fatal(err)
			}
			if env.name == "python-old" {
				if info, err := os.Stat(mark); err != nil {
					t.Fatal(err)
				} else if old := info.ModTime().AddDate(0, 0, -1); os.Chtimes(mark, old, old) != nil {
					t.Fatal("cannot set a file's time")
				}
			}
		}
	}
	if i := find(t); i.Path != "python-new" {
		t.Errorf("found %s", i.Path)
	}
}

func TestRounds(t *testing.T) {
	p := start(t, "echo")
	for n := range 3 {
		var answer struct{ N int }
		if err := p.Round(t.Context(), map[string]int{"n": n}, &answer); err != nil || answer.N != n {
			t.Fatalf("round %d: %+v, %v", n, answer, err)
		}
	}
	if err := p.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := p.Round(t.Context(), map[string]int{}, &struct{}{}); err == nil {
		t.Error("a closed program answered")
	}
}

func TestFailureInItsOwnWords(t *testing.T) {
	p := start(t, "echo")
	err := p.Round(t.Context(), map[string]string{"fail": "not today"}, &struct{}{})
	if err == nil || !strings.Contains(err.Error(), "ValueError: not today") || !strings.Contains(err.Error(), "echo.py") {
		t.Errorf("%v", err)
	}
	if _, err := find(t).Start(t.Context(), "no_such_program"); err == nil || !strings.Contains(err.Error(), "no_such_program") {
		t.Errorf("%v", err)
	}
}

func TestCancelEndsWhatItStarted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	i := find(t)
	p, err := i.Start(ctx, "hang")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var child struct{ Child int }
	if err := p.Round(ctx, map[string]bool{"hang": false}, &child); err != nil || child.Child == 0 {
		t.Fatalf("%+v, %v", child, err)
	}
	stop := errors.New("stop")
	done := make(chan error)
	go func() { done <- p.Round(ctx, map[string]bool{"hang": true}, &child) }()
	cancel(stop)
	if err := <-done; !errors.Is(err, stop) {
		t.Errorf("Round = %v", err)
	}
	// The grandchild is killed with the group; it may take a moment until its new parent has buried it.
	for range 1000 {
		status, err := os.ReadFile("/proc/" + strconv.Itoa(child.Child) + "/stat")
		if err != nil || strings.Contains(string(status), ") Z ") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("process %d lives", child.Child)
}
