package installation

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestRebuild: a rebuilt kernel is found while it is as it was built, in the user's cache and in what is prepared for all.
func TestRebuild(t *testing.T) {
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOCACHE", filepath.Join(cache, "go-build"))
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	sources := filepath.Join(t.TempDir(), "src")
	if err := os.CopyFS(sources, os.DirFS(module(t, "package main\n\nfunc main() { println(\"rebuilt\") }\n"))); err != nil {
		t.Fatal(err)
	}
	if program, ok := newer(sources); ok {
		t.Fatalf("found %s", program)
	}
	g := Go{Command: "go", Version: "go1.99.1"} // as if the go command were that
	check := func(program string, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(program).CombinedOutput(); err != nil || string(out) != "rebuilt\n" {
			t.Errorf("%s says %q, %v", program, out, err)
		}
		if found, ok := newer(sources); !ok || found != program {
			t.Errorf("found %q, want %s", found, program)
		}
	}
	program, err := g.Rebuild(t.Context(), sources, true, nil)
	check(program, err)
	again, err := g.Rebuild(t.Context(), sources, true, func(*exec.Cmd) ([]byte, error) { return nil, errors.New("it was built twice") })
	check(again, err)
	if err := os.Truncate(program, 100); err != nil {
		t.Fatal(err)
	}
	if found, ok := newer(sources); ok {
		t.Errorf("a damaged one was found: %s", found)
	}
	unlock, err := lock(t.Context(), filepath.Join(filepath.Dir(filepath.Dir(program)), ".lock"), true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Rebuild(t.Context(), sources, false, nil); !errors.Is(err, ErrBusy) {
		t.Errorf("while another process builds: %v", err)
	}
	unlock()
	program, err = g.Rebuild(t.Context(), sources, false, nil)
	check(program, err)
	if err := os.RemoveAll(filepath.Dir(program)); err != nil {
		t.Fatal(err)
	}
	program, err = g.RebuildShared(t.Context(), sources)
	check(program, err)
	if !strings.HasPrefix(program, filepath.Join(filepath.Dir(sources), prepared)) {
		t.Errorf("for all users it is %s", program)
	}
	again, err = g.Rebuild(t.Context(), sources, true, func(*exec.Cmd) ([]byte, error) { return nil, errors.New("a user builds what is prepared") })
	check(again, err)
	if _, err := g.Rebuild(t.Context(), module(t, "package main\n\nfunc main() { undefined() }\n"), true, nil); err == nil || !strings.Contains(err.Error(), "undefined: undefined") {
		t.Errorf("a program that does not compile: %v", err)
	}
}
