package link

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

// A process holds one version of a package. A go.mod that appears or changes while a notebook is open may ask for other versions of what is
// loaded. An older one is no obstacle: versions of a module that follow each other are compatible, so what is loaded serves, and a note
// says so. A newer one cannot be had before a restart.

// holding is what a process has loaded.
type holding struct {
	versions map[string]string // of modules
	sums     []string          // go.sum files that may know them
}

// raise is a module that is taken in the version that is loaded, which is newer than what the module's files ask for.
type raise struct {
	asked, loaded string
}

// raised are such modules, by path.
type raised map[string]raise

// over lists the modules that are loaded in a newer version than is asked for.
func (h holding) over(asked map[string]string) raised {
	out := raised{}
	for path, v := range asked {
		if loaded := h.versions[path]; loaded != "" && semver.Compare(loaded, v) > 0 {
			out[path] = raise{v, loaded}
		}
	}
	return out
}

func (r raised) paths() []string { return slices.Sorted(maps.Keys(r)) }

// store makes a module that requires what is loaded: a workspace that uses it takes those versions.
func (r raised) store(c *cache, line string) (dir string, err error) {
	var b strings.Builder
	fmt.Fprintf(&b, "module interleave.loaded\n\ngo %s\n\n", line)
	for _, path := range r.paths() {
		fmt.Fprintf(&b, "require %s %s\n", path, r[path].loaded)
	}
	dir = c.path("mod", "loaded-"+hash(b.String()))
	return dir, writeFile(filepath.Join(dir, "go.mod"), []byte(b.String()))
}

// holding is what this builder's worker has, or may have, loaded.
func (b *Builder) holding() holding {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := holding{versions: map[string]string{}, sums: slices.Clone(b.sums)}
	maps.Copy(h.versions, b.base.Modules)
	for _, p := range b.extra {
		if p.module != "" {
			h.versions[p.module] = p.version
		}
	}
	return h
}

// moduleOf is the loaded module that a package belongs to, "" when none does.
func (h holding) moduleOf(importPath string) string {
	for at := importPath; at != "." && at != "/"; at = filepath.Dir(at) {
		if h.versions[at] != "" {
			return at
		}
	}
	return ""
}

// compare tells of packages that are imported and loaded, while the module's files ask for other versions of them.
func (b *Builder) compare(importPaths []string) {
	foreign := slices.DeleteFunc(slices.Clone(importPaths), func(path string) bool {
		p := b.find(path)
		return p == nil || p.Std || path == own || strings.HasPrefix(path, own+"/")
	})
	if len(foreign) == 0 {
		return
	}
	m, err := b.current()
	if err != nil { // who needs the module says so
		return
	}
	h := b.holding()
	for _, path := range foreign {
		module := h.moduleOf(path)
		if asked := m.asked[module]; asked != "" && asked != h.versions[module] {
			b.differs(m, module, raise{asked, h.versions[module]})
		}
	}
}

// differs tells once that a module is used in another version than is asked for.
func (b *Builder) differs(m *Module, module string, r raise) {
	if b.told(module, r.asked) {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.notes = append(b.notes, fmt.Sprintf("%s %s is loaded and used here; %s asks for %s, which a restart uses", module, r.loaded, m.file(), r.asked))
}

// told remembers that the reader knows which version of a module is asked for, and whether that was known.
func (b *Builder) told(module, asked string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := module + "@" + asked
	if b.mentioned[key] {
		return true
	}
	b.mentioned[key] = true
	return false
}

// file names the file that decides versions.
func (m *Module) file() string {
	if m.gowork != "" {
		return "go.work"
	}
	return "go.mod"
}

// Notes are what a reader should know of the imports since the last call.
func (b *Builder) Notes() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	notes := b.notes
	b.notes = nil
	return notes
}

// Follow makes a folder the one whose go.mod or go.work counts from the next import on. When there is none, those of Options.Dir do.
func (b *Builder) Follow(dir string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dir = dir
}

// folder is the folder whose go.mod or go.work counts.
func (b *Builder) folder() (string, error) {
	b.mu.Lock()
	dir := b.dir
	b.mu.Unlock()
	if dir != "" && b.shop.tool.locate(dir) != (place{}) {
		return dir, nil
	}
	dir, err := filepath.Abs(b.opts.Dir)
	if err != nil {
		return "", fmt.Errorf("find notebook folder: %w", err)
	}
	return dir, nil
}

// seen is a module with the looks of the files that it was made of.
type seen struct {
	module *Module
	place  place
	stamps []stamp
}

// current is the governing module, made again only when its files have changed. It is for looking at versions.
func (b *Builder) current() (*Module, error) {
	dir, err := b.folder()
	if err != nil {
		return nil, err
	}
	p := b.shop.tool.locate(dir)
	b.mu.Lock()
	last := b.seen
	b.mu.Unlock()
	if last.module != nil && last.place == p && slices.Equal(last.module.stamps(), last.stamps) {
		return last.module, nil
	}
	w, err := b.governing()
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen = seen{w.module, p, w.module.stamps()}
	return w.module, nil
}

// stamps are those of the files that a user changes.
func (m *Module) stamps() []stamp {
	asked := ""
	if m.Scratch {
		asked = requestsFile(m.Dir)
	}
	names := slices.DeleteFunc(slices.Concat([]string{m.gomod, m.gowork, asked}, m.files), func(name string) bool { return name == "" })
	list := make([]stamp, len(names))
	for i, name := range names {
		if info, err := os.Stat(name); err == nil {
			list[i] = stamp{info.Size(), info.ModTime().UnixNano()}
		}
	}
	return list
}
