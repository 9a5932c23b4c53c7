package link

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// damages are what accidents do to a file. Each puts another file in its place: of some the go command has a link.
var damages = []struct {
	name string
	do   func(text []byte) []byte // nil for a file that is gone
}{
	{"removed", func([]byte) []byte { return nil }},
	{"halved", func(text []byte) []byte { return text[: len(text)/2 : len(text)/2] }},
	{"garbled", func(text []byte) []byte {
		text = append(bytes.Clone(text), make([]byte, max(0, 64-len(text)))...)
		for i := len(text)/2 - 32; i < len(text)/2+32; i++ {
			text[i] ^= 0xa5
		}
		return text
	}},
}

// part is a kind of files in the cache: numbers and hashes in names tell files of one kind apart.
var part = regexp.MustCompile(`[0-9a-f]{12,}|\d+`)

// TestDamagedFiles takes a warm cache and damages its files, one after the other, in three ways. Each time the next opening gives cells that
// are right and makes again what it must at most once, and the one after that nothing. It takes one file of each kind; with FULL=1
// all of them.
func TestDamagedFiles(t *testing.T) {
	c := newDamaged(t)
	files := c.files()
	kinds := map[string]bool{}
	cases, relinked := 0, 0
	for _, file := range files {
		kind := part.ReplaceAllString(file, "…")
		if kinds[kind] && os.Getenv("FULL") == "" {
			continue
		}
		kinds[kind] = true
		for _, damage := range damages {
			if c.damage(file, damage.do) {
				cases++
				steps := c.check(file+" "+damage.name, true)
				relinked += steps["link base library"]
			}
		}
	}
	t.Logf("%d files of %d kinds, %d damages healed; the base library was linked %d times", len(files), len(kinds), cases, relinked)
}

// damagedCache is a warm cache of its own.
type damagedCache struct {
	t     *testing.T
	o     Options
	root  string
	known Unit // whose plugin is in the cache
	steps map[string]int
}

func newDamaged(t *testing.T) *damagedCache {
	c := &damagedCache{t: t, root: t.TempDir(), steps: map[string]int{}, known: fresh(smallCell, smallImports)}
	dir := t.TempDir()
	write(t, dir, "go.mod", "module example.com/m\n\ngo 1.26\n")
	c.o = Options{Dir: dir, Sources: absRepository(t), Cache: c.root, Mode: Thin, Progress: func(s Step) {
		if s.Done == 0 {
			c.steps[s.What]++
		}
	}}
	b := open(t, c.o)
	c.use(b)
	b.Close()
	time.Sleep(2 * time.Second) // files are remembered as whole once their times have settled
	for range 2 {
		c.check("warm", false)
	}
	return c
}

// files are those of the cache, by name.
func (c *damagedCache) files() []string {
	var list []string
	err := filepath.WalkDir(c.root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			rel, _ := filepath.Rel(c.root, path)
			list = append(list, rel)
		}
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

// damage damages a file and tells whether that has changed it.
func (c *damagedCache) damage(file string, do func([]byte) []byte) bool {
	at := filepath.Join(c.root, file)
	info, err := os.Stat(at)
	if err != nil {
		return false // nothing needs it any more
	}
	text, err := os.ReadFile(at)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := os.Remove(at); err != nil {
		c.t.Fatal(err)
	}
	switch now := do(text); {
	case now == nil:
		return true
	default:
		if err := os.WriteFile(at, now, info.Mode()); err != nil {
			c.t.Fatal(err)
		}
		return !bytes.Equal(text, now)
	}
}

// check opens the cache twice. The first time may make things again, once each; the second must not.
func (c *damagedCache) check(what string, may bool) map[string]int {
	c.t.Helper()
	clear(c.steps)
	b, err := Open(c.t.Context(), c.o)
	if err != nil {
		c.t.Fatalf("%s: %v", what, err)
	}
	c.use(b)
	b.Close()
	first := map[string]int{}
	for step, n := range c.steps {
		if first[step] = n; n > 2 || n > 1 && step != "compile packages" || !may { // it is told of before and after it is known how many there are
			c.t.Errorf("%s: %d times: %s", what, n, step)
		}
	}
	clear(c.steps)
	if b, err = Open(c.t.Context(), c.o); err != nil {
		c.t.Fatalf("%s, opened again: %v", what, err)
	}
	b.Close()
	if len(c.steps) > 0 {
		c.t.Errorf("%s: opened again: %v", what, c.steps)
	}
	return first
}

// use builds cells, a known one and one that rests on a package outside of the base, and runs them in the worker's program.
func (c *damagedCache) use(b *Builder) {
	c.t.Helper()
	if err := b.Require(c.t.Context(), "expvar"); err != nil {
		c.t.Fatal(err)
	}
	other := fresh("package notebook\n\nimport (\n\t\"expvar\"\n\t\"fmt\"\n)\n\nfunc Run_%s() { fmt.Println(expvar.NewInt(\"i\")) }\n", []string{"expvar", "fmt"})
	var paths []string
	for _, u := range []Unit{c.known, other} {
		p, err := b.Build(c.t.Context(), u)
		if err != nil {
			c.t.Fatal(err)
		}
		paths = append(paths, p.Path)
	}
	if out, err := prove(c.t, b, paths...); err != nil || !strings.HasSuffix(out, "\n0\n") || len(out) < 4 {
		c.t.Fatalf("got %q, %v", out, err)
	}
	if err := os.Remove(paths[1]); err != nil { // one plugin is enough to damage
		c.t.Fatal(err)
	}
	if _, _, _, err := b.EditorModule(map[string]string{"a.go": "package a\n"}); err != nil {
		c.t.Fatal(err)
	}
}
