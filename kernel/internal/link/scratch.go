package link

import (
	"cmp"
	"encoding/json"
	"fmt"
	gover "go/version"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"

	"interleave/kernel/internal/whole"
)

// A folder that no go.mod governs has a scratch module. It lies in the cache, under a name made from the folder's path, and it
// holds what the notebooks of that folder asked for by %get or by importing it, and nothing else.
//
// Go commands see a generated go.mod: what was asked for, module interleave, and the modules of which a process has
// packages loaded, in the versions that are loaded, so that nothing is loaded twice. The base library is the same for all such
// folders. It's built in a module of its own (common), unless a folder asked for newer versions of what is in it.

// requests are what the notebooks of a folder asked for.
type requests struct {
	Folder string   // where the notebooks lie
	Mod    string   // the go.mod, as the go command wrote it
	Sum    string   // and its go.sum
	Asked  []string // import paths, without versions
}

// versions are the modules in the go.mod.
func (r requests) versions() map[string]string {
	f, err := modfile.ParseLax("go.mod", []byte(r.Mod), nil)
	if err != nil {
		return map[string]string{}
	}
	return required(f)
}

// asksFor tells whether a package of a module was asked for, and not only required by one that was.
func (r requests) asksFor(module string, versions map[string]string) bool {
	return slices.ContainsFunc(r.Asked, func(path string) bool { return moduleOf(path, versions) == module })
}

// moduleOf is the module among versions that a package belongs to, "" when it is none of them.
func moduleOf(path string, versions map[string]string) string {
	for at := strings.TrimSuffix(path, "/..."); ; {
		if versions[at] != "" {
			return at
		}
		i := strings.LastIndexByte(at, '/')
		if i < 0 {
			return ""
		}
		at = at[:i]
	}
}

// scratch is the module of a folder that no go.mod governs. Its language is the toolchain's: nobody has chosen an older one. A folder has
// one module for each language, since an older toolchain refuses the go line of a newer one; the first begins with what the one
// before it holds. Without loaded, the module can be asked what it holds, and no go command can run in it.
func scratch(t *Toolchain, dir, sources string, c *cache, loaded map[string]string) (*Module, error) {
	ours, err := readSources(sources)
	if err != nil {
		return nil, err
	}
	line := t.scratchLine(ours)
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	m := &Module{Path: "scratch", Dir: c.path("folder", folderName(dir, langOf(line))), Lang: langOf(line), Scratch: true, Sources: sources,
		env: map[string]string{"GOWORK": "off"}}
	if m.requests, err = c.requests(m.Dir); err != nil {
		return nil, err
	}
	m.requests.Folder = dir
	stub := "module scratch\n\ngo " + line + "\n" // go commands want one where they run
	if text, err := os.ReadFile(filepath.Join(m.Dir, "go.mod")); err != nil || string(text) != stub {
		if err := os.MkdirAll(m.Dir, 0o755); err != nil {
			return nil, fmt.Errorf("make the folder's module: %w", err)
		}
		if err := writeFile(filepath.Join(m.Dir, "go.mod"), []byte(stub)); err != nil {
			return nil, err
		}
	}
	if m.requests.Mod == "" {
		m.requests.Mod = stub
	}
	sums := filepath.Join(m.Dir, "go.sum") // for a module that comes to govern the folder while this one's packages are loaded
	if text, _ := os.ReadFile(sums); string(text) != m.requests.Sum {
		if err := writeFile(sums, []byte(m.requests.Sum)); err != nil {
			return nil, err
		}
	}
	if info, err := os.Stat(filepath.Join(m.Dir, "go.mod")); err == nil && time.Since(info.ModTime()) > 24*time.Hour {
		touch(filepath.Join(m.Dir, "go.mod")) // it's in use
	}
	if m.common, err = commonModule(c, ours, line, sources, nil, ""); err != nil {
		return nil, err
	}
	versions := m.requests.versions()
	for path, version := range versions {
		if m.requests.asksFor(path, versions) {
			m.providers = append(m.providers, Provider{Path: path, Dir: t.moduleDir(path, version)})
		}
	}
	for _, r := range ours.Require {
		if slices.Contains(hand, r.Mod.Path) {
			m.hand = append(m.hand, Provider{Path: r.Mod.Path, Version: r.Mod.Version, Dir: t.moduleDir(r.Mod.Path, r.Mod.Version)})
		}
	}
	if loaded == nil {
		return m, nil
	}
	return m, m.join(c, ours, line, loaded)
}

// scratchLine is the go line of scratch modules.
func (t *Toolchain) scratchLine(ours *modfile.File) string {
	line := goLine(ours)
	if newest := gover.Lang(t.release()); gover.Compare(newest, langOf(line)) > 0 {
		line = strings.TrimPrefix(newest, "go")
	}
	return line
}

// folderName names the scratch module of a folder for a language.
func folderName(dir, lang string) string { return hash(dir) + "-" + lang }

// join generates the go.mod that go commands see.
func (m *Module) join(c *cache, ours *modfile.File, line string, loaded map[string]string) error {
	f, err := modfile.Parse("go.mod", []byte(m.requests.Mod), nil)
	if err != nil {
		return fmt.Errorf("read the folder's requests: %w", err)
	}
	fail := func(err error) error { return fmt.Errorf("write scratch go.mod: %w", err) }
	if f.Go == nil || gover.Compare("go"+f.Go.Version, "go"+line) < 0 {
		if err := f.AddGoStmt(line); err != nil {
			return fail(err)
		}
	}
	asked := required(f)
	for _, path := range slices.Sorted(maps.Keys(loaded)) {
		if semver.Compare(asked[path], loaded[path]) > 0 { // what rests on it waits for a restart
			continue
		}
		if err := f.AddRequire(path, loaded[path]); err != nil {
			return fail(err)
		}
		if err := f.AddReplace(path, "", path, loaded[path]); err != nil { // a module that is asked for may require more and not use it
			return fail(err)
		}
	}
	if err := requireOwn(f, m.Sources); err != nil {
		return err
	}
	f.Cleanup()
	g := &generated{overlay: map[string]string{filepath.Join(m.Sources, "go.mod"): "module " + own + "\n\ngo " + goLine(ours) + "\n"}}
	if g.mod, err = f.Format(); err != nil {
		return fail(err)
	}
	lines, _ := sumLines([]byte(m.requests.Sum))
	g.add(lines...)
	g.sums(filepath.Join(m.Sources, "go.sum"))
	at, err := g.store(c, "go.mod", "go.sum", m.Dir)
	if err != nil {
		return err
	}
	m.flags = []string{"-modfile=" + filepath.Join(at, "go.mod"), "-overlay=" + filepath.Join(at, "overlay.json")}
	m.files = []string{filepath.Join(at, "go.mod"), filepath.Join(at, "overlay.json")}
	return nil
}

// commonModule is where the base library for folders without a go.mod is built. It requires what our own go.mod does, and newer versions
// where newer says so; sums are the go.sum lines of these.
func commonModule(c *cache, ours *modfile.File, line, sources string, newer map[string]string, sums string) (*Module, error) {
	f := &modfile.File{Syntax: &modfile.FileSyntax{Name: "go.mod"}}
	fail := func(err error) (*Module, error) { return nil, fmt.Errorf("write go.mod: %w", err) }
	if err := f.AddModuleStmt("scratch"); err != nil {
		return fail(err)
	}
	if err := f.AddGoStmt(line); err != nil {
		return fail(err)
	}
	for _, r := range ours.Require {
		f.AddNewRequire(r.Mod.Path, cmp.Or(newer[r.Mod.Path], r.Mod.Version), r.Indirect)
	}
	if err := requireOwn(f, sources); err != nil {
		return nil, err
	}
	f.Cleanup()
	g := &generated{}
	var err error
	if g.mod, err = f.Format(); err != nil {
		return fail(err)
	}
	g.sums(filepath.Join(sources, "go.sum"))
	lines, _ := sumLines([]byte(sums))
	g.add(lines...)
	at, err := g.store(c, "go.mod", "go.sum", sources)
	if err != nil {
		return nil, err
	}
	m := &Module{Path: "scratch", Dir: at, Lang: langOf(line), Scratch: true, Sources: sources, env: map[string]string{"GOWORK": "off"},
		files: []string{filepath.Join(at, "go.mod"), filepath.Join(at, "go.sum")}}
	m.gomod = m.files[0]
	return m, nil
}

// shared is the workshop that builds the base library without what notebooks asked for: w itself, or for a scratch
// module one that all folders share, unless this one needs newer versions of modules that the base has packages of.
func (w *workshop) shared(mode Mode) (*workshop, error) {
	m := w.module
	if m.common == nil {
		return w, nil
	}
	s := *w
	s.module = m.common
	ours, err := readSources(m.Sources)
	if err != nil {
		return nil, err
	}
	asked, newer := m.requests.versions(), map[string]string{}
	for _, r := range ours.Require {
		if semver.Compare(asked[r.Mod.Path], r.Mod.Version) > 0 {
			newer[r.Mod.Path] = asked[r.Mod.Path]
		}
	}
	if len(newer) == 0 {
		return &s, nil
	}
	if k, ok := s.known(s.stateKey(mode)); ok { // it says what the base has packages of
		for path := range newer {
			if k.Modules[path] == "" {
				delete(newer, path)
			}
		}
	}
	if len(newer) == 0 {
		return &s, nil
	}
	s.module, err = commonModule(w.cache, ours, w.tool.scratchLine(ours), m.Sources, newer, m.requests.Sum)
	return &s, err
}

// requests reads what the notebooks of a folder asked for. There are two copies, as nothing else knows it.
func (c *cache) requests(dir string) (r requests, err error) {
	hash, lang, _ := strings.Cut(filepath.Base(dir), "-")
	if r, ok := c.readRequests(dir); ok {
		return r, nil
	}
	found := "" // else begin with what was asked for under an older release of Go
	notes, _ := filepath.Glob(c.path("state", "folder-"+hash+"-*.json"))
	for _, note := range notes {
		_, of, _ := strings.Cut(strings.TrimSuffix(filepath.Base(note), ".json"), hash+"-")
		if gover.Compare(of, lang) >= 0 || gover.Compare(of, found) <= 0 {
			continue
		}
		if older, ok := c.readRequests(c.path("folder", hash+"-"+of)); ok {
			r, found = older, of
		}
	}
	return r, nil
}

func (c *cache) readRequests(dir string) (r requests, ok bool) {
	for _, name := range c.requestNotes(dir) {
		if data, ok := whole.ReadNote(name); ok && json.Unmarshal(data, &r) == nil {
			if _, err := modfile.Parse("go.mod", []byte(r.Mod), nil); err == nil {
				return r, true
			}
		}
	}
	return requests{}, false
}

func (c *cache) requestNotes(dir string) []string {
	return []string{c.path("state", "folder-"+filepath.Base(dir)+".json"), requestsFile(dir)}
}

func requestsFile(dir string) string { return filepath.Join(dir, "requests.json") }

// writeRequests replaces what the notebooks of a folder asked for.
func (c *cache) writeRequests(dir string, r requests) error {
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write the folder's requests: %w", err)
	}
	for _, name := range c.requestNotes(dir) {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return fmt.Errorf("write the folder's requests: %w", err)
		}
		if err := whole.WriteNote(name, data); err != nil {
			return err
		}
	}
	return nil
}
