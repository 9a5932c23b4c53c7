package link

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"interleave/kernel/internal/kerneltest"
)

// A folder without any go.mod gets the scratch module: gonum and our packages are there.
func TestNoModule(t *testing.T) {
	each(t, func(t *testing.T, mode Mode) {
		b := open(t, Options{Dir: t.TempDir(), Sources: absRepository(t), Mode: mode})
		if m := b.Module(); !m.Scratch || m.Path != "scratch" {
			t.Fatalf("got %+v", m)
		}
		out, err := prove(t, b, build(t, b, plotCell, plotImports...))
		if !strings.HasPrefix(out, "true true 7\n") || err != nil {
			t.Fatalf("got %q, %v", out, err)
		}
		if _, err := b.Export("interleave/kernel/internal/stage"); err != nil {
			t.Error(err)
		}
	})
}

// A foreign module has another gonum, with a mat of its own and nothing else. Its version holds, what does not compile
// with it is left out, and the user's files stay as they were.
func TestForeignModule(t *testing.T) {
	dir := t.TempDir()
	mod := `module example.com/m

go 1.25

require gonum.org/v1/gonum v0.9.0

replace gonum.org/v1/gonum => ./gonum
`
	write(t, dir, "go.mod", mod)
	write(t, dir, "gonum/go.mod", "module gonum.org/v1/gonum\n\ngo 1.25\n")
	write(t, dir, "gonum/mat/mat.go", "package mat\n\nfunc Which() string { return \"mine\" }\n")
	write(t, dir, "p/p.go", "package p\n\nimport \"gonum.org/v1/gonum/mat\"\n\ntype T struct{ s string }\n\nfunc New() T { return T{mat.Which()} }\n\nfunc (t T) String() string { return t.s }\n")
	each(t, func(t *testing.T, mode Mode) {
		b := open(t, Options{Dir: dir, Sources: absRepository(t), Mode: mode})
		if m := b.Module(); m.Path != "example.com/m" || m.Lang != "go1.25" || m.Dir != dir {
			t.Fatalf("got %+v", m)
		}
		if _, err := b.Export("gonum.org/v1/gonum/floats"); err == nil {
			t.Error("gonum/floats is of another gonum")
		}
		if err := b.Require(t.Context(), "example.com/m/p", "gonum.org/v1/gonum/mat"); err != nil {
			t.Fatal(err)
		}
		cell := `package notebook

import (
	"fmt"

	"example.com/m/p"
	"gonum.org/v1/gonum/mat"
	"interleave/kernel/internal/stage"
)

var v p.T

func Run_%s() {
	if v.String() == "" {
		v = p.New()
	}
	fmt.Println(v, mat.Which(), stage.Connected())
}
`
		imports := []string{"fmt", "example.com/m/p", "gonum.org/v1/gonum/mat", "interleave/kernel/internal/stage"}
		out, err := prove(t, b, build(t, b, cell, imports...), build(t, b, cell, imports...))
		if want := "mine mine true\nmine mine true\n"; out != want || err != nil {
			t.Fatalf("got %q, %v", out, err)
		}
		if got, err := os.ReadFile(filepath.Join(dir, "go.mod")); string(got) != mod || err != nil {
			t.Errorf("go.mod was changed: %s", got)
		}
		if _, err := os.Stat(filepath.Join(dir, "go.sum")); err == nil {
			t.Error("go.sum was made")
		}
		if c := b.changed(); len(c) != 0 {
			t.Errorf("changed: %v", c)
		}
		write(t, dir, "p/more.go", "package p\n\nconst More = 1\n")
		if c := b.changed(); len(c) != 1 || c[0].Package != "example.com/m/p" {
			t.Errorf("changed: %v", c)
		}
		if err := os.Remove(filepath.Join(dir, "p/more.go")); err != nil {
			t.Fatal(err)
		}
	})
}

// A vendor folder stands in for the module cache.
func TestVendor(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "go.mod", "module example.com/m\n\ngo 1.25\n\nrequire example.com/v v1.2.3\n")
	write(t, dir, "m.go", "package m\n\nimport _ \"example.com/v/x\"\n")
	write(t, dir, "vendor/modules.txt", "# example.com/v v1.2.3\n## explicit; go 1.20\nexample.com/v/x\n")
	write(t, dir, "vendor/example.com/v/x/x.go", "package x\n\nfunc Name() string { return \"vendored\" }\n")
	b := open(t, Options{Dir: dir, Sources: absRepository(t), Mode: Thin, Env: append(os.Environ(), "GOPROXY=off")})
	if err := b.Require(t.Context(), "example.com/v/x"); err != nil {
		t.Fatal(err)
	}
	out, err := prove(t, b, build(t, b, "package notebook\n\nimport \"example.com/v/x\"\n\nfunc Run_%s() { println(x.Name()) }\n", "example.com/v/x"))
	if out != "vendored\n" || err != nil {
		t.Fatalf("got %q, %v", out, err)
	}
}

func TestWorkspace(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "go.work", "go 1.26\n\nuse (\n\t./a\n\t./b\n)\n")
	write(t, dir, "a/go.mod", "module example.com/a\n\ngo 1.26\n")
	write(t, dir, "a/a.go", "package a\n")
	write(t, dir, "b/go.mod", "module example.com/b\n\ngo 1.26\n")
	write(t, dir, "b/x/x.go", "package x\n\nfunc Name() string { return \"beside\" }\n")
	b := open(t, Options{Dir: filepath.Join(dir, "a"), Sources: absRepository(t), Mode: Thin})
	if b.Module().Path != "example.com/a" {
		t.Errorf("got %+v", b.Module())
	}
	if err := b.Require(t.Context(), "example.com/b/x"); err != nil {
		t.Fatal(err)
	}
	cell := "package notebook\n\nimport (\n\t\"example.com/b/x\"\n\t\"gonum.org/v1/gonum/floats\"\n)\n\nfunc Run_%s() { println(x.Name(), floats.Sum([]float64{1, 2}) == 3) }\n"
	out, err := prove(t, b, build(t, b, cell, "example.com/b/x", "gonum.org/v1/gonum/floats"))
	if out != "beside true\n" || err != nil {
		t.Fatalf("got %q, %v", out, err)
	}
}

// Packages outside of the base: one of the standard library that is left out on purpose, one with C code, one that
// does not exist, one that does not compile.
func TestRequire(t *testing.T) {
	each(t, func(t *testing.T, mode Mode) {
		dir := t.TempDir()
		write(t, dir, "go.mod", "module example.com/m\n\ngo 1.26\n")
		write(t, dir, "c/c.go", "package c\n\n// #include <math.h>\n// #cgo LDFLAGS: -lm\n// static int twice(int x) { return (int)(pow(2, 1) * x); }\nimport \"C\"\n\nfunc Twice(x int) int { return int(C.twice(C.int(x))) }\n")
		write(t, dir, "bad/bad.go", "package bad\n\nvar x int = \"text\"\n")
		b := open(t, Options{Dir: dir, Sources: absRepository(t), Mode: mode})
		if err := b.Require(t.Context(), "expvar", "example.com/m/c"); err != nil {
			t.Fatal(err)
		}
		cell := "package notebook\n\nimport (\n\t\"expvar\"\n\t\"example.com/m/c\"\n\t\"fmt\"\n)\n\nvar i *expvar.Int\n\nfunc Run_%s() {\n\tif i == nil {\n\t\ti = expvar.NewInt(\"i\")\n\t}\n\ti.Add(int64(c.Twice(4)))\n\tfmt.Println(i)\n}\n"
		out, err := prove(t, b, build(t, b, cell, "expvar", "fmt", "example.com/m/c"), build(t, b, cell, "expvar", "fmt", "example.com/m/c"))
		if out != "8\n16\n" || err != nil {
			t.Errorf("got %q, %v", out, err)
		}
		for path, want := range map[string]string{"example.com/nowhere/at/all": "no required module provides package", "example.com/m/bad": "bad.go:3:", "fmtt": "is not in the standard library"} {
			err := b.Require(t.Context(), path)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %s", path, err, want)
			}
		}
		if _, err := b.Build(t.Context(), fresh(smallCell, []string{"fmt", "example.com/m/bad"})); !errors.Is(err, ErrUnknownPackage) {
			t.Errorf("got %v", err)
		}
	})
}

func TestToolchainErrors(t *testing.T) {
	empty := t.TempDir()
	bin := t.TempDir()
	goes, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(goes, filepath.Join(bin, "go")); err != nil {
		t.Fatal(err)
	}
	old := t.TempDir()
	write(t, old, "go", "#!/bin/sh\necho '{\"GOVERSION\": \"go1.19.8\"}'\n")
	if err := os.Chmod(filepath.Join(old, "go"), 0o755); err != nil {
		t.Fatal(err)
	}
	home := "HOME=" + kerneltest.Home(t)
	for _, c := range []struct {
		name string
		env  []string
		want string
	}{
		{"no go", []string{home, "PATH=" + empty, "INTERLEAVE_GO=/nonexistent/go"}, "the go command was not found"},
		{"no C compiler", []string{home, "PATH=" + bin}, "no C compiler was found (gcc)"},
		{"cgo off", []string{home, "PATH=" + bin, "CGO_ENABLED=0"}, "no C compiler was found (gcc)"},
		{"no C compiler, cgo on", []string{home, "PATH=" + bin, "CGO_ENABLED=1"}, "no C compiler was found (gcc)"},
		{"old go", []string{home, "INTERLEAVE_GO=" + old + "/go"}, "is go1.19.8, and Interleave needs go1.26"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := FindToolchain(t.Context(), empty, c.env)
			var bad *ToolchainError
			if !errors.As(err, &bad) || !strings.Contains(bad.Problem, c.want) || !strings.Contains(bad.Cure, "nstall") {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestLang(t *testing.T) {
	for v, want := range map[string]string{"1.26": "go1.26", "1.26.3": "go1.26", "1.27rc1": "go1.27", "1.9": "go1.9"} {
		if got := langOf(v); got != want {
			t.Errorf("langOf(%q) = %q, want %q", v, got, want)
		}
	}
}
