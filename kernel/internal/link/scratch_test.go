package link

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// request writes down what notebooks of a folder have asked for.
func request(t *testing.T, c *cache, dir, lang, require string, asked ...string) {
	t.Helper()
	r := requests{Folder: dir, Mod: "module scratch\n\ngo 1.26.0\n\nrequire " + require + "\n", Sum: "example.com v1.0.0 h1:x\n", Asked: asked}
	if err := c.writeRequests(c.path("folder", folderName(dir, lang)), r); err != nil {
		t.Fatal(err)
	}
}

// A scratch module speaks the language of the toolchain. Each language has a module of its own, which begins with what the one before holds.
func TestScratchLanguage(t *testing.T) {
	c, err := openCache(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	request(t, c, dir, "go1.26", "example.com v1.0.0", "example.com")
	for _, of := range []struct{ version, lang, line string }{
		{"go1.26.8", "go1.26", "1.26.0"},
		{"go1.27.4 X:nodwarf5", "go1.27", "1.27"},
		{"go1.28rc1", "go1.28", "1.28"},
		{"go1.26.9-vendor", "go1.26", "1.26.0"},
		{"devel go1.28-abcdef", "go1.26", "1.26.0"},
	} {
		m, err := scratch(&Toolchain{Version: of.version}, dir, absRepository(t), c, map[string]string{})
		if err != nil {
			t.Fatal(err)
		}
		if m.Lang != of.lang || m.LangBy != "" || !strings.HasSuffix(m.Dir, "-"+of.lang) || len(m.files) == 0 {
			t.Fatalf("%s: %+v", of.version, m)
		}
		text, _ := os.ReadFile(m.files[0])
		if !strings.Contains(string(text), "\ngo "+of.line+"\n") || !strings.Contains(string(text), "example.com v1.0.0") {
			t.Errorf("%s:\n%s", of.version, text)
		}
	}
}

// What a folder holds is what its notebooks asked for, whatever the name that leads to the folder, and in spite of damage to the cache.
func TestScratchHolds(t *testing.T) {
	c, err := openCache(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	dir, link := t.TempDir(), filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	request(t, c, dir, "go1.26", "(\nexample.com v1.0.0\nexample.com/rest v1.2.0 // indirect\n)", "example.com/sub")
	loaded := map[string]string{"golang.org/x/text": "v0.43.0", "example.com/rest": "v1.1.0"}
	see := func(dir string) (*Module, string) {
		t.Helper()
		m, err := scratch(&Toolchain{Version: "go1.26.8"}, dir, absRepository(t), c, loaded)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(m.files[0])
		if err != nil {
			t.Fatal(err)
		}
		return m, string(text)
	}
	m, text := see(link)
	for _, want := range []string{"example.com v1.0.0", "example.com/rest v1.2.0", "golang.org/x/text v0.43.0", "golang.org/x/text => golang.org/x/text v0.43.0"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, "chromedp") || strings.Contains(text, "example.com/rest =>") {
		t.Errorf("got\n%s", text)
	}
	if len(m.providers) != 1 || m.providers[0].Path != "example.com" {
		t.Errorf("it provides %+v", m.providers)
	}
	other, text := see(t.TempDir())
	if strings.Contains(text, "example.com v1") || len(other.providers) != 0 || other.Dir == m.Dir {
		t.Errorf("another folder has\n%s", text)
	}
	if m.common.state(c.root) != other.common.state(c.root) || m.state(c.root) == other.state(c.root) {
		t.Error("folders have a base in common, and requests of their own")
	}
	for _, name := range c.requestNotes(m.Dir) { // each copy will do
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, damaged := range [][]byte{nil, data[:len(data)/2], []byte("garbled")} {
			if err := os.WriteFile(name, damaged, 0o644); err != nil {
				t.Fatal(err)
			}
			if again, _ := see(dir); len(again.providers) != 1 {
				t.Errorf("%s damaged: %+v", name, again.providers)
			}
		}
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Newer versions than the base has make a base of their own, and others don't.
func TestScratchShares(t *testing.T) {
	c, err := openCache(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	state := func(require string) string {
		t.Helper()
		dir := t.TempDir()
		request(t, c, dir, "go1.26", require, "golang.org/x/text")
		w := &workshop{tool: &Toolchain{Version: "go1.26.8", Env: map[string]string{}}, cache: c}
		if w.module, err = scratch(w.tool, dir, absRepository(t), c, nil); err != nil {
			t.Fatal(err)
		}
		s, err := w.shared(Thin)
		if err != nil {
			t.Fatal(err)
		}
		return s.stateKey(Thin)
	}
	plain := state("example.com v1.0.0")
	if older := state("golang.org/x/text v0.1.0"); older != plain {
		t.Error("an older version")
	}
	if newer := state("golang.org/x/text v0.999.0"); newer == plain {
		t.Error("a newer version")
	}
}

// What was asked for in folders that are gone is forgotten after some days, and in others that nobody uses after half a year.
func TestScratchIsSwept(t *testing.T) {
	c, err := openCache(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	there, gone := t.TempDir(), filepath.Join(t.TempDir(), "gone")
	for _, of := range []struct {
		dir    string
		unused time.Duration
		kept   bool
	}{
		{there, time.Hour, true}, {there, 30 * 24 * time.Hour, true}, {there, 200 * 24 * time.Hour, false},
		{gone, time.Hour, true}, {gone, 30 * 24 * time.Hour, false},
	} {
		request(t, c, of.dir, "go1.26", "example.com v1.0.0", "example.com")
		at := c.path("folder", folderName(of.dir, "go1.26"))
		write(t, at, "go.mod", "module scratch\n")
		when := time.Now().Add(-of.unused)
		if err := os.Chtimes(filepath.Join(at, "go.mod"), when, when); err != nil {
			t.Fatal(err)
		}
		if err := c.trim(); err != nil {
			t.Fatal(err)
		}
		r, kept := c.readRequests(at)
		if kept != of.kept || kept && r.Folder != of.dir {
			t.Errorf("%s unused for %v: kept %v", of.dir, of.unused, kept)
		}
	}
}

func TestModuleOf(t *testing.T) {
	versions := map[string]string{"a.b/c": "v1.0.0", "a.b/c/d": "v1.0.0", "a.b/c/v2": "v2.0.0"}
	for path, want := range map[string]string{"a.b/c": "a.b/c", "a.b/c/x/y": "a.b/c", "a.b/c/d/e": "a.b/c/d", "a.b/c/v2/x": "a.b/c/v2", "a.b/cc": "", "a.b": "", "": "", "a.b/c/...": "a.b/c"} {
		if got := moduleOf(path, versions); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

// The go command's advice doesn't help in a notebook. What it says here is what it said.
func TestAdvice(t *testing.T) {
	m := &Module{providers: []Provider{{Path: "example.com/known", Version: "v1.2.3"}}}
	for _, c := range []struct{ path, text, want string }{
		{"github.com/stretchr/testify/assert", "no required module provides package github.com/stretchr/testify/assert; to add it:\n\tgo get github.com/stretchr/testify/assert",
			"no required module provides package github.com/stretchr/testify/assert; to add it: %get github.com/stretchr/testify/assert"},
		{"golang.org/x/net/html", "missing go.sum entry for module providing package golang.org/x/net/html; to add:\n\tgo mod download golang.org/x/net",
			"go.sum has no checksum of a module that golang.org/x/net/html needs; to add it: %get golang.org/x/net/html"},
		{"example.com/known/p", "missing go.sum entry for module providing package example.com/rest (imported by example.com/known/p); to add:\n\tgo get example.com/known/p@v1.2.3",
			"go.sum has no checksum of a module that example.com/known/p needs; to add it: %get example.com/known/p@v1.2.3"},
		{"example.com/known/p", "known/p.go:3:8: no required module provides package example.com/rest; to add it:\n\tgo get example.com/rest",
			"no required module provides package example.com/rest, which example.com/known/p needs; to add it: %get example.com/known/p@v1.2.3"},
		{"example.com/known/no", "module example.com/known@latest found (v1.2.4), but does not contain package example.com/known/no", ""},
		{"example.com/local", "module example.com/local provides package example.com/local and is replaced but not required; to add it:\n\tgo get example.com/local",
			"module example.com/local provides package example.com/local and is replaced but not required; to add it: %get example.com/local"},
		{"example.com/known/p", "updates to go.mod needed; to update it:\n\tgo mod tidy", "go.mod and go.sum do not say everything that example.com/known/p needs; to add it: %get example.com/known/p@v1.2.3"},
		{"example.com/known/p", "p.go:3:5: undefined: x", ""},
	} {
		got, ok := m.unmet(&listed{ImportPath: c.path, Error: &listedError{Err: c.text}}, []string{c.path})
		if text := got.String(); ok != (c.want != "") || ok && text != c.want {
			t.Errorf("%s: %v %s", c.text, ok, text)
		}
		if ok && got.Path != c.path {
			t.Errorf("%s: it is about %s", c.text, got.Path)
		}
	}
	for text, advises := range map[string]bool{"go: updates to go.mod needed; to update it:\n\tgo mod tidy": true, "go: no such tool": false} {
		err := m.explain(&PackageError{text}, []string{"example.com/known"})
		missing := new(MissingError)
		if errors.As(err, &missing) != advises || strings.Contains(err.Error(), "go mod tidy") {
			t.Errorf("%s: %v", text, err)
		}
	}
	if slices.ContainsFunc([]string{"go mod", "go get"}, func(s string) bool { return strings.Contains(lacks("a.b/c").String(), s) }) {
		t.Error(lacks("a.b/c"))
	}
}
