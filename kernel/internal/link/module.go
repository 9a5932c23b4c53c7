package link

import (
	"context"
	"encoding/json"
	"fmt"
	gover "go/version"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// own is the path of the module this package belongs to. It has no public address: every other module finds it by
// a replace directive in a go.mod or go.work that is generated in the cache and given to the go command beside
// the user's own file, which is never written to.
const own = "interleave"

// unreleased is the version such a replaced module is required in.
const unreleased = "v0.0.0-00010101000000-000000000000"

// Module is what governs the versions of a notebook's packages.
type Module struct {
	Path    string // "interleave", "example.com/m"; "scratch" when no go.mod governs the folder
	Dir     string // where go commands run
	Lang    string // the go line of its go.mod as the compiler's -lang takes it: "go1.26"
	Scratch bool
	Sources string // the root of module interleave

	flags []string          // for every go command
	env   map[string]string // likewise
	files []string          // the files whose content decides versions, in a fixed order
}

// findModule finds what governs dir and writes what the go command needs in order to find our packages from there.
func findModule(t *Toolchain, dir, sources string, c *cache) (*Module, error) {
	gomod, gowork := t.Env["GOMOD"], t.Env["GOWORK"]
	if t.Env["GO111MODULE"] == "off" {
		return nil, &ToolchainError{"modules are switched off (GO111MODULE=off)", "Unset it"}
	}
	if gowork == "off" {
		gowork = ""
	}
	if gowork != "" {
		return workspace(gowork, gomod, dir, sources, c)
	}
	if gomod == "" || gomod == os.DevNull {
		return scratch(sources, c)
	}
	data, f, err := readMod(gomod)
	if err != nil {
		return nil, err
	}
	root := filepath.Dir(gomod)
	m := &Module{Path: f.Module.Mod.Path, Dir: root, Lang: lang(f), Sources: sources}
	if isOwn(m.Path, root) {
		m.Sources = root
		m.files = []string{gomod, filepath.Join(root, "go.sum")}
		return m, nil
	}
	ours, err := readSources(sources)
	if err != nil {
		return nil, err
	}
	g := &generated{overlay: map[string]string{}}
	if !setsMod(t.Env["GOFLAGS"]) {
		if err := g.unvendor(f, root); err != nil {
			return nil, err
		}
	}
	g.sums(filepath.Join(root, "go.sum"), filepath.Join(sources, "go.sum"))
	if err := g.join(f, ours, sources); err != nil {
		return nil, err
	}
	f.Cleanup()
	if g.mod, err = f.Format(); err != nil {
		return nil, fmt.Errorf("write go.mod: %w", err)
	}
	at, err := g.store(c, "go.mod", "go.sum", string(data)+root)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(root, "vendor")); err == nil {
		m.flags = []string{"-mod=readonly"} // else the folder counts; without need the flag makes errors harder to read
	}
	m.flags = append(m.flags, "-modfile="+filepath.Join(at, "go.mod"), "-overlay="+filepath.Join(at, "overlay.json"))
	m.files = []string{filepath.Join(at, "go.mod"), filepath.Join(at, "overlay.json")}
	return m, nil
}

// workspace is findModule below a go.work.
func workspace(gowork, gomod, dir, sources string, c *cache) (*Module, error) {
	data, err := os.ReadFile(gowork)
	if err != nil {
		return nil, fmt.Errorf("read go.work: %w", err)
	}
	w, err := modfile.ParseWork(gowork, data, nil)
	if err != nil {
		return nil, &PackageError{err.Error()}
	}
	root := filepath.Dir(gowork)
	m := &Module{Path: "workspace", Dir: dir, Lang: "go1.26", Sources: sources}
	if w.Go != nil {
		m.Lang = langOf(w.Go.Version)
	}
	m.files = []string{gowork, strings.TrimSuffix(gowork, "work") + "work.sum"}
	required := map[string]string{}
	for _, u := range w.Use {
		at := absolute(root, u.Path)
		_, f, err := readMod(filepath.Join(at, "go.mod"))
		if err != nil {
			return nil, err
		}
		m.files = append(m.files, filepath.Join(at, "go.mod"), filepath.Join(at, "go.sum"))
		if filepath.Join(at, "go.mod") == gomod {
			m.Path, m.Lang = f.Module.Mod.Path, lang(f)
		}
		if isOwn(f.Module.Mod.Path, at) {
			m.Sources = at
			return m, nil
		}
		for _, r := range f.Require {
			if semver.Compare(r.Mod.Version, required[r.Mod.Path]) > 0 {
				required[r.Mod.Path] = r.Mod.Version
			}
		}
		if err := w.DropUse(u.Path); err != nil {
			return nil, fmt.Errorf("write go.work: %w", err)
		}
		if err := w.AddUse(at, ""); err != nil {
			return nil, fmt.Errorf("write go.work: %w", err)
		}
	}
	ours, err := readSources(sources)
	if err != nil {
		return nil, err
	}
	g := &generated{overlay: map[string]string{}}
	g.sums(strings.TrimSuffix(gowork, "work")+"work.sum", filepath.Join(sources, "go.sum"))
	if err := w.AddUse(sources, ""); err != nil {
		return nil, fmt.Errorf("write go.work: %w", err)
	}
	replaced := map[string]bool{}
	for _, r := range w.Replace {
		replaced[r.Old.Path] = true
		if modfile.IsDirectoryPath(r.New.Path) {
			if err := w.AddReplace(r.Old.Path, r.Old.Version, absolute(root, r.New.Path), ""); err != nil {
				return nil, fmt.Errorf("write go.work: %w", err)
			}
		}
	}
	for _, r := range ours.Require {
		if v := required[r.Mod.Path]; v != "" && !replaced[r.Mod.Path] {
			if err := w.AddReplace(r.Mod.Path, "", r.Mod.Path, v); err != nil {
				return nil, fmt.Errorf("write go.work: %w", err)
			}
		}
	}
	// The go command wants the workspace's line to be no older than any module's.
	if w.Go == nil || gover.Compare("go"+w.Go.Version, "go"+goLine(ours)) < 0 {
		if err := w.AddGoStmt(goLine(ours)); err != nil {
			return nil, fmt.Errorf("write go.work: %w", err)
		}
	}
	w.Cleanup()
	g.mod = modfile.Format(w.Syntax)
	at, err := g.store(c, "go.work", "go.work.sum", string(data)+root)
	if err != nil {
		return nil, err
	}
	m.env = map[string]string{"GOWORK": filepath.Join(at, "go.work")}
	m.files = append(m.files, filepath.Join(at, "go.work"))
	return m, nil
}

// scratch is the module of notebooks that no go.mod governs. It starts with what module interleave requires and
// grows by go get.
func scratch(sources string, c *cache) (*Module, error) {
	ours, err := readSources(sources)
	if err != nil {
		return nil, err
	}
	dir := c.path("scratch")
	at := filepath.Join(dir, "go.mod")
	m := &Module{Path: "scratch", Dir: dir, Lang: lang(ours), Scratch: true, Sources: sources,
		env:   map[string]string{"GOWORK": "off"},
		files: []string{at, filepath.Join(dir, "go.sum")}}
	unlock, err := c.lock("scratch")
	if err != nil {
		return nil, err
	}
	defer unlock()
	f := &modfile.File{Syntax: &modfile.FileSyntax{Name: at}}
	old, err := os.ReadFile(at)
	if err == nil {
		f, err = modfile.Parse(at, old, nil)
	}
	if err != nil { // there is none, or it is broken
		f = &modfile.File{Syntax: &modfile.FileSyntax{Name: at}}
		if err := f.AddModuleStmt("scratch"); err != nil {
			return nil, fmt.Errorf("write scratch go.mod: %w", err)
		}
	}
	if f.Go == nil && ours.Go != nil {
		if err := f.AddGoStmt(ours.Go.Version); err != nil {
			return nil, fmt.Errorf("write scratch go.mod: %w", err)
		}
	}
	have := map[string]bool{}
	for _, r := range f.Require {
		have[r.Mod.Path] = true
	}
	for _, r := range ours.Require {
		if !have[r.Mod.Path] {
			f.AddNewRequire(r.Mod.Path, r.Mod.Version, r.Indirect)
		}
	}
	if err := requireOwn(f, sources); err != nil {
		return nil, err
	}
	f.Cleanup()
	data, err := f.Format()
	if err != nil {
		return nil, fmt.Errorf("write scratch go.mod: %w", err)
	}
	if string(data) == string(old) {
		return m, nil
	}
	g := &generated{}
	g.sums(filepath.Join(dir, "go.sum"), filepath.Join(sources, "go.sum"))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make scratch module: %w", err)
	}
	if err := writeFile(filepath.Join(dir, "go.sum"), []byte(strings.Join(g.sum, "\n")+"\n")); err != nil {
		return nil, err
	}
	return m, writeFile(at, data)
}

// generated is a go.mod (or go.work) in the making, with what lies beside it.
type generated struct {
	mod     []byte
	sum     []string
	overlay map[string]string // path of a go.mod → its content as the go command shall see it
}

// join adds module interleave to the user's go.mod f, and what it requires, without raising any version that f
// chooses.
func (g *generated) join(f, ours *modfile.File, sources string) error {
	chosen, replaced := map[string]string{}, map[string]bool{}
	for _, r := range f.Require {
		chosen[r.Mod.Path] = r.Mod.Version
	}
	for _, r := range f.Replace {
		replaced[r.Old.Path] = true
	}
	for _, r := range ours.Require {
		v, both := chosen[r.Mod.Path]
		switch {
		case replaced[r.Mod.Path]:
		case both: // a module that we add may require more: f's word holds
			if err := f.AddReplace(r.Mod.Path, "", r.Mod.Path, v); err != nil {
				return fmt.Errorf("write go.mod: %w", err)
			}
		default:
			f.AddNewRequire(r.Mod.Path, r.Mod.Version, true)
		}
	}
	// Our own requirements are joined above; the go command shall not take them from our go.mod as well.
	g.overlay[filepath.Join(sources, "go.mod")] = "module " + own + "\n\ngo " + goLine(ours) + "\n"
	return requireOwn(f, sources)
}

// unvendor lets modules of a vendor folder stand where the module cache would: -modfile and vendoring exclude
// each other.
func (g *generated) unvendor(f *modfile.File, root string) error {
	data, err := os.ReadFile(filepath.Join(root, "vendor", "modules.txt"))
	if err != nil {
		return nil // no vendor folder
	}
	var path string
	for line := range strings.Lines(string(data)) {
		if mod, ok := strings.CutPrefix(line, "# "); ok {
			path, _, _ = strings.Cut(strings.TrimSpace(mod), " ")
			continue
		}
		if path == "" || strings.HasPrefix(line, "##") && !strings.Contains(line, "explicit") {
			continue
		}
		dir := filepath.Join(root, "vendor", filepath.FromSlash(path))
		if st, err := os.Stat(dir); err != nil || !st.IsDir() {
			continue
		}
		version := "1.16"
		if _, v, ok := strings.Cut(line, "; go "); ok {
			version = strings.TrimSpace(v)
		}
		if _, done := g.overlay[filepath.Join(dir, "go.mod")]; done {
			continue
		}
		g.overlay[filepath.Join(dir, "go.mod")] = "module " + path + "\n\ngo " + version + "\n"
		if err := f.AddReplace(path, "", dir, ""); err != nil {
			return fmt.Errorf("write go.mod: %w", err)
		}
	}
	return nil
}

func (g *generated) sums(files ...string) {
	seen := map[string]bool{}
	for _, name := range files {
		data, _ := os.ReadFile(name) // none is as good as empty
		for line := range strings.Lines(string(data)) {
			if line = strings.TrimSpace(line); line != "" && !seen[line] {
				seen[line] = true
				g.sum = append(g.sum, line)
			}
		}
	}
}

// store writes the files into a folder of the cache named by their content. The go command may later add to
// them what it finds missing.
func (g *generated) store(c *cache, mod, sum, salt string) (string, error) {
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	at := c.path("mod", hash(salt, string(g.mod), strings.Join(g.sum, "\n"), fmt.Sprint(g.overlay)))
	if _, err := os.Stat(filepath.Join(at, mod)); err == nil {
		return at, nil
	}
	tmp, err := c.temp("mod")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	n := 0
	for path, text := range g.overlay {
		n++
		name := fmt.Sprintf("overlay%d.mod", n)
		if err := writeFile(filepath.Join(tmp, name), []byte(text)); err != nil {
			return "", err
		}
		overlay.Replace[path] = filepath.Join(at, name)
	}
	text, err := json.MarshalIndent(overlay, "", "\t")
	if err != nil {
		return "", fmt.Errorf("write overlay: %w", err)
	}
	for name, data := range map[string][]byte{mod: g.mod, sum: []byte(strings.Join(g.sum, "\n") + "\n"), "overlay.json": text} {
		if err := writeFile(filepath.Join(tmp, name), data); err != nil {
			return "", err
		}
	}
	return at, c.publish(tmp, at)
}

// generated tells that go commands see a go.mod of ours.
func (m *Module) generated() bool { return m.Scratch || len(m.flags) > 0 }

// completing is m with leave for the go command to write down requirements it finds missing in a generated go.mod. Without
// leave, which is the rule, it never looks for a module that nobody required.
func (m *Module) completing() *Module {
	c := *m
	c.flags = append([]string{"-mod=mod"}, slices.DeleteFunc(slices.Clone(m.flags), func(f string) bool { return f == "-mod=readonly" })...)
	return &c
}

// command prepares a go command for this module.
func (m *Module) command(ctx context.Context, t *Toolchain, env []string, verb string, args ...string) *exec.Cmd {
	argv := append([]string{verb}, m.flags...)
	cmd := exec.CommandContext(ctx, t.Go, append(argv, args...)...)
	cmd.Dir = m.Dir
	cmd.Env = setenv(env, m.env)
	return cmd
}

// state is a hash of the files that decide versions.
func (m *Module) state() string {
	parts := []string{m.Path, m.Dir, m.Lang, m.Sources, strings.Join(m.flags, " "), fmt.Sprint(m.env)}
	for _, f := range m.files {
		data, err := os.ReadFile(f)
		if err != nil {
			data = nil
		}
		parts = append(parts, f, string(data))
	}
	return hash(parts...)
}

func readMod(name string) ([]byte, *modfile.File, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, nil, fmt.Errorf("read go.mod: %w", err)
	}
	f, err := modfile.Parse(name, data, nil)
	if err != nil {
		return nil, nil, &PackageError{err.Error()}
	}
	if f.Module == nil {
		return nil, nil, &PackageError{name + ": no module declaration"}
	}
	return data, f, nil
}

func readSources(sources string) (*modfile.File, error) {
	if sources == "" {
		return nil, fmt.Errorf("the folder with Interleave's own sources is not known: set Options.Sources")
	}
	_, f, err := readMod(filepath.Join(sources, "go.mod"))
	if err != nil {
		return nil, fmt.Errorf("Interleave's own sources: %w", err)
	}
	return f, nil
}

func requireOwn(f *modfile.File, sources string) error {
	f.AddNewRequire(own, unreleased, false)
	f.SetRequire(unique(f.Require))
	if err := f.AddReplace(own, "", sources, ""); err != nil {
		return fmt.Errorf("write go.mod: %w", err)
	}
	return nil
}

// unique drops all but the last requirement of each module.
func unique(rs []*modfile.Require) []*modfile.Require {
	last := map[string]int{}
	for i, r := range rs {
		last[r.Mod.Path] = i
	}
	var out []*modfile.Require
	for i, r := range rs {
		if last[r.Mod.Path] == i {
			out = append(out, r)
		}
	}
	return out
}

// isOwn tells our module from another of the same name.
func isOwn(path, root string) bool {
	if path != own {
		return false
	}
	_, err := os.Stat(filepath.Join(root, "kernel", "internal", "stage"))
	return err == nil
}

func setsMod(goflags string) bool {
	for _, f := range strings.Fields(goflags) {
		if f == "-mod=mod" || f == "--mod=mod" {
			return true
		}
	}
	return false
}

func absolute(root, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(root, path)
}

func goLine(f *modfile.File) string {
	if f.Go == nil {
		return "1.16"
	}
	return f.Go.Version
}

func lang(f *modfile.File) string { return langOf(goLine(f)) }

// langOf makes "go1.26" of "1.26.0".
func langOf(v string) string {
	parts := strings.SplitN(v, ".", 3)
	if len(parts) < 2 {
		return "go" + v
	}
	minor := strings.TrimRightFunc(parts[1], func(r rune) bool { return r < '0' || r > '9' })
	for i, r := range minor { // 26rc1
		if r < '0' || r > '9' {
			minor = minor[:i]
			break
		}
	}
	return "go" + parts[0] + "." + minor
}
