package link

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// governing is the module as its files are now: a go.mod that has appeared, that was edited, or that Get has changed, counts at once for
// packages that are not loaded yet.
func (b *Builder) governing() (*workshop, error) {
	dir, err := b.folder()
	if err != nil {
		return nil, err
	}
	now := *b.shop
	if now.module, err = findModule(now.tool, dir, b.opts.Sources, now.cache, b.holding()); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.module = now.module
	for _, sum := range []string{strings.TrimSuffix(now.module.gomod, "mod") + "sum", now.module.gowork + ".sum"} {
		if filepath.IsAbs(sum) && !slices.Contains(b.sums, sum) {
			b.sums = append(b.sums, sum)
		}
	}
	return &now, nil
}

// Change is a module whose version Get has changed. Before or After is empty when it was added or removed.
type Change struct {
	Path, Before, After string
	Loaded              string // the version that is loaded and that a restart changes, "" when there is none
}

// Get adds modules to the governing go.mod as go get does ("pkg", "pkg@v1.2.3") and tells what has changed. Packages that are not loaded yet
// can be imported in their new version at once, others when there is a new Builder. The error
// is a *PackageError with the go command's own words.
func (b *Builder) Get(ctx context.Context, args ...string) ([]Change, error) {
	b.requiring.Lock()
	defer b.requiring.Unlock()
	w, err := b.governing()
	if err != nil {
		return nil, err
	}
	if w.module.Scratch {
		return b.getScratch(ctx, w, args, nil)
	}
	plain := *w.module // the user's own go.mod is what go get is asked to change
	plain.flags, plain.env = nil, nil
	before := w.module.versions()
	cmd := plain.command(ctx, w.tool, w.goEnv(), "get", append([]string{"--"}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, &PackageError{words(withoutProgress(string(out)), err)}
	}
	return b.changes(before, w.module.versions()), nil
}

// Get is Builder.Get for a folder for which there is no Builder: when none can be made, taking a module out may be the cure.
func Get(ctx context.Context, o Options, args ...string) ([]Change, error) {
	w, err := newWorkshop(ctx, o)
	if err != nil {
		return nil, err
	}
	defer w.close()
	b := &Builder{opts: o, shop: w, base: &base{}, extra: map[string]*Package{}, mentioned: map[string]bool{}}
	return b.Get(ctx, args...)
}

// versions reads what the governing go.mod requires.
func (m *Module) versions() map[string]string {
	data, err := os.ReadFile(m.gomod)
	if err != nil {
		return nil
	}
	f, err := modfile.ParseLax(m.gomod, data, nil)
	if err != nil {
		return nil
	}
	out := map[string]string{}
	for _, r := range f.Require {
		out[r.Mod.Path] = r.Mod.Version
	}
	return out
}

func (b *Builder) changes(before, after map[string]string) []Change {
	held := b.holding().versions
	var out []Change
	for path, v := range after {
		if before[path] == v || path == own {
			continue
		}
		c := Change{Path: path, Before: before[path], After: v}
		// What was added in an older version than is loaded is used as it is loaded, and the import says so.
		if loaded := held[path]; loaded != "" && loaded != v && (before[path] != "" || semver.Compare(loaded, v) < 0) {
			c.Loaded = loaded
			b.told(path, v)
		}
		out = append(out, c)
	}
	for path, v := range before {
		if after[path] == "" {
			out = append(out, Change{Path: path, Before: v, Loaded: held[path]})
		}
	}
	slices.SortFunc(out, func(x, y Change) int { return strings.Compare(x.Path, y.Path) })
	return out
}

func stderrOf(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(exit.Stderr)
	}
	return ""
}

// clash is a loaded package that is wanted with other contents.
type clash struct {
	path          string
	module        string // "" for a local package
	loaded, asked string // versions
}

// clashes lists packages that are loaded and that the go command now lists with other contents. What depends on one can not be loaded
// beside the one that is there.
func (b *Builder) clashes(all []*listed) ([]clash, error) {
	held := b.holding()
	var out []clash
	for _, l := range all {
		if l.Standard || l.Export == "" {
			continue
		}
		p := b.find(l.ImportPath)
		if p == nil {
			continue
		}
		data, err := os.ReadFile(l.Export)
		if err != nil {
			return nil, fmt.Errorf("read package: %w", err)
		}
		a, err := readArchive(data)
		if err != nil {
			return nil, fmt.Errorf("read package %s: %w", l.ImportPath, err)
		}
		if a.print() == p.print {
			continue
		}
		c := clash{path: l.ImportPath}
		if m := l.Module; m != nil && !l.local() {
			c.module, c.loaded, c.asked = m.Path, held.versions[m.Path], m.used()
		}
		out = append(out, c)
	}
	return out, nil
}

// ClashError is a package that cannot be loaded because it rests on other versions of packages that are.
type ClashError struct {
	Wanted []string // import paths
	loaded []clash
}

func (e *ClashError) Error() string {
	var newer, changed []string
	for _, c := range e.loaded {
		if c.module != "" && c.loaded != "" && c.loaded != c.asked {
			newer = append(newer, fmt.Sprintf("%s %s, and %s is loaded", c.module, c.asked, c.loaded))
		} else {
			changed = append(changed, c.path)
		}
	}
	if newer = slices.Compact(newer); len(newer) > 0 { // what rests on those differs as well
		return fmt.Sprintf("%s needs %s; restart the kernel to use it", strings.Join(e.Wanted, ", "), strings.Join(newer, "; "))
	}
	return fmt.Sprintf("%s needs %s, which is loaded in another state; restart the kernel to use it", strings.Join(e.Wanted, ", "), strings.Join(changed, ", "))
}
