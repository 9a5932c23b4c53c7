package whole

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// damages change a file in every way that is told from what was written.
var damages = map[string]func(t *testing.T, name string){
	"removed": func(t *testing.T, name string) { check(t, os.Remove(name)) },
	"emptied": func(t *testing.T, name string) { check(t, os.Truncate(name, 0)) },
	"halved": func(t *testing.T, name string) {
		info, err := os.Stat(name)
		check(t, err)
		check(t, os.Truncate(name, info.Size()/2))
	},
	"longer": func(t *testing.T, name string) {
		text, err := os.ReadFile(name)
		check(t, err)
		check(t, os.WriteFile(name, append(text, 'x'), 0o644))
	},
	"one bit": func(t *testing.T, name string) {
		text, err := os.ReadFile(name)
		check(t, err)
		text[len(text)/2] ^= 1
		check(t, os.WriteFile(name, text, 0o644))
	},
	"a folder": func(t *testing.T, name string) {
		check(t, os.Remove(name))
		check(t, os.Mkdir(name, 0o755))
	},
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestNote(t *testing.T) {
	for _, text := range []string{"", "passed\n", "{\"a\": 1}"} {
		name := filepath.Join(t.TempDir(), "sub", "note") // Write makes the folder
		check(t, WriteNote(name, []byte(text)))
		if got, ok := ReadNote(name); !ok || string(got) != text {
			t.Errorf("%q: got %q, %v", text, got, ok)
		}
		for what, damage := range damages {
			check(t, os.RemoveAll(name))
			check(t, WriteNote(name, []byte(text)))
			damage(t, name)
			if got, ok := ReadNote(name); ok {
				t.Errorf("%q %s: got %q", text, what, got)
			}
		}
	}
	if left, err := os.ReadDir(t.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestSeal(t *testing.T) {
	for _, text := range [][]byte{nil, []byte("x"), bytes.Repeat([]byte("program"), 100_000)} {
		name := filepath.Join(t.TempDir(), "program")
		make := func() {
			check(t, os.RemoveAll(name))
			check(t, os.WriteFile(name, text, 0o755))
			if Sealed(name) {
				t.Error("sealed before it was")
			}
			check(t, Seal(name))
		}
		make()
		if !Sealed(name) {
			t.Errorf("%d bytes: not sealed", len(text))
		}
		if got, err := os.ReadFile(name); err != nil || !bytes.HasPrefix(got, text) {
			t.Errorf("%d bytes: the file has changed", len(text))
		}
		for what, damage := range damages {
			make()
			damage(t, name)
			if Sealed(name) {
				t.Errorf("%d bytes, %s: still sealed", len(text), what)
			}
		}
	}
}

// TestFolder damages each file of a folder, with and without the note that it was looked at before.
func TestFolder(t *testing.T) {
	build := func() (dir string, l List) {
		dir = t.TempDir()
		check(t, os.Mkdir(filepath.Join(dir, "sub"), 0o755))
		for name, text := range map[string]string{"a": "one", "b": "two", "sub/c": "three"} {
			name = filepath.Join(dir, name)
			check(t, os.WriteFile(name, []byte(text), 0o644))
		}
		_, err := Make(dir)
		check(t, err)
		l, ok := Read(dir)
		if !ok || len(l) != 3 {
			t.Fatalf("list: %v, %v", l, ok)
		}
		return dir, l
	}
	note := filepath.Join(t.TempDir(), "note")
	for what, damage := range damages {
		for _, name := range []string{"a", "b", "sub/c"} {
			dir, l := build()
			if bad, _ := l.Broken(dir, note); len(bad) > 0 {
				t.Fatalf("broken when new: %v", bad)
			}
			damage(t, filepath.Join(dir, name))
			if bad, _ := l.Broken(dir, note); !slices.Equal(bad, []string{name}) || l.Is(dir, name) {
				t.Errorf("%s %s: broken are %v", name, what, bad)
			}
		}
		dir, _ := build()
		damage(t, filepath.Join(dir, listName))
		if l, ok := Read(dir); ok {
			t.Errorf("list %s: got %v", what, l)
		}
	}
}

// TestRemembered: a folder that was read is not read again until something about it looks different; what was written just now is.
func TestRemembered(t *testing.T) {
	dir, note := t.TempDir(), filepath.Join(t.TempDir(), "note")
	name := filepath.Join(dir, "a")
	check(t, os.WriteFile(name, []byte("one"), 0o644))
	l, err := Make(dir)
	check(t, err)
	l.Broken(dir, note)
	if _, ok := ReadNote(note); ok {
		t.Error("remembered though the file is new")
	}
	time.Sleep(settled + 100*time.Millisecond)
	l.Broken(dir, note)
	first, ok := ReadNote(note)
	if !ok {
		t.Fatal("not remembered")
	}
	info, err := os.Stat(name)
	check(t, err)
	check(t, os.WriteFile(name, []byte("two"), 0o644))
	check(t, os.Chtimes(name, info.ModTime(), info.ModTime())) // the time of the change tells it nevertheless
	if bad, _ := l.Broken(dir, note); len(bad) != 1 {
		t.Error("a change behind the old times was not seen")
	}
	check(t, os.WriteFile(name, []byte("one"), 0o644))
	if bad, _ := l.Broken(dir, note); len(bad) > 0 {
		t.Errorf("broken: %v", bad)
	}
	check(t, os.WriteFile(note, []byte("garbage"), 0o644))
	if bad, _ := l.Broken(dir, note); len(bad) > 0 {
		t.Errorf("broken, by a note of garbage: %v", bad)
	}
	if string(first) == "" {
		t.Error("empty note")
	}
}

// TestPublish: what is published takes the place of what is there, and leaves nothing else.
func TestPublish(t *testing.T) {
	root := t.TempDir()
	at := filepath.Join(root, "deep", "at")
	for _, text := range []string{"one", "two"} {
		tmp := filepath.Join(root, "tmp", text)
		check(t, os.MkdirAll(tmp, 0o755))
		check(t, os.WriteFile(filepath.Join(tmp, "file"), []byte(text), 0o644))
		check(t, Publish(tmp, at))
		if got, err := os.ReadFile(filepath.Join(at, "file")); string(got) != text || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if left, err := os.ReadDir(filepath.Join(root, "tmp")); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}
