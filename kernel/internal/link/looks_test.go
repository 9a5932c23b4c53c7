package link

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestLooks: a hash is remembered for as long as sizes and times stay, and only when they can tell.
func TestLooks(t *testing.T) {
	f := folder{Dir: t.TempDir(), Embed: []string{"sub/data.txt"}}
	old := time.Now().Add(-time.Hour)
	set := func(name, text string, at time.Time) {
		t.Helper()
		write(t, f.Dir, name, text)
		for _, n := range []string{filepath.Join(f.Dir, name), f.Dir} {
			if err := os.Chtimes(n, at, at); err != nil {
				t.Fatal(err)
			}
		}
	}
	set("a.go", "package a // 1", old)
	set("sub/data.txt", "one", old)
	var l looks
	first := l.now(f)
	same := func(what string, want bool) {
		t.Helper()
		got := l.now(f)
		if (got == first) != want {
			t.Errorf("%s: the hash is the same: %v", what, !want)
		}
		if what != "remembered" && got != f.now() {
			t.Errorf("%s: not the hash of what is there", what)
		}
		first = got
	}
	same("nothing has changed", true)
	set("a.go", "package a // 2", old)
	same("remembered", true) // nobody keeps size and times, but for this test
	set("a.go", "package a // 3", old.Add(time.Second))
	same("another time", false)
	set("a.go", "package a // 33", old.Add(time.Second))
	same("another size", false)
	set("sub/data.txt", "two", old.Add(time.Second))
	same("an embedded file", false)
	write(t, f.Dir, "b.go", "package a")
	same("a new file", false)
	now := time.Now()
	set("b.go", "package a // 1", now)
	same("just now", false)
	set("b.go", "package a // 2", now)
	same("again at the same time", false)
	if err := os.Remove(filepath.Join(f.Dir, "b.go")); err != nil {
		t.Fatal(err)
	}
	same("a file that is gone", false)
	if err := os.RemoveAll(f.Dir); err != nil {
		t.Fatal(err)
	}
	same("a folder that is gone", false)
}
