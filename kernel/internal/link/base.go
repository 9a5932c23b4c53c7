package link

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"interleave/kernel/internal/whole"
)

// workshop is what building takes: a toolchain, a module, a cache and someone to tell.
type workshop struct {
	tool     *Toolchain
	module   *Module
	cache    *cache
	env      []string // of go commands and tools
	user     []string // of the worker: what the user has set
	temp     string   // what the tools leave when they are killed lies here; it goes with the Builder
	progress func(Step)
	announce func(Step) // to processes that wait for this one's turn to end; nil when nobody can
	log      *slog.Logger

	installed string // the sources of the installation, which may be others than the module's
	prepared  string // what was prepared for all users of the installation, "" for nothing
}

func (w *workshop) step(s Step) {
	if w.announce != nil {
		w.announce(s)
	}
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
	known
	key      string
	dir      string
	mode     Mode
	packages map[string]*Package
	sorted   []*Package // by import path
	files    whole.List
	looks    map[string]whole.Appearance // of the files when they were found whole
	lib      *library                    // Thin
	config   []byte                      // the compiler's importcfg
	held     io.Closer                   // nil for a base that was prepared, which no user may write to
}

// format changes whenever what lies in a base changes its shape.
const format = "16"

// knownFormat changes whenever what is known of a base has another meaning. The base stays.
const knownFormat = "2"

// known is what state/ says about the base of a module: it saves asking the go command.
type known struct {
	Base    string
	Folders []folder
	Modules map[string]string // the versions of what is not local
	Wanted  []string          // what notebooks wanted when it was made
	Granted []string          // what of that is in it
}

// stateKey names the base that belongs to a module in a mode, as far as files tell. It does not say where the sources lie: a second copy of
// them, and another user, have the same base.
func (w *workshop) stateKey(mode Mode) string {
	return hash(format, knownFormat, string(mode), w.tool.Key, w.module.state(w.cache.root), tree(w.module.Sources), strings.Join(gonums, " "), string(profile))
}

// openBase finds the base for the module, or builds it. stale says that a base with the wanted packages should be built
// for next time.
func (w *workshop) openBase(ctx context.Context, mode Mode) (b *base, stale bool, err error) {
	wanted := w.wanted()
	if k, have := w.known(w.stateKey(mode)); have && len(k.Wanted) > 0 { // one with what this user asked for is better
		if b, err := w.load(k, mode); err == nil {
			return b, !slices.Equal(k.Wanted, wanted), nil
		}
	}
	s, err := w.shared(mode)
	if err != nil {
		return nil, false, err
	}
	if b, err = s.openPrepared(ctx, mode); err == nil {
		return b, len(wanted) > 0, nil
	}
	w.log.Debug("no prepared base", "reason", err)
	if k, have := s.known(s.stateKey(mode)); have {
		if b, err := s.load(k, mode); err == nil {
			return b, !slices.Equal(k.Wanted, wanted), nil
		}
	}
	b, err = s.makeBase(ctx, mode, nil)
	return b, len(wanted) > 0, err
}

// makeBase builds the base, or finds that one with the same content is there.
func (w *workshop) makeBase(ctx context.Context, mode Mode, wanted []string) (*base, error) {
	state := w.stateKey(mode)
	unlock, err := w.turn(ctx, "base-"+state)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if k, ok := w.known(state); ok && slices.Equal(k.Wanted, wanted) { // built while we waited
		if b, err := w.load(k, mode); err == nil {
			return b, nil
		}
	}
	b, err := w.grant(ctx, mode, wanted)
	if err != nil {
		return nil, err
	}
	b.Wanted = wanted
	if w.module.generated() { // the go command may have completed its go.mod
		state = w.stateKey(mode)
	}
	if err := w.remember(state, b.known); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

// finish loads the base of what was compiled, and assembles it if it is not there or not whole. loaded is the base in use, or nil.
func (w *workshop) finish(ctx context.Context, mode Mode, p *plan, loaded *base) (*base, error) {
	k := w.knownOf(mode, p)
	b, err := w.load(k, mode)
	if err == nil {
		return b, nil
	}
	w.log.Info("base is made", "key", k.Base, "because", err)
	if err := w.assemble(ctx, mode, k.Base, p.all, p.worker, loaded); err != nil {
		return nil, err
	}
	return w.load(k, mode)
}

// knownOf names the base of what was compiled.
func (w *workshop) knownOf(mode Mode, p *plan) known {
	k := known{Modules: map[string]string{}}
	for _, l := range p.wishes {
		k.Granted = append(k.Granted, l.ImportPath)
	}
	parts := []string{format, string(mode), w.tool.Key}
	for _, l := range append(slices.Clone(p.all), p.worker) {
		parts = append(parts, l.ImportPath, filepath.Base(l.Export)) // the go command names it by content
		if l.local() {
			k.Folders = append(k.Folders, folderOf(l))
		} else if l.Module != nil {
			k.Modules[l.Module.Path] = l.Module.used()
		}
	}
	k.Base = hash(parts...)
	return k
}

// plan is what a base is made of.
type plan struct {
	all    []*listed // what goes into it, dependencies first
	byPath map[string]*listed
	given  []*listed // the roots that every base has
	wishes []*listed // the roots that notebooks wanted
	worker *listed
}

// compileBase has the go command compile everything.
func (w *workshop) compileBase(ctx context.Context, mode Mode, wanted []string) (*plan, error) {
	const what = "compile packages"
	w.step(Step{What: what})
	if err := w.tool.Headers(ctx); err != nil {
		return nil, err
	}
	p := &plan{byPath: map[string]*listed{}}
	var err error
	if p.given, p.wishes, err = w.roots(ctx, mode, wanted); err != nil {
		return nil, err
	}
	roots := []string{"runtime/cgo", host}
	for _, l := range slices.Concat(p.given, p.wishes) {
		roots = append(roots, l.ImportPath)
	}
	slices.Sort(roots)
	roots = slices.Compact(roots)
	first, err := w.list(ctx, nil, append([]string{"-deps"}, roots...)...)
	if err != nil {
		return nil, err
	}
	total, done := len(first), 0
	w.step(Step{What: what, Total: total})
	flags, err := w.modeFlags(mode)
	if err != nil {
		return nil, err
	}
	args := slices.Concat([]string{"-v"}, flags, roots)
	got, err := w.export(ctx, func(p string) {
		done++
		w.step(Step{What: what, Done: min(done, total), Total: total, Detail: p})
	}, args...)
	if err != nil {
		return nil, err
	}
	for _, l := range got {
		switch {
		case l.ImportPath == host:
			p.worker = l
		case l.Export == "" && l.ImportPath != "unsafe":
			// It does not compile. What notebooks do without does not stop the others.
			w.log.Warn("package is left out of the base", "package", l.ImportPath, "error", l.Error, "deps", l.DepsErrors)
		case l.Export != "":
			p.all = append(p.all, l)
			p.byPath[l.ImportPath] = l
		}
	}
	if p.worker == nil || p.worker.Export == "" {
		return nil, &PackageError{"the worker's program does not compile: " + reason(p.worker)}
	}
	w.step(Step{What: what, Done: total, Total: total})
	return p, nil
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
	notes := w.notes(state)
	for i, name := range notes {
		var k known
		data, ok := whole.ReadNote(name)
		if !ok || json.Unmarshal(data, &k) != nil {
			continue
		}
		for j, f := range k.Folders {
			k.Folders[j].Dir = w.module.here(f.Dir)
		}
		if !k.fresh() {
			continue
		}
		if i > 0 { // before another copy writes its own there; what cannot be written is asked for again
			_ = whole.WriteNote(notes[0], data)
		}
		return k, true
	}
	return known{}, false
}

// notes are the files that say which base belongs to a state: that of these very folders, and that of whatever copy of the sources
// was used last. Two copies that differ, a release and a checkout of it, would otherwise take the base from each other.
func (w *workshop) notes(state string) []string {
	return []string{
		w.cache.path("state", state+"-"+hash(w.module.Dir, w.module.Sources)+".json"),
		w.cache.path("state", state+".json"),
	}
}

// remember writes down which base belongs to a state.
func (w *workshop) remember(state string, k known) error {
	k.Folders = slices.Clone(k.Folders)
	for i, f := range k.Folders {
		k.Folders[i].Dir = w.module.anywhere(f.Dir)
	}
	data, err := json.Marshal(k)
	if err != nil {
		return fmt.Errorf("remember base: %w", err)
	}
	for _, name := range w.notes(state) {
		if err := whole.WriteNote(name, data); err != nil {
			return err
		}
	}
	return nil
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

// load opens a base that is in the cache. The error says what of it is not as it was made.
func (w *workshop) load(k known, mode Mode) (*base, error) {
	dir := w.cache.path("base", k.Base)
	held, err := w.cache.hold(dir)
	if err != nil {
		return nil, fmt.Errorf("open base: %w", err)
	}
	return w.loadFrom(dir, k, mode, held)
}

// loadFrom opens a base that is there. held is closed with it, or when it is not as it was made.
func (w *workshop) loadFrom(dir string, k known, mode Mode, held io.Closer) (*base, error) {
	b := &base{known: k, key: k.Base, dir: dir, mode: mode, packages: map[string]*Package{}, held: held}
	if err := b.open(w.cache.path("state", "checked-"+hash(dir))); err != nil {
		b.close()
		return nil, fmt.Errorf("open base %s: %w", dir, err)
	}
	return b, nil
}

// open reads a base whose files are as they were made; note remembers that they were.
func (b *base) open(note string) error {
	var ok bool
	if b.files, ok = whole.Read(b.dir); !ok {
		return errors.New("its list of files is missing or damaged")
	}
	var bad []string
	if bad, b.looks = b.files.Broken(b.dir, note); len(bad) > 0 {
		return fmt.Errorf("%d of its files are missing or damaged, %s among them", len(bad), bad[0])
	}
	if err := b.readIndex(); err != nil {
		return err
	}
	if b.mode != Thin {
		return nil
	}
	var err error
	if b.lib, err = openLibrary(filepath.Join(b.dir, libraryName), libraryName); err != nil {
		return err
	}
	return b.lib.readTypes(filepath.Join(b.dir, "types"))
}

// readIndex reads which packages the base holds.
func (b *base) readIndex() error {
	index, err := os.Open(filepath.Join(b.dir, "index"))
	if err != nil {
		return err
	}
	defer index.Close()
	s := bufio.NewScanner(index)
	for s.Scan() {
		f := strings.Split(s.Text(), "\t")
		if len(f) != 6 {
			return errors.New("broken index")
		}
		p := &Package{ImportPath: f[0], Name: f[1], Std: f[2] == "true", cgo: f[3] == "true", export: filepath.Join(b.dir, f[4])}
		if _, err := hex.Decode(p.print[:], []byte(f[5])); err != nil {
			return fmt.Errorf("broken index: %w", err)
		}
		b.packages[p.ImportPath] = p
		b.config = fmt.Appendf(b.config, "packagefile %s=%s\n", p.ImportPath, p.export)
		b.sorted = append(b.sorted, p)
	}
	slices.SortFunc(b.sorted, func(x, y *Package) int { return strings.Compare(x.ImportPath, y.ImportPath) })
	return s.Err()
}

func (b *base) close() {
	if b.lib != nil {
		_ = b.lib.close() // unmapping what was mapped does not fail
	}
	if b.held != nil {
		_ = b.held.Close()
	}
}
