package link

import (
	gover "go/version"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// Provider is a module that the user's files name.
type Provider struct {
	Path, Version string // Version is empty for the user's own modules and for replaced ones that lie in a folder
	Dir           string // "" where it isn't in the module cache
	Main          bool   // it's the user's own
}

// provide takes the modules that a go.mod names into the list.
func (m *Module) provide(t *Toolchain, f *modfile.File, root string) {
	m.providers = append(m.providers, Provider{Path: f.Module.Mod.Path, Dir: root, Main: true})
	if gover.Compare(lang(f), "go1.17") < 0 { // it need not name what its modules require
		m.lax = true
	}
	for _, r := range f.Require {
		m.providers = append(m.providers, Provider{Path: r.Mod.Path, Version: r.Mod.Version, Dir: t.moduleDir(r.Mod.Path, r.Mod.Version)})
	}
	m.replace(t, f.Replace, root)
}

// replace applies replace directives.
func (m *Module) replace(t *Toolchain, list []*modfile.Replace, root string) {
	for _, r := range list {
		p := Provider{Path: r.Old.Path, Dir: absolute(root, r.New.Path)}
		if r.New.Version != "" {
			p.Version, p.Dir = r.New.Version, t.moduleDir(r.New.Path, r.New.Version)
		}
		i := slices.IndexFunc(m.providers, func(have Provider) bool {
			return have.Path == r.Old.Path && (r.Old.Version == "" || r.Old.Version == have.Version)
		})
		switch {
		case i >= 0:
			m.providers[i].Dir = p.Dir
			if p.Version == "" {
				m.providers[i].Version = ""
			}
		case r.Old.Version == "":
			m.providers = append(m.providers, p)
		}
	}
}

// moduleDir is where a module lies in the module cache, "" when it isn't there.
func (t *Toolchain) moduleDir(path, version string) string {
	p, err1 := module.EscapePath(path)
	v, err2 := module.EscapeVersion(version)
	if err1 != nil || err2 != nil || t.Env["GOMODCACHE"] == "" {
		return ""
	}
	dir := filepath.Join(t.Env["GOMODCACHE"], filepath.FromSlash(p)+"@"+v)
	if !isFolder(dir) {
		return ""
	}
	return dir
}

// provider is the module that an import path belongs to by its name, nil when the user's files name none and it isn't at hand.
func (m *Module) provider(importPath string) *Provider {
	var best *Provider
	for _, list := range [][]Provider{m.providers, m.hand} {
		for i, p := range list {
			if (importPath == p.Path || strings.HasPrefix(importPath, p.Path+"/")) && (best == nil || len(p.Path) > len(best.Path)) {
				best = &list[i]
			}
		}
	}
	return best
}

// Providers lists the modules that packages may be imported from without asking for them: that which governs the notebook's folder, and
// those that its go.mod names; of a folder without one, those that were asked for and those that every notebook has at hand.
func (b *Builder) Providers() ([]Provider, error) {
	m, err := b.current()
	if err != nil || m.ours() { // what our own module requires is not a notebook's business
		return nil, err
	}
	return slices.Concat(m.providers, m.hand), nil
}

// ours tells the module that this program belongs to.
func (m *Module) ours() bool { return m.Path == own && m.Dir == m.Sources }

// NotesFolder is the folder for small files that the cache can do without.
func (b *Builder) NotesFolder() string { return b.shop.cache.path("state") }
