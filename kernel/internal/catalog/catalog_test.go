package catalog

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/tools/txtar"
)

func plant(t *testing.T, text string) string {
	t.Helper()
	root := t.TempDir()
	for _, f := range txtar.Parse([]byte(text)).Files {
		at := filepath.Join(root, f.Name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const tree = `
-- go.mod --
module m
-- m.go --
package m
-- a/doc.go --
//go:build ignore

package main
-- a/a_test.go --
package wrong
-- a/a.go --
package beta
-- internal/beta/b.go --
package beta
-- cmd/x/main.go --
package main
-- testdata/beta/b.go --
package beta
-- vendor/beta/b.go --
package beta
-- _old/beta/b.go --
package beta
-- .git/beta/b.go --
package beta
-- nested/go.mod --
module nested
-- nested/beta/b.go --
package beta
-- elsewhere/e_windows.go --
package beta
-- broken/b.go --
package
`

func TestNamed(t *testing.T) {
	root := plant(t, tree)
	x := Index{Notes: t.TempDir()}
	paths := func(m Module, name string) (list []string) {
		for _, f := range x.Named(t.Context(), m, name) {
			list = append(list, f.Path)
			if st, err := os.Stat(f.Dir); err != nil || !st.IsDir() {
				t.Errorf("%s: %v", f.Dir, err)
			}
		}
		return list
	}
	for _, c := range []struct {
		module Module
		name   string
		want   []string
	}{
		{Module{Path: "m", Dir: root}, "m", []string{"m"}},
		{Module{Path: "m", Dir: root}, "beta", []string{"m/a"}},
		{Module{Path: "m", Dir: root, Own: true}, "beta", []string{"m/a", "m/internal/beta"}},
		{Module{Path: "m", Dir: root}, "main", nil},
		{Module{Path: "m", Dir: ""}, "m", nil},
		{Module{Path: "m", Dir: root + "/nowhere"}, "m", nil},
		{Module{Path: "m", Version: "v1.0.0", Dir: root}, "beta", []string{"m/a"}},
	} {
		if got := paths(c.module, c.name); !slices.Equal(got, c.want) {
			t.Errorf("%+v %s: %v, want %v", c.module, c.name, got, c.want)
		}
	}
	// A version never changes, so its folder is not read again; the user's own folder is.
	if err := os.WriteFile(filepath.Join(root, "a", "a.go"), []byte("package gamma\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := paths(Module{Path: "m", Version: "v1.0.0", Dir: root}, "beta"); len(got) != 1 {
		t.Errorf("it was read again: %v", got)
	}
	if got := paths(Module{Path: "m", Dir: root}, "gamma"); len(got) != 1 {
		t.Errorf("it was not read again: %v", got)
	}
	// A question that is given up leaves no note of half a module.
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	x.Read(ended, []Module{{Path: "m", Version: "v1.1.0", Dir: root}})
	if got := paths(Module{Path: "m", Version: "v1.1.0", Dir: root}, "m"); len(got) != 1 {
		t.Errorf("after a question that was given up: %v", got)
	}
}

func TestExports(t *testing.T) {
	dir := plant(t, `
-- p/a.go --
package p

import (
	Imported "fmt"
)

type (
	A int
	B struct{ Field int }
	C[T any] func(Param int) (Result T)
)

func F(X int) (Y int) { type Local int; var V Local; return int(V) }

func (a A) Method() {}

var G, H = func() { const Inner = 1 }, map[string]int{"Key": 1}

const (
	I = iota
	J
	K, L = 1, 2
)

type M = interface{ N() }

var O func(Q int)
-- p/b.go --
package p

func R[S any](s S) {}

func lower() {}
-- p/a_test.go --
package p

func Tested() {}
`)
	f := Found{"m/p", filepath.Join(dir, "p")}
	for _, have := range []string{"A", "B", "C", "F", "G", "H", "I", "J", "K", "L", "M", "O", "R"} {
		if !f.Exports([]string{have}) {
			t.Errorf("%s is missing", have)
		}
	}
	for _, not := range []string{"Imported", "Field", "Param", "Result", "X", "Y", "Local", "V", "Method", "Inner", "Key", "N", "Q", "S", "T", "lower", "Tested", "Nowhere"} {
		if f.Exports([]string{not}) {
			t.Errorf("%s is there", not)
		}
	}
	if !f.Exports([]string{"A", "R", "A"}) || f.Exports([]string{"A", "Nowhere"}) || !f.Exports(nil) {
		t.Error("several names")
	}
}

// BenchmarkNamed asks for a name in a module of 500 packages that lies in the user's folder, and is read each time.
func BenchmarkNamed(b *testing.B) {
	root := b.TempDir()
	for i := range 500 {
		at := filepath.Join(root, fmt.Sprintf("p%d", i))
		if err := os.Mkdir(at, 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(at, "p.go"), fmt.Appendf(nil, "package p%d\n", i), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if found := (Index{}).Named(b.Context(), Module{Path: "m", Dir: root}, "p499"); len(found) != 1 {
			b.Fatal(found)
		}
	}
}
