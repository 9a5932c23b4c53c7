package link

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func names(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// An empty cache is filled, with its steps told in order and counted up; a build that is cancelled on the way leaves
// nothing and the next one succeeds; two builders at once build one base.
func TestColdAndInterrupted(t *testing.T) {
	cacheDir := t.TempDir()
	o := Options{Dir: repository, Cache: cacheDir, Mode: Thin}
	for _, at := range []string{"compile packages", "link base library", "link worker"} {
		ctx, cancel := context.WithCancel(t.Context())
		o.Progress = func(s Step) {
			if s.What == at {
				cancel()
			}
		}
		b, err := Open(ctx, o)
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("cancelled in %s: got %v, %v", at, b, err)
		}
		for _, sub := range []string{"base", "tmp"} {
			if n := names(t, filepath.Join(cacheDir, "link", sub)); len(n) != 0 {
				t.Fatalf("cancelled in %s: %s holds %v", at, sub, n)
			}
		}
		cancel()
	}
	var mu sync.Mutex
	steps := map[string]int{}
	var order []string
	o.Progress = func(s Step) {
		mu.Lock()
		defer mu.Unlock()
		if steps[s.What] == 0 {
			order = append(order, s.What)
		}
		steps[s.What]++
		if s.Done > s.Total {
			t.Errorf("%+v", s)
		}
	}
	var made strings.Builder // the log; who waits for the other's base tells of the same steps
	o.Logger = slog.New(slog.NewTextHandler(&made, nil))
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			b, err := Open(t.Context(), o)
			if err != nil {
				t.Error(err)
				return
			}
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := strings.Join(order, ", "); got != "compile packages, link base library, link worker" {
		t.Errorf("steps: %s, %v", got, steps)
	}
	if n := strings.Count(made.String(), "base is made"); n != 1 {
		t.Errorf("the base was made %d times:\n%s", n, made.String())
	}
	if n := names(t, filepath.Join(cacheDir, "link", "base")); len(n) != 1 {
		t.Errorf("bases: %v", n)
	}
	began := time.Now()
	b := open(t, o)
	t.Logf("opened in %v", time.Since(began))
	// A base that lost a file is built again.
	if err := os.Remove(filepath.Join(b.base.dir, libraryName)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(b.base.dir, "index")); err != nil {
		t.Fatal(err)
	}
	b = open(t, o)
	if _, err := b.Build(t.Context(), fresh(smallCell, smallImports)); err != nil {
		t.Error(err)
	}
}

// What has not been used for longest goes first; what a process holds stays; a dead process's leavings are swept.
func TestTrim(t *testing.T) {
	c, err := openCache(t.TempDir(), 2500)
	if err != nil {
		t.Fatal(err)
	}
	age := func(name string, days int) {
		at := time.Now().AddDate(0, 0, -days)
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
	add := func(name string, days int) string {
		at := c.path(name)
		write(t, filepath.Dir(at), filepath.Base(at), strings.Repeat("x", 1000))
		age(at, days)
		return at
	}
	held := filepath.Dir(add("base/held/index", 9))
	old := filepath.Dir(add("base/old/index", 8))
	oldPlugin := add("plugin/held/old.so", 7)
	newPlugin := add("plugin/held/new.so", 1)
	dead := add("tmp/unit-999999999-123/file", 1)
	mine := add(fmt.Sprintf("tmp/unit-%d-123/file", os.Getpid()), 1)
	age(filepath.Dir(old), 8)
	age(old, 8)
	hold, err := c.hold(held)
	if err != nil {
		t.Fatal(err)
	}
	age(filepath.Join(held, "used"), 9)
	age(held, 9)
	if err := c.trim(); err != nil {
		t.Fatal(err)
	}
	there := func(path string) bool { _, err := os.Stat(path); return err == nil }
	for path, want := range map[string]bool{held: true, old: false, oldPlugin: false, newPlugin: true, dead: false, mine: true} {
		if there(path) != want {
			t.Errorf("%s: there is %v", path, !want)
		}
	}
	if err := hold.Close(); err != nil {
		t.Fatal(err)
	}
	c.limit = 1500
	if err := c.trim(); err != nil {
		t.Fatal(err)
	}
	if there(held) || !there(newPlugin) {
		t.Errorf("after release: held %v, new plugin %v", there(held), there(newPlugin))
	}
}

// Plugins hold what cells say: the folder of the cache is closed to others, also one that was made open.
func TestCacheIsPrivate(t *testing.T) {
	fresh, open := filepath.Join(t.TempDir(), "new", "cache"), t.TempDir()
	if err := os.Chmod(open, 0o755); err != nil { // past the umask
		t.Fatal(err)
	}
	for _, dir := range []string{fresh, open} {
		if _, err := openCache(dir, 0); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: mode %v, %v", dir, info.Mode(), err)
		}
	}
}

// What was made while the clock was ahead goes before what is made now: otherwise, in a full cache, a plugin could be gone before it
// is opened.
func TestTrimAfterAWrongClock(t *testing.T) {
	c, err := openCache(t.TempDir(), 1500)
	if err != nil {
		t.Fatal(err)
	}
	dates := map[string]time.Time{
		"1970": time.Unix(0, 0), "yesterday": time.Now().AddDate(0, 0, -1), "now": time.Now(), "2099": time.Now().AddDate(73, 0, 0),
	}
	for name, at := range dates {
		path := c.path("plugin", "base", name)
		write(t, filepath.Dir(path), filepath.Base(path), strings.Repeat("x", 700))
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"now yesterday", "now"} { // from 4 x 700 bytes to 2 and to 1
		if err := c.trim(); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(names(t, c.path("plugin", "base")), " "); got != want {
			t.Errorf("left are %q, want %q", got, want)
		}
		c.limit = 700
	}
}

// A package that was required joins the base built for the start after the next.
func TestWanted(t *testing.T) {
	dir := t.TempDir()
	o := Options{Dir: dir, Sources: absRepository(t), Cache: filepath.Join(t.TempDir(), "cache"), Mode: Thin}
	const path = "golang.org/x/text/unicode/bidi"
	b := open(t, o)
	if _, err := b.Export(path); err == nil {
		t.Skip("the base has " + path + " by itself")
	}
	if err := b.Require(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	next := open(t, o)
	next.tasks.Wait()
	if got := open(t, o).base.packages[path]; got == nil {
		t.Errorf("%s did not join the base", path)
	}
}
