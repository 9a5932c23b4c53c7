package link

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"interleave/kernel/internal/revision"
)

// Packages that must not be in a process twice are refused, each with its reason.
func TestRefusedRevisions(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "init.go", "package p\n\nfunc init() {}\n")
	write(t, dir, "plain.go", "package p\n\ntype T int\n\nfunc (T) init() {}\n")
	for want, l := range map[string]*listed{
		"m/p has changed on disk; restart the kernel to use it, as it has a function init, which must not run a second time": {ImportPath: "m/p", Dir: dir, GoFiles: []string{"plain.go", "init.go"}},
		"m/p has changed on disk; restart the kernel to use it, as it has code in C or assembly":                             {ImportPath: "m/p", Dir: dir, GoFiles: []string{"plain.go"}, SFiles: []string{"x.s"}},
		"": {ImportPath: "m/p", Dir: dir, GoFiles: []string{"plain.go"}},
	} {
		got := ""
		if err := refuseRevisions([]*listed{l}); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Edit compiles what has changed and what imports it, once for each change; until Adopt the code of before is what the path means.
func TestEdit(t *testing.T) {
	each(t, func(t *testing.T, mode Mode) {
		dir := t.TempDir()
		write(t, dir, "go.mod", "module example.com/m\n\ngo 1.25\n")
		write(t, dir, "p/p.go", "package p\n\nfunc N() int { return 1 }\n")
		write(t, dir, "q/q.go", "package q\n\nimport \"example.com/m/p\"\n\nvar V = p.N()\n\nfunc N() int { return 10 * p.N() }\n")
		write(t, dir, "r/r.go", "package r\n\nfunc N() int { return 7 }\n")
		b := open(t, Options{Dir: dir, Sources: absRepository(t), Mode: mode})
		if err := b.Require(t.Context(), "example.com/m/q", "example.com/m/r"); err != nil {
			t.Fatal(err)
		}
		if e, err := b.Edit(t.Context()); e != nil || err != nil {
			t.Fatalf("nothing has changed, and Edit gives %v, %v", e, err)
		}
		before, err := b.Export("example.com/m/q")
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, "p/p.go", "package p\n\nfunc N() int { return 2 }\n")
		e, err := b.Edit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if again, err := b.Edit(t.Context()); again != e || err != nil {
			t.Errorf("the same change was compiled twice: %v, %v", again, err)
		}
		if len(e.Next) != 2 || e.Next["example.com/m/p"] != revision.Path("example.com/m/p", 2) || e.Next["example.com/m/q"] != revision.Path("example.com/m/q", 2) ||
			!slices.Equal(e.Changed, []string{"example.com/m/p"}) || !slices.Equal(e.Anew, []string{"example.com/m/q"}) {
			t.Errorf("got %+v", e)
		}
		if now, err := b.Export("example.com/m/q"); err != nil || now != before {
			t.Errorf("before Adopt the path means %s, %v", now, err)
		}
		b.Adopt(e)
		if now, err := b.Export("example.com/m/q"); err != nil || now == before {
			t.Errorf("after Adopt the path still means %s, %v", now, err)
		}
		if e, err := b.Edit(t.Context()); e != nil || err != nil {
			t.Errorf("after Adopt: %v, %v", e, err)
		}
		write(t, dir, "p/p.go", "package p\n\nfunc N() int { return nosuch }\n")
		_, err = b.Edit(t.Context())
		var refused *PackageError
		if !errors.As(err, &refused) || !strings.Contains(refused.Text, filepath.Join("p", "p.go")+":3:23: undefined: nosuch") || strings.Contains(refused.Text, "revision") {
			t.Errorf("got %v", err)
		}
		if err := os.RemoveAll(filepath.Join(dir, "p")); err != nil {
			t.Fatal(err)
		}
		var fixed *FixedError
		if _, err = b.Edit(t.Context()); !errors.As(err, &fixed) || fixed.Package != "example.com/m/p" {
			t.Errorf("of a folder that is gone: %v", err)
		}
	})
}
