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
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// workshop is what building takes: a toolchain, a module, a cache and someone to tell.
type workshop struct {
	tool     *Toolchain
	module   *Module
	cache    *cache
	env      []string
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
const format = "10"

// known is what state/ says about the base of a module: it saves asking the go command.
type known struct {
	Base    string
	Folders []folder
	Wanted  []string
}

// stateKey names the base that belongs to a module in a mode, as far as files tell.
func (w *workshop) stateKey(mode Mode) string {
	return hash(format, string(mode), w.tool.Key, w.module.state(), tree(w.module.Sources), strings.Join(gonums, " "))
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
	args := slices.Concat([]string{"-export", "-deps", "-v"}, modeFlags(mode), roots)
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

// assemble makes the folder of a base.
func (w *workshop) assemble(ctx context.Context, mode Mode, key string, all []*listed, worker *listed) error {
	tmp, err := w.cache.temp("base")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	final := w.cache.path("base", key)
	if err := os.Mkdir(filepath.Join(tmp, "pkg"), 0o755); err != nil {
		return fmt.Errorf("make base: %w", err)
	}
	var index, cfg strings.Builder
	s := &site{w: w, mode: mode, dir: tmp, lib: tmp}
	for i, p := range all {
		data, err := os.ReadFile(p.Export)
		if err != nil {
			return fmt.Errorf("make base: %w", err)
		}
		a, err := readArchive(data)
		if err != nil {
			return fmt.Errorf("make base: %s: %w", p.ImportPath, err)
		}
		name := filepath.Join("pkg", strconv.Itoa(i))
		if mode == Thin {
			err = os.WriteFile(filepath.Join(tmp, name), a.exports(), 0o644)
		} else {
			err = copyFile(filepath.Join(tmp, name), p.Export)
		}
		if err != nil {
			return fmt.Errorf("make base: %w", err)
		}
		print := a.print()
		fmt.Fprintf(&index, "%s\t%s\t%t\t%t\t%s\t%s\n", p.ImportPath, p.Name, p.Standard, a.host && !p.Standard, name, hex.EncodeToString(print[:]))
		fmt.Fprintf(&cfg, "packagefile %s=%s\n", p.ImportPath, filepath.Join(final, name))
		s.add(p.ImportPath, p.Export)
	}
	if err := os.WriteFile(filepath.Join(tmp, "compile.cfg"), []byte(cfg.String()), 0o644); err != nil {
		return fmt.Errorf("make base: %w", err)
	}
	if mode == Thin {
		if err := s.library(ctx); err != nil {
			return err
		}
	}
	if err := s.stubTemplates(ctx); err != nil {
		return err
	}
	w.step(Step{What: "link worker"})
	var files []string
	for _, f := range worker.GoFiles {
		files = append(files, filepath.Join(worker.Dir, f))
	}
	if err := s.program(ctx, "worker", files); err != nil {
		return err
	}
	for _, name := range []string{"compile.cfg.tmp", "link.cfg.tmp"} {
		_ = os.Remove(filepath.Join(tmp, name)) // what they name lies in the go command's cache
	}
	if err := os.WriteFile(filepath.Join(tmp, "index"), []byte(index.String()), 0o644); err != nil {
		return fmt.Errorf("make base: %w", err)
	}
	return w.cache.publish(tmp, final)
}

// site is where programs and the library are linked.
type site struct {
	w       *workshop
	mode    Mode
	dir     string   // where the results go
	lib     string   // folder of the base library
	files   []string // "path=file" of whole archives, or of export data where the library has the code
	members []string // import paths
}

func (s *site) add(path, file string) {
	s.members = append(s.members, path)
	s.files = append(s.files, path+"="+file)
}

// config writes an importcfg. The compiler does not take the lines for libraries.
func (s *site) config(name string, shared bool) (string, error) {
	var text strings.Builder
	for i, f := range s.files {
		fmt.Fprintf(&text, "packagefile %s\n", f)
		if shared {
			fmt.Fprintf(&text, "packageshlib %s=%s\n", s.members[i], filepath.Join(s.lib, libraryName))
		}
	}
	at := filepath.Join(s.dir, name)
	if err := os.WriteFile(at, []byte(text.String()), 0o644); err != nil {
		return "", fmt.Errorf("write importcfg: %w", err)
	}
	return at, nil
}

// libraryName is part of the symbol that ties plugins to the library.
const libraryName = "libbase.so"

// library links all packages into one shared library. With -Bsymbolic the code reaches the library's own variables
// without a detour.
func (s *site) library(ctx context.Context) error {
	s.w.step(Step{What: "link base library"})
	cfg, err := s.config("compile.cfg.tmp", false)
	if err != nil {
		return err
	}
	args := []string{"-buildmode=shared", "-linkshared", "-w", "-s", "-o", filepath.Join(s.dir, libraryName), "-importcfg", cfg,
		"-installsuffix", "dynlink", "-extld=" + strings.Join(s.w.tool.CC, " "), "-extldflags=-Wl,-Bsymbolic"}
	if err := s.w.run(ctx, "link", append(args, s.files...)...); err != nil {
		return &LinkError{"the base library", err}
	}
	l, err := openLibrary(filepath.Join(s.dir, libraryName), libraryName)
	if err != nil {
		return &LinkError{"the base library", err}
	}
	defer l.close()
	if err := l.check(); err != nil {
		return &LinkError{"the base library", err}
	}
	if err := os.WriteFile(filepath.Join(s.dir, "types"), l.typeTable(), 0o644); err != nil {
		return fmt.Errorf("link the base library: %w", err)
	}
	return nil
}

// program compiles files as package main and links them the way plugins are linked.
func (s *site) program(ctx context.Context, name string, files []string) error {
	cfg, err := s.config("compile.cfg.tmp", false)
	if err != nil {
		return err
	}
	linkcfg, err := s.config("link.cfg.tmp", s.mode == Thin)
	if err != nil {
		return err
	}
	obj := filepath.Join(s.dir, name+".a")
	defer os.Remove(obj)
	args := slices.Concat([]string{"-o", obj, "-p", "main", "-lang=go1.26", "-complete", "-pack", "-importcfg", cfg}, compileFlags(s.mode), files)
	if err := s.w.run(ctx, "compile", args...); err != nil {
		return &LinkError{"the program " + name, err}
	}
	link := []string{"-w", "-o", filepath.Join(s.dir, name), "-importcfg", linkcfg}
	if s.mode == Thin {
		err = s.thinProgram(ctx, append(link, "-buildmode=exe", "-linkshared", "-installsuffix", "dynlink"), obj)
	} else {
		// The packages are compiled -dynlink: in a plain exe they crash.
		err = s.w.run(ctx, "link", append(link, "-buildmode=pie", "-extld="+strings.Join(s.w.tool.CC, " "), obj)...)
	}
	if err != nil {
		return &LinkError{"the program " + name, err}
	}
	return nil
}

// thinProgram links a program against the base library, and mends it before the C compiler joins it.
func (s *site) thinProgram(ctx context.Context, link []string, obj string) error {
	extld, err := s.w.recorder()
	if err != nil {
		return err
	}
	tmp, err := s.w.cache.temp("program")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	rpath := "$ORIGIN"
	if s.lib != s.dir {
		rpath = s.lib
	}
	if err := s.w.run(ctx, "link", append(link, "-r", rpath, "-tmpdir", tmp, "-extld="+extld, obj)...); err != nil {
		return err
	}
	args, err := readArgs(filepath.Join(tmp, "args"))
	if err != nil {
		return err
	}
	lib, err := openLibrary(filepath.Join(s.lib, libraryName), libraryName)
	if err != nil {
		return err
	}
	defer lib.close()
	goo := filepath.Join(tmp, "go.o")
	data, err := os.ReadFile(goo)
	if err != nil {
		return fmt.Errorf("mend program: %w", err)
	}
	if data, err = mendProgram(data, func(n string) bool { return lib.find(n) != 0 }); err != nil {
		return err
	}
	if err := os.WriteFile(goo, data, 0o644); err != nil {
		return fmt.Errorf("mend program: %w", err)
	}
	cmd := exec.CommandContext(ctx, s.w.tool.CC[0], append(slices.Clone(s.w.tool.CC[1:]), args...)...)
	cmd.Env = s.w.toolEnv()
	if out, err := cmd.CombinedOutput(); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("%s: %s", filepath.Base(s.w.tool.CC[0]), words(string(out), err))
	}
	return nil
}

// compileFlags are the compiler's flags for code that plugins share.
func compileFlags(mode Mode) []string {
	if mode == Thin {
		return []string{"-dynlink", "-linkshared"}
	}
	return []string{"-dynlink"}
}

// LinkError is a failure of the technique on this toolchain, not of the user's code.
type LinkError struct {
	What string
	Err  error
}

func (e *LinkError) Error() string { return "link " + e.What + ": " + e.Err.Error() }
func (e *LinkError) Unwrap() error { return e.Err }

// run runs a tool of the toolchain: compile or link.
func (w *workshop) run(ctx context.Context, tool string, args ...string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(w.tool.Tools, tool), args...)
	cmd.Env = w.toolEnv()
	out, err := cmd.CombinedOutput()
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("%s: %s", tool, words(string(out), err))
	}
	return nil
}

// toolEnv is the environment in which compile and link make what the go command makes.
func (w *workshop) toolEnv() []string {
	// The tools end before collecting pays: without it a small unit compiles in two thirds of the time.
	set := map[string]string{"LC_ALL": "C", "GOGC": "off", "GOMEMLIMIT": "1GiB"}
	for _, name := range []string{"GOOS", "GOARCH", "GOAMD64", "GOARM64", "GOEXPERIMENT", "GOROOT", "GOFIPS140"} {
		if v := w.tool.Env[name]; v != "" {
			set[name] = v
		}
	}
	return setenv(w.env, set)
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
