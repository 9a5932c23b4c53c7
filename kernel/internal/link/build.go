package link

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"interleave/kernel/internal/whole"
)

// unit is the import path that all units share: to the compiler they are versions of one package.
const unitPath = "nb"

// pluginSymbol is what every plugin exports.
const pluginSymbol = "Run"

// Build compiles and links a unit, or finds it in the cache. The error is a *CompileError when the source is
// refused.
func (b *Builder) Build(ctx context.Context, u Unit) (Plugin, error) {
	began := time.Now()
	name, err := b.pluginName(u)
	if err != nil {
		return Plugin{}, err
	}
	p := Plugin{Path: b.pluginPath(name), Symbol: pluginSymbol}
	unlock := b.building.lock(name)
	defer unlock()
	if whole.Sealed(p.Path) {
		touch(p.Path)
		p.Cached, p.Times.Total = true, time.Since(began)
		return p, nil
	}
	times, err := b.make(ctx, u, p.Path)
	if err != nil && ctx.Err() == nil && b.restoreBroken(ctx) {
		times, err = b.make(ctx, u, p.Path)
	}
	if err != nil {
		return Plugin{}, err
	}
	b.grown(p.Path)
	p.Times = times
	p.Times.Total = time.Since(began)
	return p, nil
}

// make builds a unit's plugin.
func (b *Builder) make(ctx context.Context, u Unit, into string) (Times, error) {
	if err := b.intact(ctx, u.Imports); err != nil {
		return Times{}, err
	}
	j, err := b.newJob(u)
	if err != nil {
		return Times{}, err
	}
	defer os.RemoveAll(j.dir)
	if err := j.compile(ctx); err != nil {
		return Times{}, err
	}
	if b.mode == Thin {
		err = j.thin(ctx)
	} else {
		err = j.thick(ctx)
	}
	if err != nil {
		return Times{}, err
	}
	if err := whole.Seal(j.path("plugin.so")); err != nil {
		return Times{}, fmt.Errorf("store plugin: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(into), 0o755); err != nil {
		return Times{}, fmt.Errorf("store plugin: %w", err)
	}
	if err := os.Rename(j.path("plugin.so"), into); err != nil {
		return Times{}, fmt.Errorf("store plugin: %w", err)
	}
	return j.times, nil
}

// Compile does the compiler's part of Build alone: it returns a *CompileError, or nil.
func (b *Builder) Compile(ctx context.Context, u Unit) error {
	j, err := b.newJob(u)
	if err != nil {
		return err
	}
	defer os.RemoveAll(j.dir)
	return j.compile(ctx)
}

// pluginFormat changes whenever plugins of the same unit are built in another way.
const pluginFormat = "3"

func (b *Builder) pluginPath(name string) string {
	return b.shop.cache.path("plugin", b.base.key, name+"-"+pluginFormat+".so")
}

// pluginName is the unit's key, with a digest of the packages whose code the plugin holds: those outside of the base may have other
// versions, and local ones other contents, when a kernel starts the next time.
func (b *Builder) pluginName(u Unit) (string, error) {
	extras, err := b.reach(u.Imports)
	if err != nil || len(extras) == 0 {
		return u.Key, err
	}
	parts := []string{u.Key}
	for _, p := range extras {
		parts = append(parts, p.ImportPath, filepath.Base(p.export)) // its name is a digest of its content
	}
	return hash(parts...), nil
}

// job is one unit on its way.
type job struct {
	b      *Builder
	unit   Unit
	id     string // the key in a fixed length
	dir    string
	extras []*Package // packages outside of the base that the unit reaches
	nb     *archive
	stub   *archive
	times  Times
}

func (j *job) path(name string) string { return filepath.Join(j.dir, name) }

func (b *Builder) newJob(u Unit) (*job, error) {
	if u.Key == "" || strings.Trim(u.Key, letters) != "" {
		return nil, fmt.Errorf("build unit: key %q is not made of letters and digits", u.Key)
	}
	j := &job{b: b, unit: u, id: hash(u.Key)}
	var err error
	if j.extras, err = b.reach(u.Imports); err != nil {
		return nil, err
	}
	b.shop.tempDir() // the tools' TMPDIR
	j.dir, err = b.shop.cache.temp("unit")
	return j, err
}

const letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// compile makes nb.a of the source.
func (j *job) compile(ctx context.Context) error {
	began := time.Now()
	if err := os.WriteFile(j.path("unit.go"), j.unit.Source, 0o644); err != nil {
		return fmt.Errorf("compile unit: %w", err)
	}
	cfg, err := j.compileConfig()
	if err != nil {
		return err
	}
	args := slices.Concat([]string{"-o", j.path("nb.a"), "-p", unitPath, "-lang=" + j.b.shop.module.Lang, "-complete", "-e", "-dwarf=false",
		"-c=" + strconv.Itoa(min(4, runtime.GOMAXPROCS(0))), "-pack", "-importcfg", cfg}, compileFlags(j.b.mode), []string{j.path("unit.go")})
	cmd := exec.CommandContext(ctx, filepath.Join(j.b.shop.tool.Tools, "compile"), args...)
	cmd.Env = j.b.toolEnv
	cmd.Dir = j.dir
	out, err := cmd.CombinedOutput()
	j.times.Compile = time.Since(began)
	if err == nil {
		j.nb, err = openArchive(j.path("nb.a"))
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) || len(out) == 0 {
		return fmt.Errorf("compile unit: %w", err)
	}
	return &CompileError{Lines: strings.Split(strings.TrimRight(string(out), "\n"), "\n")}
}

// compileConfig is the base's importcfg, with the unit's own packages added.
func (j *job) compileConfig() (string, error) {
	return j.path("compile.cfg"), os.WriteFile(j.path("compile.cfg"), j.config(), 0o644)
}

// config names the files of all packages that the unit may import.
func (j *job) config() []byte {
	text := slices.Clip(j.b.base.config) // other jobs append to it as well
	for _, p := range j.extras {
		text = fmt.Appendf(text, "packagefile %s=%s\n", p.ImportPath, p.export)
	}
	return text
}

// makeStub makes the package main around nb.
func (j *job) makeStub() error {
	initialises, err := j.nb.initialises(unitPath)
	if err != nil {
		return &LinkError{"unit", err}
	}
	data, err := makeStub(filepath.Join(j.b.base.dir, stubNames[initialises]), j.id, j.unit.Entry, j.nb.print())
	if err != nil {
		return &LinkError{"unit", err}
	}
	if j.stub, err = readArchive(data); err != nil {
		return &LinkError{"unit", err}
	}
	if err := os.WriteFile(j.path("stub.a"), data, 0o644); err != nil {
		return fmt.Errorf("link unit: %w", err)
	}
	return nil
}

// pluginpath names the plugin's package main. It is unique: a second plugin of a path already loaded is refused.
func (j *job) pluginpath() string { return unitPath + "/" + j.id }

func openArchive(name string) (*archive, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	a, err := readArchive(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return a, nil
}

// detach frees the unit's type descriptors from methods of the library's.
func (j *job) detach() error {
	lib := j.b.base.lib
	changed, err := j.nb.detach(func(name string) bool {
		for _, s := range spellings(name) {
			if lib.find(s) != 0 {
				return true
			}
		}
		return false
	})
	if err != nil {
		return &LinkError{"unit", err}
	}
	if changed {
		if err := os.WriteFile(j.path("nb.a"), j.nb.data, 0o644); err != nil {
			return fmt.Errorf("link unit: %w", err)
		}
	}
	return nil
}

// thin links the unit against the base library.
func (j *job) thin(ctx context.Context) error {
	began := time.Now()
	if err := j.makeStub(); err != nil {
		return err
	}
	j.times.Stub = time.Since(began)
	began = time.Now()
	var cfg string
	err := j.b.base.lib.safely(func() (err error) {
		if err = j.detach(); err == nil {
			cfg, err = j.thinConfig()
		}
		return err
	})
	if err != nil {
		return err
	}
	j.times.View = time.Since(began)
	began = time.Now()
	args, err := j.goLink(ctx, "-linkshared", "-importcfg", cfg, "-installsuffix", "dynlink")
	if err != nil {
		return err
	}
	j.times.Link = time.Since(began)
	began = time.Now()
	obj, err := os.ReadFile(j.path("go.o"))
	if err != nil {
		return &LinkError{"unit", err}
	}
	if obj, err = mend(obj, j.print); err != nil {
		return &LinkError{"unit", err}
	}
	if err := os.WriteFile(j.path("go.o"), obj, 0o644); err != nil {
		return fmt.Errorf("link unit: %w", err)
	}
	err = j.final(ctx, args)
	j.times.Final = time.Since(began)
	return err
}

// print is the fingerprint of a package whose code is in the base library.
func (j *job) print(path string) ([8]byte, bool) {
	p := j.b.base.packages[path]
	if p == nil {
		return [8]byte{}, false
	}
	return p.print, true
}

// thinConfig writes the linker's importcfg and the view it names.
func (j *job) thinConfig() (string, error) {
	names, paths := map[string]bool{}, map[string]bool{"runtime": true, "runtime/cgo": true}
	var text []byte
	archives := []*archive{j.nb, j.stub}
	for _, p := range j.extras {
		a, err := openArchive(p.export)
		if err != nil {
			return "", fmt.Errorf("link unit: %w", err)
		}
		archives = append(archives, a)
		text = fmt.Appendf(text, "packagefile %s=%s\n", p.ImportPath, p.export)
	}
	for _, a := range archives {
		if err := a.references(func(n string) { names[n] = true }); err != nil {
			return "", &LinkError{"unit", err}
		}
		if err := a.imports(func(p string) { paths[p] = true }); err != nil {
			return "", &LinkError{"unit", err}
		}
	}
	if err := os.Mkdir(j.path("view"), 0o755); err != nil {
		return "", fmt.Errorf("link unit: %w", err)
	}
	view := filepath.Join(j.dir, "view", libraryName)
	if err := os.WriteFile(view, j.b.base.lib.view(names), 0o644); err != nil {
		return "", fmt.Errorf("link unit: %w", err)
	}
	text = fmt.Appendf(text, "packagefile %s=%s\n", unitPath, j.path("nb.a"))
	for path := range paths {
		if p := j.b.base.packages[path]; p != nil {
			text = fmt.Appendf(text, "packagefile %s=%s\npackageshlib %s=%s\n", path, p.export, path, view)
		}
	}
	return j.path("link.cfg"), os.WriteFile(j.path("link.cfg"), text, 0o644)
}

// thick links all that the unit reaches into the plugin.
func (j *job) thick(ctx context.Context) error {
	began := time.Now()
	if err := j.makeStub(); err != nil {
		return err
	}
	j.times.Stub = time.Since(began)
	began = time.Now()
	text := fmt.Appendf(j.config(), "packagefile %s=%s\n", unitPath, j.path("nb.a"))
	if err := os.WriteFile(j.path("link.cfg"), text, 0o644); err != nil {
		return fmt.Errorf("link unit: %w", err)
	}
	args, err := j.goLink(ctx, "-importcfg", j.path("link.cfg"))
	if err != nil {
		return err
	}
	j.times.Link = time.Since(began)
	began = time.Now()
	err = j.final(ctx, args)
	j.times.Final = time.Since(began)
	return err
}

// goLink runs cmd/link up to the point where it starts the external linker, and returns the arguments it
// starts it with.
func (j *job) goLink(ctx context.Context, more ...string) ([]string, error) {
	extld, err := j.b.shop.recorder()
	if err != nil {
		return nil, err
	}
	args := slices.Concat([]string{"-s", "-w", "-buildmode=plugin", "-pluginpath", j.pluginpath(), "-buildid=" + j.id,
		"-o", j.path("plugin.so"), "-tmpdir", j.dir, "-extld=" + extld}, more, []string{j.path("stub.a")})
	if err := j.b.shop.run(ctx, "link", args...); err != nil {
		return nil, &LinkError{"unit", err}
	}
	return readArgs(j.path("args"))
}
