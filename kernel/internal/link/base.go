package link

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// workshop is what building takes: a toolchain, a module, a cache and someone to tell.
type workshop struct {
	tool     *Toolchain
	module   *Module
	cache    *cache
	env      []string
	temp     string // what the tools leave when they are killed lies here; it goes with the Builder
	progress func(Step)
	log      *slog.Logger
}

func (w *workshop) step(s Step) {
	if w.progress != nil {
		w.progress(s)
	}
}

func (w *workshop) said(lines []string) {
	if len(lines) > 0 {
		w.log.Debug("go list", "said", strings.Join(lines, "\n"))
	}
}

// base is a set of packages compiled ahead for one mode. It is read only.
type base struct {
	key      string
	dir      string
	mode     Mode
	packages map[string]*Package
	sorted   []*Package // by import path
	folders  []folder   // local packages in it
	lib      *library   // Thin
	held     io.Closer
}

// format changes whenever what lies in a base changes its shape.
const format = "13"

// known is what state/ says about the base of a module: it saves asking the go command.
type known struct {
	Base    string
	Folders []folder
	Wanted  []string
}

// stateKey names the base that belongs to a module in a mode, as far as files tell.
func (w *workshop) stateKey(mode Mode) string {
	return hash(format, string(mode), w.tool.Key, w.module.state(), tree(w.module.Sources), strings.Join(gonums, " "), string(profile))
}

// openBase finds the base for the module, or builds it. stale says that a base with the wanted packages should be built
// for next time.
func (w *workshop) openBase(ctx context.Context, mode Mode) (b *base, stale bool, err error) {
	state := w.stateKey(mode)
	wanted := w.wanted()
	if k, ok := w.known(state); ok && k.fresh() {
		if b, err := w.load(k, mode); err == nil {
			return b, !slices.Equal(k.Wanted, wanted), nil
		}
	}
	b, err = w.makeBase(ctx, mode, wanted)
	return b, false, err
}

// makeBase builds the base, or finds that one with the same content is there.
func (w *workshop) makeBase(ctx context.Context, mode Mode, wanted []string) (*base, error) {
	state := w.stateKey(mode)
	unlock, err := w.cache.lock("base-" + state)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if k, ok := w.known(state); ok && k.fresh() && slices.Equal(k.Wanted, wanted) { // built while we waited
		if b, err := w.load(k, mode); err == nil {
			return b, nil
		}
	}
	all, worker, err := w.compileBase(ctx, mode, wanted)
	if err != nil {
		return nil, err
	}
	k := known{Wanted: wanted}
	parts := []string{format, string(mode), w.tool.Key}
	for _, p := range append(slices.Clone(all), worker) {
		parts = append(parts, p.ImportPath, filepath.Base(p.Export)) // the go command names it by content
		if p.local() {
			k.Folders = append(k.Folders, folderOf(p))
		}
	}
	k.Base = hash(parts...)
	b, err := w.load(k, mode)
	if err != nil { // it is not there, or not whole
		if err := os.RemoveAll(w.cache.path("base", k.Base)); err != nil {
			return nil, fmt.Errorf("remove broken base: %w", err)
		}
		if err := w.assemble(ctx, mode, k.Base, all, worker); err != nil {
			return nil, err
		}
		if b, err = w.load(k, mode); err != nil {
			return nil, err
		}
	}
	data, err := json.Marshal(k)
	if err != nil {
		return nil, fmt.Errorf("remember base: %w", err)
	}
	return b, writeFile(w.cache.path("state", state+".json"), data)
}

// compileBase has the go command compile everything. It returns the packages that go into the base, and the worker's.
func (w *workshop) compileBase(ctx context.Context, mode Mode, wanted []string) (all []*listed, worker *listed, err error) {
	const what = "compile packages"
	w.step(Step{What: what})
	if err := w.tool.Headers(ctx); err != nil {
		return nil, nil, err
	}
	roots, err := w.roots(ctx, wanted)
	if err != nil {
		return nil, nil, err
	}
	roots = append(roots, host)
	plan, err := w.list(ctx, nil, append([]string{"-deps"}, roots...)...)
	if err != nil {
		return nil, nil, err
	}
	total, done := len(plan), 0
	w.step(Step{What: what, Total: total})
	flags, err := w.modeFlags(mode)
	if err != nil {
		return nil, nil, err
	}
	args := slices.Concat([]string{"-export", "-deps", "-v"}, flags, roots)
	got, err := w.list(ctx, func(p string) {
		done++
		w.step(Step{What: what, Done: min(done, total), Total: total, Detail: p})
	}, args...)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range got {
		switch {
		case p.ImportPath == host:
			worker = p
		case p.Export == "" && p.ImportPath != "unsafe":
			// It does not compile. What notebooks do without does not stop the others.
			w.log.Warn("package is left out of the base", "package", p.ImportPath, "error", p.Error, "deps", p.DepsErrors)
		case p.Export != "":
			all = append(all, p)
		}
	}
	if worker == nil || worker.Export == "" {
		return nil, nil, &PackageError{"the worker's program does not compile: " + reason(worker)}
	}
	w.step(Step{What: what, Done: total, Total: total})
	return all, worker, nil
}

// reason is why a package has no export data.
func reason(p *listed) string {
	switch {
	case p == nil:
		return "it was not found"
	case p.Error != nil:
		return p.Error.String()
	case len(p.DepsErrors) > 0:
		var s []string
		for _, e := range p.DepsErrors {
			s = append(s, e.String())
		}
		return strings.Join(s, "\n")
	}
	return "the go command gives no reason"
}

func (w *workshop) known(state string) (known, bool) {
	var k known
	data, err := os.ReadFile(w.cache.path("state", state+".json"))
	if err != nil || json.Unmarshal(data, &k) != nil {
		return known{}, false
	}
	return k, true
}

// fresh tells whether the local packages are still what was compiled.
func (k *known) fresh() bool {
	for _, f := range k.Folders {
		if f.now() != f.Hash {
			return false
		}
	}
	return true
}

// load opens a base that is there.
func (w *workshop) load(k known, mode Mode) (b *base, err error) {
	dir := w.cache.path("base", k.Base)
	index, err := os.Open(filepath.Join(dir, "index"))
	if err != nil {
		return nil, fmt.Errorf("open base: %w", err)
	}
	defer index.Close()
	b = &base{key: k.Base, dir: dir, mode: mode, packages: map[string]*Package{}, folders: k.Folders}
	if b.held, err = w.cache.hold(dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	s := bufio.NewScanner(index)
	for s.Scan() {
		f := strings.Split(s.Text(), "\t")
		if len(f) != 6 {
			return nil, fmt.Errorf("open base: broken index in %s", dir)
		}
		p := &Package{ImportPath: f[0], Name: f[1], Std: f[2] == "true", cgo: f[3] == "true", export: filepath.Join(dir, f[4])}
		if _, err := hex.Decode(p.print[:], []byte(f[5])); err != nil {
			return nil, fmt.Errorf("open base: broken index in %s: %w", dir, err)
		}
		b.packages[p.ImportPath] = p
		b.sorted = append(b.sorted, p)
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("open base: %w", err)
	}
	slices.SortFunc(b.sorted, func(x, y *Package) int { return strings.Compare(x.ImportPath, y.ImportPath) })
	for _, name := range []string{"worker", "compile.cfg", stubNames[true], stubNames[false]} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return nil, fmt.Errorf("open base: %w", err)
		}
	}
	if mode == Thin {
		if b.lib, err = openLibrary(filepath.Join(dir, libraryName), libraryName); err != nil {
			return nil, err
		}
		if err := b.lib.readTypes(filepath.Join(dir, "types")); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (b *base) close() {
	if b.lib != nil {
		_ = b.lib.close() // unmapping what was mapped does not fail
	}
	if b.held != nil {
		_ = b.held.Close()
	}
}

// wanted are packages that notebooks of this module required and the base had not.
func (w *workshop) wanted() []string {
	data, err := os.ReadFile(w.wantedFile())
	if err != nil {
		return nil
	}
	paths := strings.Fields(string(data))
	slices.Sort(paths)
	return slices.Compact(paths)
}

func (w *workshop) wantedFile() string {
	return w.cache.path("state", "wanted-"+hash(w.module.Path, w.module.Dir)+".txt")
}

// want writes packages down for the next base.
func (w *workshop) want(paths []string) error {
	all := append(w.wanted(), paths...)
	slices.Sort(all)
	return writeFile(w.wantedFile(), []byte(strings.Join(slices.Compact(all), "\n")+"\n"))
}
