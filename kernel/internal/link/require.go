package link

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"interleave/kernel/internal/revision"
)

// Packages lists what may be imported without Require, by import path: candidates for an import that is missing.
func (b *Builder) Packages() []Package {
	var out []Package
	asked := b.asked()
	for _, p := range b.base.sorted {
		if !slices.Contains(strings.Split(p.ImportPath, "/"), "internal") && !strings.HasPrefix(p.ImportPath, "vendor/") && (p.atHand() || asked(p.ImportPath)) {
			out = append(out, *p)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for path, p := range b.extra {
		if !revision.Is(path) {
			if p.Std || asked(path) {
				out = append(out, *p)
			}
		} else if plain := revision.Plain(path); b.extra[plain] == nil && b.revision(plain) == path && asked(plain) {
			as := *p // a package that came after one that it rests on was edited
			as.ImportPath = plain
			out = append(out, as)
		}
	}
	return out
}

// hand are the modules whose packages every notebook has at hand. The base also holds what lessons and plots are made of, which is
// no business of a notebook's.
var hand = []string{own, "gonum.org/v1/gonum", "gonum.org/v1/plot", "golang.org/x/exp", "golang.org/x/image", "golang.org/x/sync", "golang.org/x/text", "golang.org/x/time"}

// atHand tells whether a package of the base is there for notebooks.
func (p *Package) atHand() bool {
	return p.Std || slices.ContainsFunc(hand, func(module string) bool { return strings.HasPrefix(p.ImportPath+"/", module+"/") })
}

// asked tells of import paths whether they are of a module that the user's files name, or of one that was asked for.
func (b *Builder) asked() func(path string) bool {
	m, err := b.current()
	if err != nil || m.ours() {
		return func(string) bool { return err != nil }
	}
	return func(path string) bool { return m.provider(path) != nil }
}

// Export returns the file with the export data of a package, as go/importer's gc lookup takes it. It is there for every
// package of the base, internal ones included, and for what Require found.
func (b *Builder) Export(importPath string) (string, error) {
	if p := b.find(importPath); p != nil {
		return p.export, b.intact(b.background, []string{importPath})
	}
	return "", fmt.Errorf("%s: %w", importPath, ErrUnknownPackage)
}

func (b *Builder) find(path string) *Package {
	if p := b.base.packages[path]; p != nil {
		return p
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.extra[b.revision(path)]
}

// Require makes packages that the base has not available to Export and Build, with their dependencies. It is quick
// when all are known. The first version of a package that it sees stays the version of this Builder. The error is a *PackageError when the
// go command refuses.
func (b *Builder) Require(ctx context.Context, importPaths ...string) error {
	var missing []string
	for _, p := range importPaths {
		if p != "unsafe" && p != "C" && b.find(p) == nil {
			missing = append(missing, p)
		}
	}
	if err := b.intact(ctx, importPaths); err != nil {
		return err
	}
	b.compare(importPaths)
	if len(missing) == 0 {
		return nil
	}
	b.requiring.Lock()
	defer b.requiring.Unlock()
	return b.require(ctx, missing)
}

// require is Require for packages that the builder has not.
func (b *Builder) require(ctx context.Context, missing []string) error {
	shop, err := b.governing()
	if err != nil {
		return err
	}
	if err := b.lacking(shop, missing); err != nil {
		return err
	}
	all, e, err := b.compileMissing(ctx, shop, missing)
	if err != nil {
		return shop.module.explain(err, missing)
	}
	for _, l := range all {
		if m := l.Module; m != nil && !l.local() {
			if r, ok := shop.module.raised[m.Path]; ok {
				b.differs(shop.module, m.Path, r)
			}
		}
	}
	if err := b.admit(shop, all, missing); err != nil || e == nil {
		return err
	}
	b.Adopt(e) // nothing of them is in use yet
	return nil
}

// compileMissing compiles packages, as revisions those that rest on a package of which a later revision is in use.
func (b *Builder) compileMissing(ctx context.Context, shop *workshop, missing []string) ([]*listed, *Edited, error) {
	shop, err := b.overlaid(shop, nil)
	if err != nil {
		return nil, nil, err
	}
	list, err := b.newcomers(ctx, shop, missing)
	if err != nil {
		return nil, nil, err
	}
	if len(list) == 0 {
		all, err := shop.compileImports(ctx, b.mode, missing)
		if err == nil {
			err = b.refuse(shop.module, all, missing)
		}
		return all, nil, err
	}
	e := &Edited{Next: map[string]string{}}
	others := slices.DeleteFunc(slices.Clone(missing), func(path string) bool {
		return slices.ContainsFunc(list, func(l *listed) bool { return l.ImportPath == path })
	})
	all, err := b.compileRevisions(ctx, shop, e, list, others)
	return all, e, err
}

// compileImports compiles packages, and what they rest on, the way plugins take them.
func (w *workshop) compileImports(ctx context.Context, mode Mode, paths []string) ([]*listed, error) {
	flags, err := w.modeFlags(mode)
	if err != nil {
		return nil, err
	}
	done := 0
	compiled := func(path string) {
		done++
		w.step(Step{What: CompileImports, Done: done, Detail: path})
	}
	args := slices.Concat([]string{"-v"}, flags, []string{"--"}, paths)
	all, err := w.export(ctx, compiled, args...)
	if refused := (*PackageError)(nil); errors.As(err, &refused) && w.complete(ctx) {
		all, err = w.export(ctx, compiled, args...)
	}
	return all, err
}

// refuse says why packages cannot be loaded, if there is a reason.
func (b *Builder) refuse(m *Module, all []*listed, wanted []string) error {
	var bad []string
	unmet := &MissingError{}
	for _, p := range all {
		if p.Export == "" && p.ImportPath != "unsafe" && (p.Error != nil || slices.Contains(wanted, p.ImportPath)) {
			if missing, ok := m.unmet(p, wanted); ok {
				unmet.add(missing)
				continue
			}
			bad = append(bad, reason(p))
		}
		if p.Name == "main" && slices.Contains(wanted, p.ImportPath) {
			bad = append(bad, fmt.Sprintf("import %q is a program, not an importable package", p.ImportPath))
		}
	}
	if len(unmet.List) > 0 {
		return unmet
	}
	if len(bad) > 0 {
		return &PackageError{strings.Join(slices.Compact(bad), "\n")}
	}
	clashes, err := b.clashes(all)
	if err == nil && len(clashes) > 0 {
		err = &ClashError{wanted, clashes}
	}
	return err
}

// complete has the go command write the requirements that it finds missing among those of a generated go.mod, and tells whether it
// could. It looks for no package that nobody required: those of our own module are all there.
func (w *workshop) complete(ctx context.Context) bool {
	if !w.module.generated() {
		return false
	}
	c := *w
	c.module = w.module.completing()
	_, err := c.list(ctx, nil, own+"/kernel/display")
	return err == nil
}

// CallsC reports whether packages that Require has found, or what they import outside of the base, were made by cgo.
func (b *Builder) CallsC(imports []string) bool {
	b.mu.Lock()
	known := slices.DeleteFunc(slices.Clone(imports), func(path string) bool { return b.extra[path] == nil })
	b.mu.Unlock()
	list, err := b.reach(known)
	return err == nil && slices.ContainsFunc(list, func(p *Package) bool { return p.cgo })
}

// Requires reports whether the user's own module, or one of the workspace, is or requires a module.
func (b *Builder) Requires(module string) bool {
	shop, err := b.governing()
	if err != nil || shop.module.Scratch {
		return false
	}
	for _, name := range shop.module.files {
		if filepath.Base(name) != "go.mod" {
			continue
		}
		if _, f, err := readMod(name); err == nil && (f.Module.Mod.Path == module || slices.ContainsFunc(f.Require, func(r *modfile.Require) bool { return r.Mod.Path == module })) {
			return true
		}
	}
	return false
}

// admit takes packages into the builder.
func (b *Builder) admit(shop *workshop, all []*listed, asked []string) error {
	found := map[string]*Package{}
	var folders []folder
	var wanted []string
	for _, l := range all {
		if l.ImportPath == "unsafe" || l.ImportPath == "C" || b.find(l.ImportPath) != nil {
			continue
		}
		data, err := os.ReadFile(l.Export)
		if err != nil {
			return fmt.Errorf("read package: %w", err)
		}
		a, err := readArchive(data)
		if err != nil {
			return fmt.Errorf("read package %s: %w", l.ImportPath, err)
		}
		p := &Package{ImportPath: l.ImportPath, Name: l.Name, Std: l.Standard, cgo: a.host, print: a.print(), imports: l.Imports}
		if m := l.Module; m != nil && !l.local() {
			p.module, p.version = m.Path, m.used()
		}
		dir := b.shop.cache.path("extra", b.base.key)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("store package: %w", err)
		}
		p.export = filepath.Join(dir, filepath.Base(l.Export)+".a")
		if !isContent(p.export) {
			if err := os.Remove(p.export); err != nil && !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("store package: %w", err)
			}
			if err := copyFile(p.export, l.Export); err != nil && !errors.Is(err, os.ErrExist) {
				return err
			}
		}
		if revision.Is(l.ImportPath) {
			// Its folder is that of the package.
		} else if l.local() {
			folders = append(folders, folderOf(l))
		} else if slices.Contains(asked, l.ImportPath) && !l.Standard {
			wanted = append(wanted, l.ImportPath)
		}
		found[p.ImportPath] = p
	}
	b.mu.Lock()
	for path, p := range found {
		b.extra[path] = p
	}
	b.folders = append(b.folders, folders...)
	b.mu.Unlock()
	if len(wanted) == 0 {
		return nil
	}
	return shop.want(wanted)
}

// reach lists the packages outside of the base that imports lead to, each once, in a fixed order.
func (b *Builder) reach(imports []string) ([]*Package, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []*Package
	seen := map[string]bool{"unsafe": true, "C": true}
	todo := slices.Clone(imports)
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		if seen[path] || b.base.packages[path] != nil {
			continue
		}
		seen[path] = true
		p := b.extra[path]
		if p == nil {
			return nil, fmt.Errorf("%s: %w", path, ErrUnknownPackage)
		}
		out = append(out, p)
		todo = append(todo, p.imports...)
	}
	slices.SortFunc(out, func(x, y *Package) int { return strings.Compare(x.ImportPath, y.ImportPath) })
	return out, nil
}

// Changed tells whether the source of a local package is not what was compiled.
func (b *Builder) Changed() bool { return len(b.changed()) > 0 }

// changed lists the local packages whose source is not what was compiled.
func (b *Builder) changed() []folder {
	b.mu.Lock()
	folders := append(slices.Clone(b.base.Folders), b.folders...)
	b.mu.Unlock()
	return slices.DeleteFunc(folders, func(f folder) bool { return b.looks.now(f) == f.Hash })
}

// Command is a go command for this folder, with what makes our packages visible to it.
func (b *Builder) Command(ctx context.Context, verb string, args ...string) (argv, env []string, dir string) {
	shop, err := b.governing()
	if err != nil { // the go.mod is broken just now: as it was is better than nothing
		shop = b.shop
	}
	// Not TMPDIR, which a test that the command runs would see. What it runs has the user's collector, and cgo or not.
	set := map[string]string{"GOTMPDIR": shop.tempDir()}
	for _, name := range []string{"GOGC", "CGO_ENABLED"} {
		if v := getenv(shop.user, name); v != "" {
			set[name] = v
		}
	}
	cmd := shop.module.command(ctx, shop.tool, setenv(shop.env, set), verb, args...)
	return cmd.Args, cmd.Env, cmd.Dir
}
