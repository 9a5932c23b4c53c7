package link

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
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
	Lang    string // its language version as the compiler's -lang takes it: "go1.26"
	LangBy  string // the go.mod or go.work whose go line says so; "" when it is the toolchain's
	Scratch bool
	Sources string // the root of module interleave

	flags []string          // for every go command
	env   map[string]string // likewise
	files []string          // the files whose content decides versions, in a fixed order

	place                    // what was found; of a scratch module its go.mod
	asked  map[string]string // the versions that the user's files ask for, of modules that nothing replaces
	raised raised            // modules that are taken in the version that is loaded

	providers []Provider // the modules that the user's files name; of a scratch module those that were asked for
	hand      []Provider // of a scratch module: the modules of which all packages are at hand, those too that the base has not
	lax       bool       // these may not be all that provide packages

	requests requests // Scratch: what the folder's notebooks asked for
	common   *Module  // Scratch: the module in which a base for all folders is built
}

// findModule finds what governs dir and writes what the go command needs in order to find our packages from there. held is what a
// process has loaded already.
func findModule(t *Toolchain, dir, sources string, c *cache, held holding) (*Module, error) {
	if t.Env["GO111MODULE"] == "off" {
		return nil, &ToolchainError{"modules are switched off (GO111MODULE=off)", "Unset it"}
	}
	at := t.locate(dir)
	var m *Module
	var err error
	switch {
	case at.gowork != "":
		m, err = workspace(t, at, dir, sources, c, held)
	case at.gomod != "":
		m, err = userModule(t, at.gomod, sources, c, held)
	default:
		m, err = scratch(t, dir, sources, c, held.versions)
	}
	if err != nil {
		return nil, err
	}
	if m.place = at; m.Scratch {
		m.gomod = filepath.Join(m.Dir, "go.mod")
	}
	return m, nil
}

// userModule is findModule below a go.mod.
func userModule(t *Toolchain, gomod, sources string, c *cache, held holding) (*Module, error) {
	data, f, err := readMod(gomod)
	if err != nil {
		return nil, err
	}
	root := filepath.Dir(gomod)
	m := &Module{Path: f.Module.Mod.Path, Dir: root, Lang: lang(f), LangBy: gomod, Sources: sources}
	if isOwn(m.Path, root) {
		m.Sources, m.lax = root, true
		m.provide(t, f, root)
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
	m.asked = askedFor(f)
	m.provide(t, f, root)
	if m.raised, err = g.join(f, ours, sources, held); err != nil {
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

// askedFor are the versions that a go.mod asks for, of modules that it does not replace.
func askedFor(f *modfile.File) map[string]string {
	out := required(f)
	for _, r := range f.Replace {
		delete(out, r.Old.Path)
	}
	return out
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
	cmd.Env = setenv(setenv(env, t.only()), m.env)
	return cmd
}

// state is a hash of the files that decide versions. Where they lie does not matter.
func (m *Module) state(cache string) string {
	if m.common != nil {
		return hash(m.common.state(cache), m.requests.Mod)
	}
	from := [][2]string{{m.Sources, "$sources"}, {m.Dir, "$module"}, {cache, "$cache"}}
	for _, f := range m.files { // generated ones lie in a folder that is named by a hash
		from = append(from, [2]string{filepath.Dir(f), "$here"})
	}
	slices.SortStableFunc(from, func(a, b [2]string) int { return len(b[0]) - len(a[0]) }) // the longest first
	var pairs []string
	for _, f := range from {
		if f[0] != "" {
			pairs = append(pairs, f[0], f[1])
		}
	}
	portable := strings.NewReplacer(pairs...).Replace
	parts := []string{m.Path, m.Lang, portable(strings.Join(m.flags, " ")), portable(fmt.Sprint(m.env))}
	for _, f := range m.files {
		data, err := os.ReadFile(f)
		if err != nil {
			data = nil
		}
		parts = append(parts, filepath.Base(f), portable(string(data)))
	}
	return hash(parts...)
}

// anywhere is a folder's name that holds wherever the sources and the module lie, here what it stands for with these.
func (m *Module) anywhere(dir string) string {
	for _, p := range m.places() {
		if rest, ok := strings.CutPrefix(dir, p[1]); ok && p[1] != "" && (rest == "" || rest[0] == filepath.Separator) {
			return p[0] + rest
		}
	}
	return dir
}

func (m *Module) here(dir string) string {
	for _, p := range m.places() {
		if rest, ok := strings.CutPrefix(dir, p[0]); ok {
			return p[1] + rest
		}
	}
	return dir
}

func (m *Module) places() [2][2]string {
	return [2][2]string{{"$sources", m.Sources}, {"$module", m.Dir}}
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
		return nil, fmt.Errorf("read the sources of Interleave: %w", err)
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
