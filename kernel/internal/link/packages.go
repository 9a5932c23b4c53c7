package link

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// What the base holds beside the standard library. A package in the base costs disc, a share of one link and, since a
// shared library initialises all its packages, start-up time of every worker; a package outside of it costs each plugin
// that uses it its whole code. So: what notebooks about data, numbers and plots import, and of gonum nothing that is big
// and that few use (lapack and blas come along with mat; spatial, dsp, hdf and the graph generators do not).
var gonums = []string{
	"gonum.org/v1/gonum/mat",
	"gonum.org/v1/gonum/floats",
	"gonum.org/v1/gonum/floats/scalar",
	"gonum.org/v1/gonum/stat",
	"gonum.org/v1/gonum/stat/distuv",
	"gonum.org/v1/gonum/stat/combin",
	"gonum.org/v1/gonum/optimize",
	"gonum.org/v1/gonum/integrate",
	"gonum.org/v1/gonum/integrate/quad",
	"gonum.org/v1/gonum/interp",
	"gonum.org/v1/gonum/diff/fd",
	"gonum.org/v1/gonum/mathext",
	"gonum.org/v1/gonum/dsp/fourier",
	"gonum.org/v1/gonum/graph",
	"gonum.org/v1/gonum/graph/simple",
	"gonum.org/v1/gonum/graph/path",
	"gonum.org/v1/gonum/graph/topo",
	"gonum.org/v1/gonum/graph/traverse",
	"gonum.org/v1/plot",
	"gonum.org/v1/plot/font",
	"gonum.org/v1/plot/palette",
	"gonum.org/v1/plot/palette/brewer",
	"gonum.org/v1/plot/palette/moreland",
	"gonum.org/v1/plot/plotter",
	"gonum.org/v1/plot/plotutil",
	"gonum.org/v1/plot/text",
	"gonum.org/v1/plot/vg",
	"gonum.org/v1/plot/vg/draw",
	"gonum.org/v1/plot/vg/vgimg",
	"gonum.org/v1/plot/vg/vgpdf",
	"gonum.org/v1/plot/vg/vgsvg",
}

// host is the worker's program, and ours are the patterns of our own packages.
const host = own + "/kernel/internal/worker/host"

var ours = []string{
	own + "/kernel/display",
	own + "/kernel/display/gonum",
	own + "/kernel/internal/worker/inmate",
	own + "/kernel/internal/inventory",
	own + "/kernel/internal/stage",
	own + "/lessons/...",
	own + "/plots/...",
}

// inBase tells which packages of the standard library the base takes. Internal ones come along as dependencies;
// net/http/pprof and expvar register handlers by being there.
func inBase(std string) bool {
	if std == "net/http/pprof" || std == "expvar" || std == "unsafe" {
		return false
	}
	for _, part := range strings.Split(std, "/") {
		if part == "internal" || part == "vendor" || part == "cmd" {
			return false
		}
	}
	return true
}

// listed is what go list tells of a package.
type listed struct {
	ImportPath, Name, Export, Dir string
	Standard, Incomplete          bool
	Imports, GoFiles, CgoFiles    []string
	EmbedFiles                    []string
	SFiles, SysoFiles, SwigFiles  []string
	Module                        *listedModule
	Error                         *listedError
	DepsErrors                    []*listedError
}

type listedModule struct {
	Path, Version string
	Main          bool
	Replace       *listedModule
}

// used is the version whose sources are compiled.
func (m *listedModule) used() string {
	if m.Replace != nil {
		return m.Replace.Version
	}
	return m.Version
}

type listedError struct {
	Pos, Err string
}

func (e *listedError) String() string {
	if e.Pos != "" && !strings.HasPrefix(e.Err, e.Pos) {
		return e.Pos + ": " + e.Err
	}
	return e.Err
}

// local tells a package whose files may change under one version: everything that is neither the standard library's
// nor a downloaded module's.
func (p *listed) local() bool {
	if p.Standard {
		return false
	}
	m := p.Module
	if m == nil || m.Main {
		return true
	}
	if m.Replace != nil {
		return m.Replace.Version == ""
	}
	return false
}

// listFields are the fields of listed.
const listFields = "-json=ImportPath,Name,Export,Dir,Standard,Incomplete,Imports,GoFiles,CgoFiles,EmbedFiles,SFiles,SysoFiles,SwigFiles,Module,Error,DepsErrors"

// list runs go list. seen, when not nil, is called for every package that is compiled.
func (w *workshop) list(ctx context.Context, seen func(importPath string), args ...string) ([]*listed, error) {
	cmd := w.module.command(ctx, w.tool, w.goEnv(), "list", append([]string{"-e", listFields}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	said, err := cmd.StderrPipe()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var stderr []string
	done := make(chan struct{})
	go func() { // ends with the command's stderr
		defer close(done)
		for s := bufio.NewScanner(said); s.Scan(); {
			line := s.Text()
			if seen != nil && !strings.ContainsAny(line, " :\t") {
				seen(line)
			} else if !strings.HasPrefix(line, "go: downloading ") && !strings.HasPrefix(line, "go: warning: ") {
				stderr = append(stderr, line)
			}
		}
		_, _ = io.Copy(io.Discard, said) // a line too long for the scanner
	}()
	var all []*listed
	var bad error
	for d := json.NewDecoder(out); ; {
		p := new(listed)
		if err := d.Decode(p); err != nil {
			if !errors.Is(err, io.EOF) {
				bad = fmt.Errorf("go list: read: %w", err)
			}
			break
		}
		all = append(all, p)
	}
	_, _ = io.Copy(io.Discard, out)
	<-done
	if err := cmd.Wait(); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, &PackageError{words(strings.Join(stderr, "\n"), err)}
	}
	if bad != nil {
		return nil, bad
	}
	w.said(stderr)
	return all, nil
}

// export runs go list -export, which compiles packages and what they rest on. The go command does not look whether what it takes out of
// its cache is as it was put there; it names it by its content, so what is not is removed and made again.
func (w *workshop) export(ctx context.Context, seen func(importPath string), args ...string) ([]*listed, error) {
	for tries := 0; ; tries++ {
		all, err := w.list(ctx, seen, append([]string{"-export", "-deps"}, args...)...)
		if err != nil || tries > 0 {
			return all, err
		}
		damaged := false
		for _, p := range all {
			if p.Export == "" || isContent(p.Export) {
				continue
			}
			damaged = true
			w.log.Warn("a file of the go command's cache is damaged, and made again", "package", p.ImportPath, "file", p.Export)
			if err := os.Remove(p.Export); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("remove a damaged file of the go command's cache: %w", err)
			}
		}
		if !damaged {
			return all, nil
		}
	}
}

// isContent tells whether a file of the go command's cache, "HASH-d", holds what its name says.
func isContent(name string) bool {
	want, _, _ := strings.Cut(filepath.Base(name), "-")
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return false
	}
	return len(want) != 2*sha256.Size || want == hex.EncodeToString(h.Sum(nil))
}

// profile is with what a base is compiled (profile-guided optimization); command profile makes it.
//
//go:embed base.pgo
var profile []byte

// modeFlags make go list compile for a mode. A plugin initialises a package that no earlier one held, once for all; with
// wrapglobalmapctl=0 cmd/link would leave out the maps that this plugin does not use, and later ones would find them
// empty.
//
// With -trimpath what is compiled does not depend on where the sources lie.
//
// With the profile the runtime hands over from one goroutine to another in seven eighths of the time, which more than
// pays for what a shared library costs. Thick does without: it is there for when something is wrong with Thin.
func (w *workshop) modeFlags(mode Mode) ([]string, error) {
	if mode != Thin {
		return []string{"-trimpath", "-buildmode=plugin", "-gcflags=all=-d=wrapglobalmapctl=1"}, nil
	}
	name := w.cache.path("state", "profile-"+hash(string(profile))+".pgo")
	if data, err := os.ReadFile(name); err != nil || !bytes.Equal(data, profile) {
		if err := writeFile(name, profile); err != nil {
			return nil, err
		}
	}
	return []string{"-trimpath", "-buildmode=plugin", "-pgo=" + name, "-gcflags=all=-linkshared -d=wrapglobalmapctl=1", "-asmflags=all=-linkshared -D=GOBUILDMODE_shared=1"}, nil
}

// roots finds the packages a base is made of: those of the list that exist here and can be loaded, and those of the wanted ones that are not
// refused.
func (w *workshop) roots(ctx context.Context, mode Mode, wanted []string) (given, wishes []*listed, err error) {
	patterns := slices.Concat([]string{"std"}, gonums, ours, wanted)
	all, err := w.list(ctx, nil, patterns...)
	if refused := (*PackageError)(nil); errors.As(err, &refused) && w.module.generated() {
		complete := *w
		complete.module = w.module.completing()
		if _, err := complete.list(ctx, nil, append([]string{"-deps"}, patterns...)...); err != nil {
			return nil, nil, err
		}
		all, err = w.list(ctx, nil, patterns...)
	}
	if err != nil {
		return nil, nil, err
	}
	for _, p := range all {
		switch {
		case p.Error != nil || p.Incomplete || p.Name == "main" || p.Name == "" || p.Standard && !inBase(p.ImportPath):
		case slices.Contains(gonums, p.ImportPath) || !slices.Contains(wanted, p.ImportPath):
			given = append(given, p)
		case !w.refused(mode, p):
			wishes = append(wishes, p)
		}
	}
	return given, wishes, nil
}

// folder is a folder of sources with the hash of what was compiled.
type folder struct {
	Package string
	Dir     string
	Embed   []string
	Hash    string
}

// folderOf hashes the sources of a local package.
func folderOf(p *listed) folder {
	f := folder{Package: p.ImportPath, Dir: p.Dir, Embed: p.EmbedFiles}
	f.Hash = f.now()
	return f
}

// now is the hash of the folder as it is.
func (f folder) now() string { return f.hash(f.files()) }

// files are the names of what the hash is of, none when the folder cannot be read.
func (f folder) files() []string {
	entries, err := os.ReadDir(f.Dir)
	if err != nil {
		return nil
	}
	names := slices.Clone(f.Embed)
	for _, e := range entries {
		switch name := e.Name(); filepath.Ext(name) {
		case ".go":
			if !strings.HasSuffix(name, "_test.go") {
				names = append(names, name)
			}
		case ".c", ".h", ".s", ".S", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".m", ".f", ".syso":
			names = append(names, name)
		}
	}
	return names
}

func (f folder) hash(names []string) string {
	var parts []string
	for _, n := range names {
		data, err := os.ReadFile(filepath.Join(f.Dir, n))
		if err != nil {
			data = []byte("gone")
		}
		parts = append(parts, n, string(data))
	}
	return hash(parts...)
}

// looks remembers hashes of folders by the sizes and times of their files, for whoever asks again and again. The zero value is
// ready.
type looks struct {
	mu   sync.Mutex
	last map[string]look // by folder
}

type look struct {
	names  []string
	stamps []stamp
	hash   string
}

// stamp is the size and the time of change of a file, or of a folder, which changes when names come and go.
type stamp struct {
	size, time int64 // bytes, and nanoseconds as in time.Time.UnixNano
}

// settled is how old a change must be before times can tell it from the next: clocks of file systems are coarse.
const settled = 2 * time.Second

// now is f.now.
func (l *looks) now(f folder) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if last, ok := l.last[f.Dir]; ok && slices.Equal(f.stamps(last.names), last.stamps) {
		return last.hash
	}
	late, names := time.Now().Add(-settled).UnixNano(), f.files()
	this := look{names, f.stamps(names), f.hash(names)}
	if l.last == nil {
		l.last = map[string]look{}
	}
	delete(l.last, f.Dir)
	if !slices.ContainsFunc(this.stamps, func(s stamp) bool { return s.time > late }) {
		l.last[f.Dir] = this
	}
	return this.hash
}

// stamps are those of the folder and its files; what is not there has none.
func (f folder) stamps(names []string) []stamp {
	list := make([]stamp, 1+len(names))
	for i := range list {
		at := f.Dir
		if i > 0 {
			at += string(filepath.Separator) + names[i-1]
		}
		if info, err := os.Stat(at); err == nil {
			list[i] = stamp{info.Size(), info.ModTime().UnixNano()}
		}
	}
	return list
}

// tree lists the folders below our public packages, so that a new package is noticed.
func tree(sources string) string {
	var dirs []string
	for _, top := range []string{"kernel/display", "lessons", "plots", "kernel/internal/worker"} {
		_ = filepath.WalkDir(filepath.Join(sources, top), func(p string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() && strings.HasSuffix(p, ".go") && !strings.HasSuffix(p, "_test.go") {
				dirs = append(dirs, strings.TrimPrefix(filepath.Dir(p), sources))
			}
			return nil // what cannot be read is not there
		})
	}
	return strings.Join(slices.Compact(dirs), "\n")
}
