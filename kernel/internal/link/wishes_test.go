package link

import (
	"archive/zip"
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// hostile are modules that notebooks may import and a base cannot hold, and one that it can.
var hostile = map[string]map[string]string{
	"good": {"good.go": "package good\n\nfunc Name() string { return \"good\" }\n"},
	// As in modernc.org/sqlite and parquet-go: assembly that is never called refers to what there is not. A plugin leaves it out.
	"broken": {
		"broken.go":    "package broken\n\nfunc never()\n\nfunc Name() string { return \"broken\" }\n",
		"asm_amd64.s":  "TEXT ·never(SB), 0, $0-0\n\tCALL ·missing(SB)\n\tRET\n",
		"asm_arm64.s":  "TEXT ·never(SB), 0, $0-0\n\tCALL ·missing(SB)\n\tRET\n",
		"sub/below.go": "package sub\n",
	},
	"panics": {"panics.go": "package panics\n\nfunc init() { panic(\"not here\") }\n\nfunc Name() string { return \"panics\" }\n"},
	"blocks": {"blocks.go": "package blocks\n\nvar never chan int\n\nfunc init() { <-never }\n\nfunc Name() string { return \"blocks\" }\n"},
}

// proxy makes a folder that is a GOPROXY with the modules, and returns it with their versions, which depend on their content: the module
// cache keeps a version for good.
func proxy(t *testing.T) (dir string, versions map[string]string) {
	t.Helper()
	dir, versions = t.TempDir(), map[string]string{}
	for name, files := range hostile {
		path := "interleave.invalid/" + name
		version := "v0.0.0-20260101000000-" + hash(fmt.Sprint(files))[:12]
		versions[path] = version
		mod := "module " + path + "\n\ngo 1.26\n"
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		add := func(file, text string) {
			f, err := z.Create(path + "@" + version + "/" + file)
			if err == nil {
				_, err = f.Write([]byte(text))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		add("go.mod", mod)
		for file, text := range files {
			add(file, text)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		at := filepath.Join(dir, path, "@v")
		write(t, at, "list", version+"\n")
		write(t, at, version+".info", fmt.Sprintf(`{"Version": %q, "Time": "2026-01-01T00:00:00Z"}`, version))
		write(t, at, version+".mod", mod)
		write(t, at, version+".zip", b.String())
	}
	return dir, versions
}

// TestWishes: a package that notebooks have imported, and with which no base can be built, costs nobody anything: a start does not wait for
// it, the base for later starts is built without it, nobody tries again, and cells use it as before.
func TestWishes(t *testing.T) {
	bad := []string{"broken", "panics"}
	if os.Getenv("FULL") != "" {
		bad = append(bad, "blocks")
		defer func(d time.Duration) { startTime = d }(startTime)
		startTime = 10 * time.Second
	}
	dir, versions := proxy(t)
	links := 0
	o := Options{Dir: t.TempDir(), Sources: absRepository(t), Cache: t.TempDir(), Mode: Thin,
		Env:      append(os.Environ(), "GOPROXY=file://"+dir+",off", "GONOSUMDB=*", "GOSUMDB=off", "GOFLAGS="),
		Progress: func(s Step) { links++ }, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}
	b := open(t, o)
	var gets, paths []string
	for _, name := range append([]string{"good"}, bad...) {
		path := "interleave.invalid/" + name
		gets, paths = append(gets, path+"@"+versions[path]), append(paths, path)
	}
	if _, err := b.Get(t.Context(), gets...); err != nil {
		t.Fatal(err)
	}
	if err := b.Require(t.Context(), paths...); err != nil {
		t.Fatal(err)
	}
	first := b.base.key
	b.Close()
	links = 0
	b = open(t, o)
	if b.base.key != first {
		t.Error("a start after a get does not use the base that is there")
	}
	b.tasks.Wait() // the next base
	b.Close()
	links = 0
	b = open(t, o)
	if links > 0 || b.base.key == first {
		t.Errorf("%d steps before the base with the good package opened, a new base: %v", links, b.base.key != first)
	}
	for _, name := range append([]string{"good"}, bad...) {
		if in := b.base.packages["interleave.invalid/"+name] != nil; in != (name == "good") {
			t.Errorf("%s is in the base: %v", name, in)
		}
	}
	marks, _ := filepath.Glob(filepath.Join(o.Cache, "link", "state", "refused-*"))
	if len(marks) != len(bad) {
		t.Errorf("%d packages are refused, want %d", len(marks), len(bad))
	}
	if err := b.Require(t.Context(), paths...); err != nil {
		t.Fatal(err)
	}
	cell := "package notebook\n\nimport (\n\t\"interleave.invalid/broken\"\n\t\"interleave.invalid/good\"\n)\n\nfunc Run_%s() { println(broken.Name(), good.Name()) }\n"
	out, err := prove(t, b, build(t, b, cell, "interleave.invalid/broken", "interleave.invalid/good"))
	if out != "broken good\n" || err != nil {
		t.Errorf("got %q, %v", out, err)
	}
	state := names(t, filepath.Join(o.Cache, "link", "state"))
	b.tasks.Wait()
	if now := names(t, filepath.Join(o.Cache, "link", "state")); !slices.Equal(now, state) {
		t.Errorf("another base was tried: %v, then %v", state, now)
	}
	t.Log(strings.Join(state, " "))
}

// TestElsewhere: two more copies of the sources have the base that there is, without a step.
func TestElsewhere(t *testing.T) {
	first := map[string]*Builder{"own module": open(t, Options{Mode: Thin}), "no module": open(t, Options{Mode: Thin, Dir: t.TempDir(), Sources: absRepository(t)})}
	for range 2 {
		at := copySources(t)
		for name, o := range map[string]Options{"own module": {Dir: at}, "no module": {Dir: t.TempDir(), Sources: at}} {
			o.Mode = Thin
			var steps []Step
			o.Progress = func(s Step) { steps = append(steps, s) }
			b := open(t, o)
			if len(steps) > 0 || b.base.key != first[name].base.key {
				t.Errorf("%s: steps %v, base %s, that of the first %s", name, steps, b.base.key, first[name].base.key)
			}
			if c := b.changed(); len(c) > 0 {
				t.Errorf("%s: changed: %v", name, c)
			}
			for _, f := range b.base.Folders {
				if !strings.HasPrefix(f.Dir, at) {
					t.Errorf("%s: %s is looked for in %s", name, f.Package, f.Dir)
				}
			}
		}
	}
}

// Two copies of the sources that differ do not take the base from each other: used in turn, neither is asked about again.
func TestCopiesInTurn(t *testing.T) {
	at := copySources(t)
	f, err := os.OpenFile(filepath.Join(at, "plots", "doc.go"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("\n// Another text.\n"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, Options{Mode: Thin}).Close()
	open(t, Options{Mode: Thin, Dir: at}).Close()
	for i, dir := range []string{"", at, "", at} {
		var steps []Step
		open(t, Options{Mode: Thin, Dir: dir, Progress: func(s Step) { steps = append(steps, s) }}).Close()
		if len(steps) > 0 {
			t.Errorf("start %d: steps %v", i, steps)
		}
	}
}

// copySources copies what the module is made of.
func copySources(t *testing.T) string {
	t.Helper()
	at := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum", "kernel", "lessons", "plots"} {
		from := filepath.Join(absRepository(t), name)
		if info, err := os.Stat(from); err != nil {
			t.Fatal(err)
		} else if !info.IsDir() {
			text, err := os.ReadFile(from)
			if err != nil {
				t.Fatal(err)
			}
			write(t, at, name, string(text))
		} else if err := os.CopyFS(filepath.Join(at, name), os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
	}
	return at
}
