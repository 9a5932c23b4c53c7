package link

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// preparedInstallation makes an installation with the sources of the checkout, and prepares it.
func preparedInstallation(t *testing.T) (sources string) {
	t.Helper()
	sources = filepath.Join(t.TempDir(), "src")
	err := filepath.WalkDir(absRepository(t), func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(absRepository(t), path)
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && rel != "." || rel == "notebooks"):
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(sources, rel), 0o755)
		case !d.Type().IsRegular() || strings.HasSuffix(rel, "_test.go"):
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(sources, rel), data, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	tool, mode, why, err := Prepare(t.Context(), Options{Dir: t.TempDir(), Sources: sources})
	if err != nil {
		t.Fatal(err)
	}
	if tool.Root == "" || mode != Thin || why == "" {
		t.Errorf("prepared with %+v, %s: %s", tool, mode, why)
	}
	return sources
}

// listing is what lies below a folder, with all that changes when somebody writes there.
func listing(t *testing.T, dir string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil {
			list = append(list, fmt.Sprint(path, info.Mode(), info.Size(), info.ModTime().UnixNano()))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestPrepared: a user whose cache is empty works with what was prepared, in a folder without a module and in a module, and
// does not write there. What does not fit is not used: the user's kernel makes a base of its own then.
func TestPrepared(t *testing.T) {
	sources := preparedInstallation(t)
	into := filepath.Join(filepath.Dir(sources), preparedFolder)
	before := listing(t, into)
	cache := t.TempDir()
	open := func(dir string) *Builder {
		t.Helper()
		b, err := Open(t.Context(), Options{Dir: dir, Sources: sources, Cache: cache, Progress: func(s Step) { t.Errorf("%+v", s) }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { b.Close() })
		return b
	}
	module := t.TempDir()
	write(t, module, "go.mod", "module example.com/m\n\ngo 1.26\n")
	for _, dir := range []string{t.TempDir(), module} {
		b := open(dir)
		if !strings.HasPrefix(b.base.dir, into) || b.Mode() != Thin {
			t.Errorf("%s: the base lies in %s, %s", dir, b.base.dir, b.Mode())
		}
		cell := "package notebook\n\nimport (\n\t\"interleave/plots\"\n\t\"gonum.org/v1/gonum/floats\"\n)\n\nfunc Run_%s() {\n\t_, err := plots.NewStrip(\"ms\")\n\tprintln(floats.Sum([]float64{1, 2}) == 3, err.Error())\n}\n"
		if out, err := prove(t, b, build(t, b, cell, "interleave/plots", "gonum.org/v1/gonum/floats")); out != "true strip: no data\n" || err != nil {
			t.Errorf("got %q, %v", out, err)
		}
		if err := b.shop.cache.trim(); err != nil {
			t.Error(err)
		}
	}
	if after := listing(t, into); !slices.Equal(before, after) {
		t.Errorf("it was\n%q\nand is\n%q", before, after)
	}
	if n := names(t, filepath.Join(cache, "link", "base")); len(n) != 0 {
		t.Errorf("the user's bases: %q", n)
	}

	// Another user has modules in another place. A package outside of the base that rests on some in it can be loaded all the same.
	tool, err := FindToolchain(t.Context(), module, nil)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := append(os.Environ(), "GOMODCACHE="+t.TempDir(), "GOFLAGS=-modcacherw", "GOPROXY=file://"+tool.Env["GOMODCACHE"]+"/cache/download", "GONOSUMDB=*")
	b, err := Open(t.Context(), Options{Dir: t.TempDir(), Sources: sources, Cache: cache, Env: elsewhere})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	if err := b.Require(t.Context(), "gonum.org/v1/gonum/spatial/r3"); err != nil {
		t.Fatal(err)
	}
	cell := "package notebook\n\nimport (\n\t\"gonum.org/v1/gonum/mat\"\n\t\"gonum.org/v1/gonum/spatial/r3\"\n)\n\nfunc Run_%s() { println(r3.Norm(r3.Vec{X: 3, Y: 4}) == 5, mat.NewDense(2, 2, nil).At(1, 1) == 0) }\n"
	if out, err := prove(t, b, build(t, b, cell, "gonum.org/v1/gonum/mat", "gonum.org/v1/gonum/spatial/r3")); out != "true true\n" || err != nil || !strings.HasPrefix(b.base.dir, into) {
		t.Errorf("got %q, %v, linked against %s", out, err, b.base.dir)
	}

	// fits tells why the base is not used, "" when it is.
	fits := func(dir string, env ...string) string {
		t.Helper()
		w, err := newWorkshop(t.Context(), Options{Dir: dir, Sources: sources, Cache: cache, Env: append(os.Environ(), env...)})
		if err != nil {
			t.Fatal(err)
		}
		defer w.close()
		if w, err = w.shared(Thin); err != nil {
			t.Fatal(err)
		}
		b, err := w.openPrepared(t.Context(), Thin)
		if err != nil {
			return err.Error()
		}
		b.close()
		return ""
	}
	none := t.TempDir()
	older := t.TempDir()
	write(t, older, "go.mod", "module example.com/m\n\ngo 1.26\n\nrequire golang.org/x/sync v0.99.0\n\nreplace golang.org/x/sync => ./sync\n")
	write(t, older, "sync/go.mod", "module golang.org/x/sync\n\ngo 1.26\n")
	for _, c := range []struct {
		name, why string
		dir       string
		env       []string
		spoil     string // a file that is changed meanwhile, "" for none
	}{
		{name: "as it was", dir: none},
		{name: "flags that change nothing", dir: none, env: []string{"GOFLAGS=-buildvcs=true -modcacherw"}},
		{name: "another toolchain", dir: none, env: []string{"CGO_CFLAGS=-O1"}, why: "nothing was prepared for this toolchain"},
		{name: "another version of a module", dir: older, why: "golang.org/x/sync is"},
		{name: "other sources", dir: none, spoil: sources + "/plots/strip.go", why: "sources are others"},
		{name: "a short library", dir: none, spoil: into + "/base/*/libbase.so", why: "libbase.so"},
		{name: "a short list", dir: none, spoil: into + "/base/*/manifest", why: "list of files"},
		{name: "a note that cannot be read", dir: none, spoil: into + "/state/base-*.json", why: "damaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.spoil != "" {
				at, err := filepath.Glob(c.spoil)
				if err != nil || len(at) != 1 {
					t.Fatalf("%s: %q, %v", c.spoil, at, err)
				}
				data, err := os.ReadFile(at[0])
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(at[0], data[:len(data)/2], 0o644); err != nil {
					t.Fatal(err)
				}
				defer os.WriteFile(at[0], data, 0o644)
			}
			if why := fits(c.dir, c.env...); c.why == "" && why != "" || !strings.Contains(why, c.why) {
				t.Errorf("it is not used because %q, want %q", why, c.why)
			}
		})
	}
	if err := os.Chmod(into, 0o777); err != nil {
		t.Fatal(err)
	}
	if at := beside(sources); at != "" {
		t.Errorf("others may write to %s, and it is trusted", at)
	}
}
