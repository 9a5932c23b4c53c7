// Package packages tells what a notebook may import: to the checker what a builder has compiled and what it can make
// available, to the editor side and to messages the packages by name. It knows neither cells nor processes.
package packages

import (
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"

	"interleave/kernel/internal/compile"
	"interleave/kernel/internal/link"
)

// Set lets a checker read what a builder has compiled. It implements compile.Packages and the interfaces beside it.
type Set struct {
	b        *link.Builder
	log      *slog.Logger
	declared func(name string) string
}

// Of is the set of a builder. declared, if it is not nil, says which cell that has not been run declares a name.
func Of(b *link.Builder, log *slog.Logger, declared func(name string) string) Set {
	return Set{b, log, declared}
}

// Export implements compile.Packages.
func (p Set) Export(path string) (io.ReadCloser, error) {
	file, err := p.b.Export(path)
	if err != nil {
		return nil, err
	}
	return os.Open(file)
}

// Requires implements compile.Requirer.
func (p Set) Requires(module string) bool { return p.b.Requires(module) }

// Revisions implements compile.Revisions.
func (p Set) Revisions() map[string]string { return p.b.Revisions() }

// Packages implements compile.Packages.
func (p Set) Packages() []compile.Package {
	var out []compile.Package
	for _, q := range p.b.Packages() {
		out = append(out, compile.Package{Path: q.ImportPath, Name: q.Name})
	}
	return out
}

// Declared implements compile.Declarer.
func (p Set) Declared(name string) string {
	if p.declared == nil {
		return ""
	}
	return p.declared(name)
}

// Importable lists the packages that a cell can import without asking the go command, the likelier of one name first.
func Importable(b *link.Builder) []compile.Package {
	var out []compile.Package
	for _, p := range (Set{b: b}).Packages() {
		if p.Name == "main" || p.Path == "runtime/race" || strings.HasPrefix(p.Path, "vendor/") || slices.Contains(strings.Split(p.Path, "/"), "internal") {
			continue
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b compile.Package) int {
		if a.Name != b.Name {
			return strings.Compare(a.Name, b.Name)
		}
		if n := strings.Count(a.Path, "/") - strings.Count(b.Path, "/"); n != 0 {
			return n
		}
		return strings.Compare(a.Path, b.Path)
	})
	return out
}
