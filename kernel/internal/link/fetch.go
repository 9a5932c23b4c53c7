package link

import (
	"context"
	"path/filepath"
	"strings"
)

// Fetched is a package that was added to what a folder's notebooks asked for because one of them imported it.
type Fetched struct {
	Path            string // of the package
	Module, Version string
	Changes         []Change
}

// Fetch adds the package of an import to the modules of a folder without a go.mod. It takes the version that is loaded or was asked for, where
// there is one, and else the latest. said is told what is downloaded. The error is a *PackageError with the go command's own words.
func (b *Builder) Fetch(ctx context.Context, path string, said func(what string)) (Fetched, error) {
	b.requiring.Lock()
	defer b.requiring.Unlock()
	w, err := b.governing()
	if err != nil {
		return Fetched{}, err
	}
	if !w.module.Scratch {
		return Fetched{}, &PackageError{lacks(path).String()}
	}
	changes, err := b.getScratch(ctx, w, []string{w.wish(path, b.holding().versions)}, said)
	if err != nil {
		return Fetched{}, err
	}
	r, err := w.cache.requests(w.module.Dir)
	if err != nil {
		return Fetched{}, err
	}
	versions := r.versions()
	f := Fetched{Path: path, Module: moduleOf(path, versions), Changes: changes}
	f.Version = versions[f.Module]
	return f, nil
}

// wish is what to ask the go command for to get a package.
func (w *workshop) wish(path string, loaded map[string]string) string {
	for _, versions := range []map[string]string{w.module.requests.versions(), loaded} {
		module := moduleOf(path, versions)
		dir := w.tool.moduleDir(module, versions[module])
		if module == "" {
			continue
		}
		// A longer path may be that of another module, in versions of its own.
		if dir != "" && isFolder(filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(path, module)))) {
			return path + "@" + versions[module]
		}
	}
	return path
}

// Scratch tells whether no go.mod governs the notebook's folder, so that packages may be added without asking.
func (b *Builder) Scratch() bool {
	m, err := b.current()
	return err == nil && m.Scratch
}
