package link

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"interleave/kernel/internal/revision"
)

// A local package that is edited while the kernel runs is loaded again, as a package with another path (see package revision), and with it
// every local package that imports it. The go command compiles it: an overlay shows it the package's files in a folder that is not
// there, with the paths of revisions in their import clauses. So it looks after build tags, embedded files and internal packages, and
// places in messages are those of the files, but for the name of that folder, which is taken out.

// Edited are local packages in new revisions, compiled and not in use before Adopt.
type Edited struct {
	Changed []string          // the packages whose files have changed
	Next    map[string]string // by the path of each package that has a new revision: the path of that
	Anew    []string          // those of them that have variables of the package, which begin anew

	key     string
	folders []folder
	overlay map[string]string
}

// FixedError is a local package that has changed and cannot be loaded again. Why is empty for one that is gone.
type FixedError struct {
	Package, Why string
}

func (e *FixedError) Error() string {
	if e.Why == "" {
		return e.Package + " is not on disk any more; the code that is loaded stays in use"
	}
	return e.Package + " has changed on disk; restart the kernel to use it, as " + e.Why
}

// outcome is what came of an attempt.
type outcome struct {
	key    string
	edited *Edited
	err    error
}

// Edit compiles new revisions of local packages whose files have changed since they were loaded; nil when there are none. What has been
// compiled, or refused, is not compiled again before the files change once more. The error is a *PackageError when a package does not
// compile, and a *FixedError when it cannot be loaded again.
func (b *Builder) Edit(ctx context.Context) (*Edited, error) {
	changed := b.changed()
	if len(changed) == 0 {
		return nil, nil
	}
	parts := []string{}
	for _, f := range changed {
		parts = append(parts, f.Package, b.looks.now(f))
	}
	key := hash(parts...)
	b.requiring.Lock()
	defer b.requiring.Unlock()
	if b.last.key == key {
		return b.last.edited, b.last.err
	}
	e, err := b.edit(ctx, changed)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if e != nil {
		e.key = key
	}
	b.last = outcome{key, e, err}
	return e, err
}

func (b *Builder) edit(ctx context.Context, changed []folder) (*Edited, error) {
	e := &Edited{Next: map[string]string{}}
	gone := slices.DeleteFunc(slices.Clone(changed), func(f folder) bool { return len(f.files()) > 0 })
	if len(gone) == len(changed) {
		return nil, &FixedError{packagesOf(gone), ""}
	}
	for _, f := range changed {
		if slices.ContainsFunc(gone, func(g folder) bool { return g.Package == f.Package }) {
			continue
		}
		e.Changed = append(e.Changed, f.Package)
		if b.base.packages[f.Package] != nil {
			return nil, &FixedError{f.Package, "it is part of the base library"}
		}
	}
	affected, err := b.above(e.Changed)
	if err != nil {
		return nil, err
	}
	shop, err := b.governing()
	if err != nil {
		return nil, err
	}
	list, err := shop.list(ctx, nil, append([]string{"--"}, affected...)...)
	if err != nil {
		return nil, err
	}
	all, err := b.compileRevisions(ctx, shop, e, list, nil)
	if err != nil {
		return nil, err
	}
	return e, b.admit(shop, all, nil)
}

func packagesOf(folders []folder) string {
	var list []string
	for _, f := range folders {
		list = append(list, f.Package)
	}
	return strings.Join(list, ", ")
}

// above lists packages that are loaded and rest on any of the given ones, with those themselves. The error says which of them cannot be
// loaded again.
func (b *Builder) above(changed []string) ([]string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	in := map[string]bool{}
	for _, path := range changed {
		in[path] = true
	}
	for more := true; more; {
		more = false
		for path, p := range b.extra {
			plain := revision.Plain(path)
			if in[plain] || b.revision(plain) != path {
				continue
			}
			if slices.ContainsFunc(p.imports, func(i string) bool { return in[revision.Plain(i)] }) {
				in[plain], more = true, true
			}
		}
	}
	paths := slices.Sorted(maps.Keys(in))
	for _, path := range paths {
		if !slices.ContainsFunc(b.folders, func(f folder) bool { return f.Package == path }) {
			return nil, &FixedError{strings.Join(changed, ", "), "the downloaded package " + path + " imports it"}
		}
	}
	return paths, nil
}

// compileRevisions gives each of the packages a new revision and compiles those, and also further packages, which may import them.
func (b *Builder) compileRevisions(ctx context.Context, shop *workshop, e *Edited, list []*listed, also []string) ([]*listed, error) {
	if err := refuseRevisions(list); err != nil {
		return nil, err
	}
	b.mu.Lock()
	paths := maps.Clone(b.revisions)
	b.mu.Unlock()
	if paths == nil {
		paths = map[string]string{}
	}
	for _, l := range list {
		b.mu.Lock()
		b.issued[l.ImportPath] = max(b.issued[l.ImportPath], 1) + 1
		e.Next[l.ImportPath] = revision.Path(l.ImportPath, b.issued[l.ImportPath])
		b.mu.Unlock()
		paths[l.ImportPath] = e.Next[l.ImportPath]
		e.folders = append(e.folders, folderOf(l))
	}
	dir, err := os.MkdirTemp(shop.tempDir(), "revision")
	if err != nil {
		return nil, fmt.Errorf("copy package: %w", err)
	}
	e.overlay = map[string]string{}
	for _, l := range list {
		at := filepath.Join(l.Dir, filepath.Base(e.Next[l.ImportPath]))
		anew := false
		for i, name := range l.GoFiles {
			data, err := os.ReadFile(filepath.Join(l.Dir, name))
			if err != nil {
				return nil, fmt.Errorf("read package: %w", err)
			}
			text, has := revision.Rewrite(data, paths)
			anew = anew || has
			copied := filepath.Join(dir, hash(l.ImportPath)+"-"+strconv.Itoa(i)+".go")
			if err := os.WriteFile(copied, text, 0o600); err != nil {
				return nil, fmt.Errorf("copy package: %w", err)
			}
			e.overlay[filepath.Join(at, name)] = copied
		}
		for _, name := range l.EmbedFiles {
			e.overlay[filepath.Join(at, name)] = filepath.Join(l.Dir, name)
		}
		if anew {
			e.Anew = append(e.Anew, l.ImportPath)
		}
	}
	shop, err = b.overlaid(shop, e.overlay)
	if err != nil {
		return nil, err
	}
	wanted := append(slices.Sorted(maps.Values(e.Next)), also...)
	all, err := shop.compileImports(ctx, b.mode, wanted)
	if err == nil {
		err = b.refuse(shop.module, all, wanted)
	}
	if refused := (*PackageError)(nil); errors.As(err, &refused) {
		err = &PackageError{b.inFiles(refused.Text, e.overlay)}
	}
	return all, err
}

// inFiles is a message with the names of the files that the user has edited, as seen from the notebook's folder.
func (b *Builder) inFiles(text string, overlay map[string]string) string {
	home, _ := b.folder() // without one the names are those of the root
	var lines []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "# ") { // the go command's heading
			continue
		}
		for at, copied := range overlay {
			at = revision.Plain(at)
			if rel, err := filepath.Rel(home, at); err == nil && home != "" {
				line = strings.ReplaceAll(line, at, rel)
				at = rel
			}
			line = strings.ReplaceAll(line, copied, at)
		}
		lines = append(lines, revision.Plain(line))
	}
	return strings.Join(lines, "")
}

// refuseRevisions says which package cannot be loaded twice.
func refuseRevisions(list []*listed) error {
	for _, l := range list {
		switch {
		case l.Error != nil:
			return &PackageError{reason(l)}
		case len(l.CgoFiles)+len(l.SFiles)+len(l.SysoFiles)+len(l.SwigFiles) > 0:
			return &FixedError{l.ImportPath, "it has code in C or assembly"}
		}
		for _, name := range l.GoFiles {
			if data, err := os.ReadFile(filepath.Join(l.Dir, name)); err == nil && revision.HasInit(data) {
				return &FixedError{l.ImportPath, "it has a function init, which must not run a second time"}
			}
		}
	}
	return nil
}

// overlaid is a workshop whose go commands see the files of the revisions in use, and those of more.
func (b *Builder) overlaid(shop *workshop, more map[string]string) (*workshop, error) {
	b.mu.Lock()
	all := maps.Clone(b.overlay)
	b.mu.Unlock()
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, more)
	if len(all) == 0 {
		return shop, nil
	}
	given, err := shop.module.overlay()
	if err != nil {
		return nil, err
	}
	maps.Copy(all, given)
	data, err := json.Marshal(struct{ Replace map[string]string }{all})
	if err != nil {
		return nil, fmt.Errorf("write overlay: %w", err)
	}
	name := filepath.Join(shop.tempDir(), "overlay-"+hash(string(data))+".json")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		return nil, fmt.Errorf("write overlay: %w", err)
	}
	out, m := *shop, *shop.module
	m.flags = slices.DeleteFunc(slices.Clone(m.flags), func(f string) bool { return strings.HasPrefix(f, "-overlay=") })
	m.flags = append(m.flags, "-overlay="+name)
	out.module = &m
	return &out, nil
}

// Adopt takes new revisions into use: from now on they are what their packages' paths mean.
func (b *Builder) Adopt(e *Edited) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.adopt(e)
}

func (b *Builder) adopt(e *Edited) {
	for path, next := range e.Next {
		b.revisions[path] = next
	}
	maps.Copy(b.overlay, e.overlay)
	for _, f := range e.folders {
		i := slices.IndexFunc(b.folders, func(old folder) bool { return old.Package == f.Package })
		if i < 0 {
			b.folders = append(b.folders, f)
		} else {
			b.folders[i] = f
		}
	}
}

// Revisions are the paths of the revisions that are in use, by the path of the package; a package of which there is only one is not among them.
func (b *Builder) Revisions() map[string]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.revisions)
}

func (b *Builder) revision(path string) string {
	if next, ok := b.revisions[path]; ok {
		return next
	}
	return path
}

// newcomers lists the local packages that are not loaded, are wanted, and rest on packages of which a later revision is in use: they are
// loaded as revisions that import those.
func (b *Builder) newcomers(ctx context.Context, shop *workshop, missing []string) ([]*listed, error) {
	b.mu.Lock()
	edited := maps.Clone(b.revisions)
	b.mu.Unlock()
	if len(edited) == 0 {
		return nil, nil
	}
	all, err := shop.list(ctx, nil, append([]string{"-deps", "--"}, missing...)...)
	if err != nil {
		return nil, err
	}
	var list []*listed
	rest := map[string]bool{}
	for _, l := range all { // dependencies come first
		if edited[l.ImportPath] != "" || slices.ContainsFunc(l.Imports, func(i string) bool { return rest[i] }) {
			rest[l.ImportPath] = true
			switch {
			case edited[l.ImportPath] != "":
			case !l.local():
				return nil, &FixedError{l.ImportPath, "it imports a package that was edited"}
			default:
				list = append(list, l)
			}
		}
	}
	return list, nil
}
