package compile

import (
	"context"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"path"
	"slices"
	"strings"
	"sync"
)

// DisplayPath is the import path of the package every notebook has at hand as display.
const DisplayPath = "interleave/kernel/display"

// Package is a package that can be imported without asking the go command.
type Package struct{ Path, Name string }

// Packages finds compiled packages. It is what the checker needs of the linker.
type Packages interface {
	// Export opens the export data of a package.
	Export(path string) (io.ReadCloser, error)
	// Packages lists the packages of the base library.
	Packages() []Package
}

// lockedImporter reads export data; one importer serves a notebook's whole life, so a package is read once.
type lockedImporter struct {
	mu        sync.Mutex
	importer  types.Importer
	revisions Revisions // nil when packages are never loaded again
}

// Revisions is a Packages whose packages may be loaded again.
type Revisions interface {
	// Revisions are the paths of the revisions in use, by the path of the package, of packages that have several.
	Revisions() map[string]string
}

func newImporter(p Packages) *lockedImporter {
	e, _ := p.(Revisions)
	return &lockedImporter{importer: importer.ForCompiler(token.NewFileSet(), "gc", p.Export), revisions: e}
}

func (im *lockedImporter) current(path string) string {
	if im.revisions == nil {
		return path
	}
	if now, ok := im.revisions.Revisions()[path]; ok {
		return now
	}
	return path
}

func (im *lockedImporter) Import(p string) (pkg *types.Package, err error) {
	im.mu.Lock()
	defer im.mu.Unlock()
	if p == universePath {
		return universe(), nil
	}
	if p, without, ok := strings.Cut(p, prime); ok {
		return im.part(im.current(p), strings.Split(without, prime))
	}
	p = im.current(p)
	defer func() {
		if e := recover(); e != nil { // export data of another toolchain
			err = fmt.Errorf("read export data of %s: %v", p, e)
		}
	}()
	return im.importer.Import(p)
}

// universePath names a package, known to the checker only, that has the predeclared types under names nobody can
// shadow: Int, String, Error.
const universePath = "universe" + prime

var universe = sync.OnceValue(func() *types.Package {
	p := types.NewPackage(universePath, "universe"+prime)
	for _, name := range types.Universe.Names() {
		if t, ok := types.Universe.Lookup(name).(*types.TypeName); ok {
			p.Scope().Insert(types.NewTypeName(token.NoPos, p, exported(name), t.Type()))
		}
	}
	p.MarkComplete()
	return p
})

func exported(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

// dotPath is the path under which the checker finds a package without some of its names.
func dotPath(p string, without []string) string {
	if len(without) == 0 {
		return p
	}
	return p + prime + strings.Join(without, prime)
}

// part makes a package that has what another has but for some names.
func (im *lockedImporter) part(p string, without []string) (*types.Package, error) {
	whole, err := im.importer.Import(p)
	if err != nil {
		return nil, err
	}
	pkg := types.NewPackage(p, whole.Name())
	for _, name := range whole.Scope().Names() {
		if !slices.Contains(without, name) {
			pkg.Scope().Insert(whole.Scope().Lookup(name))
		}
	}
	pkg.MarkComplete()
	return pkg, nil
}

// first breaks ties between packages of one name the way most notebooks mean them; of the three called rand, as
// goimports does, but rand.Int alone is not that of crypto/rand, which needs a reader.
var first = []string{"math/rand/v2", "text/template", "runtime/pprof", "text/scanner", "crypto/rand", "gonum.org/v1/plot"}

// Suggest finds the package that a qualifier most likely means: one of that name which has all the symbols.
func (c *Checker) Suggest(ctx context.Context, name string, symbols []string) (importPath string, ok bool) {
	importPath, ok, _ = c.suggest(ctx, name, symbols)
	return importPath, ok
}

// suggest is Suggest with the reason why a package that has the symbols cannot be had.
func (c *Checker) suggest(ctx context.Context, name string, symbols []string) (importPath string, ok bool, cannot error) {
	if name == "unsafe" {
		return name, true, nil
	}
	found, near, typo := c.candidates(name, symbols)
	if len(found) > 0 {
		return usual(found), true, nil
	}
	if len(symbols) > 0 && typo == "" {
		p, ok, err := c.elsewhere(ctx, name, symbols)
		if ok || err != nil {
			return p, ok, err
		}
	}
	// A package of the very name is meant, and the symbol is misspelt: that is the better error.
	switch {
	case slices.ContainsFunc(c.packages.Packages(), func(p Package) bool { return p.Path == name }):
		return name, true, nil
	case near != "":
		return near, true, nil
	}
	return typo, typo != "", nil
}

// candidates are the packages of a name that have all of some symbols. near is the one that has most of them, and typo
// one that has a symbol much like one of them.
func (c *Checker) candidates(name string, symbols []string) (found []string, near, typo string) {
	most := 0
	for _, pkg := range c.named(name) {
		has := func(s string) bool { return token.IsExported(s) && pkg.Scope().Lookup(s) != nil }
		missing := slices.DeleteFunc(slices.Clone(symbols), has)
		if len(missing) == 0 {
			found = append(found, pkg.Path())
			continue
		}
		if n := len(symbols) - len(missing); n > most || n == most && n > 0 && pkg.Path() < near {
			most, near = n, pkg.Path()
		}
		like := func(s string) bool { return token.IsExported(s) && nearest(pkg, s) != "" }
		if (typo == "" || pkg.Path() < typo) && slices.ContainsFunc(symbols, like) {
			typo = pkg.Path()
		}
	}
	return found, near, typo
}

// usual is the one of several packages of a name that most notebooks mean.
func usual(found []string) string {
	for _, f := range first {
		if slices.Contains(found, f) {
			return f
		}
	}
	slices.SortFunc(found, func(a, b string) int {
		if n := strings.Count(a, "/") - strings.Count(b, "/"); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	return found[0]
}

// named are the packages of a name that a notebook can import, of those that need not be looked for.
func (c *Checker) named(name string) (list []*types.Package) {
	for _, p := range c.packages.Packages() {
		if p.Name != name || strings.Contains(p.Path, "/internal/") || strings.HasPrefix(p.Path, "internal/") || strings.HasPrefix(p.Path, "vendor/") || p.Name == "main" {
			continue
		}
		if pkg, err := c.importer.Import(p.Path); err == nil {
			list = append(list, pkg)
		}
	}
	return list
}

// SuggestTyped is Suggest where a further symbol is being typed: a package that has one beginning so, in whatever
// case, comes first. Only packages that need not be looked for are considered.
func (c *Checker) SuggestTyped(ctx context.Context, name string, symbols []string, prefix string) (importPath string, ok bool) {
	known := name == "unsafe"
	for _, p := range c.packages.Packages() {
		if p.Name != name {
			continue
		}
		pkg, err := c.importer.Import(p.Path)
		if err != nil {
			continue
		}
		known = true
		if slices.ContainsFunc(symbols, func(s string) bool { return pkg.Scope().Lookup(s) == nil }) {
			continue
		}
		for _, s := range pkg.Scope().Names() {
			if !token.IsExported(s) || !strings.HasPrefix(strings.ToLower(s), strings.ToLower(prefix)) {
				continue
			}
			found, ok := c.Suggest(ctx, name, append(slices.Clone(symbols), s))
			if ok && found == p.Path {
				return found, true
			}
			break
		}
	}
	if !known {
		return "", false
	}
	return c.Suggest(ctx, name, symbols)
}

// Finder is a Packages that can also find packages outside of the base library.
type Finder interface {
	// Find returns the first package of a name that declares all of the symbols, and makes it available to Export. To
	// find that there is none takes no building. The error says why one that has them cannot be had.
	Find(ctx context.Context, name string, symbols []string) (path string, ok bool, err error)
}

// Declarer is a Packages that also knows the notebook's file.
type Declarer interface {
	// Declared says where a name is declared that no cell has declared yet, in a clause; "" when that is not known.
	Declared(name string) string
}

// elsewhere looks for a package outside of the base library.
func (c *Checker) elsewhere(ctx context.Context, name string, symbols []string) (path string, ok bool, err error) {
	f, ok := c.packages.(Finder)
	if !ok {
		return "", false, nil
	}
	if path, ok, err = f.Find(ctx, name, symbols); !ok || err != nil {
		return "", false, err
	}
	pkg, err := c.importer.Import(path)
	return path, err == nil && !slices.ContainsFunc(symbols, func(s string) bool { return !token.IsExported(s) || pkg.Scope().Lookup(s) == nil }), nil
}

// importName is the name a package is known by without being given one.
func (c *Checker) importName(p string) (string, error) {
	pkg, err := c.importer.Import(p)
	if err != nil {
		return path.Base(p), err
	}
	return pkg.Name(), nil
}

// Warm reads the export data of packages that the first cell is likely to use.
func (c *Checker) Warm(paths ...string) {
	for _, p := range paths {
		c.importer.Import(p)
	}
}
