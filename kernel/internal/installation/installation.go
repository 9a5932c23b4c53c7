// Package installation keeps what a kernel needs after `go run` has ended: a binary of its own and a copy of
// the module's sources, from which workers are built and which notebooks elsewhere import lessons, plots and
// display from.
//
// Each version lies in a folder named by the content of its sources, below the user's data folder or, for all users, below
// PREFIX/share/interleave:
//
//	VERSION/bin/interleave   the program kernel.json names
//	VERSION/src/             the sources, without tests and notebooks
//	VERSION/used-by          the kernelspec folders that name the program, a line each
//
//	VERSION/prepared/        what all users share, read only; below a prefix alone
//
// A wheel puts bin, src and prepared into PREFIX/share/interleave itself.
//
// A version is complete or not there at all: it is built elsewhere and renamed. The package knows nothing of
// Jupyter but that used-by names files which may still exist. It starts no goroutine.
package installation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"interleave/kernel/internal/whole"
)

// Installation is one version.
type Installation struct {
	Dir     string
	Program string
	Sources string
}

func at(dir string) *Installation {
	return &Installation{Dir: dir, Program: filepath.Join(dir, "bin", "interleave"), Sources: filepath.Join(dir, "src")}
}

// Version is the name of the folder, a hash of the sources.
func (i *Installation) Version() string { return filepath.Base(i.Dir) }

// Root is the folder that holds all versions.
func Root() (string, error) {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "interleave"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find the user's data folder: %w; set HOME or XDG_DATA_HOME", err)
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Application Support", "interleave"), nil
	}
	return filepath.Join(home, ".local", "share", "interleave"), nil
}

// Running is the installation that the running program belongs to: it lies in it, or was rebuilt from its sources.
func Running() (*Installation, bool) {
	program, err := os.Executable()
	if err != nil {
		return nil, false
	}
	if i, ok := Of(program); ok {
		return i, true
	}
	i := at(filepath.Dir(compiledFrom()))
	return i, Rebuilt() && i.Sources == compiledFrom() && i.there()
}

// Go is a go command, with what keeps it from using another toolchain than its own.
type Go struct {
	Command string
	Version string // "go1.26.8"
	Proxy   string // GOPROXY
	Env     []string
}

// found is the go command of PATH, which for go run is the one that built this program.
var found = Go{Command: "go", Version: runtime.Version()}

// env is the environment in which the kernel is built. GOWORK, GOFLAGS: it must not depend on the user's workspace or flags.
func (g Go) env() []string {
	return slices.Concat(os.Environ(), []string{"GOWORK=off", "GOFLAGS=", "GOOS=", "GOARCH="}, g.Env)
}

// Ensure is Go.Ensure with the go command of PATH.
func Ensure(ctx context.Context, root, sources string, building func()) (*Installation, error) {
	return found.Ensure(ctx, root, sources, building)
}

// Ensure returns the installation of the sources, building it first when it is not there yet. building is
// called in that case, before the work starts; it may be nil.
func (g Go) Ensure(ctx context.Context, root, sources string, building func()) (*Installation, error) {
	list, err := files(sources)
	if err != nil {
		return nil, fmt.Errorf("read the sources: %w", err)
	}
	version, err := g.digest(sources, list)
	if err != nil {
		return nil, fmt.Errorf("read the sources: %w", err)
	}
	inst := at(filepath.Join(root, version))
	if g.complete(inst) {
		return inst, nil
	}
	if building != nil {
		building()
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, fmt.Errorf("install: %w", err)
	}
	fresh, err := os.MkdirTemp(root, ".new-")
	if err != nil {
		return nil, fmt.Errorf("install: %w", err)
	}
	defer os.RemoveAll(fresh)
	if err := g.build(ctx, at(fresh), sources, list); err != nil {
		return nil, fmt.Errorf("install: %w", err)
	}
	if err := g.unchanged(version, sources, at(fresh).Sources); err != nil {
		return nil, fmt.Errorf("install: %w", err)
	}
	if err := os.Chmod(fresh, 0o755); err != nil {
		return nil, fmt.Errorf("install: %w", err)
	}
	// Another process may have been faster: its copy is the same. Or something has happened to the one that is there.
	if err := os.Rename(fresh, inst.Dir); err != nil && !g.complete(inst) {
		if err := inst.mend(at(fresh)); err != nil {
			return nil, fmt.Errorf("install: %w", err)
		}
	}
	return inst, nil
}

// there tells whether the program and the sources are there, without reading them.
func (i *Installation) there() bool {
	info, err := os.Stat(i.Program)
	return err == nil && info.Mode().IsRegular() && isModule(i.Sources)
}

// complete tells whether the program and the sources are there, and as they were installed.
func (g Go) complete(i *Installation) bool {
	return whole.Sealed(i.Program) && isModule(i.Sources) && g.unchanged(i.Version(), i.Sources) == nil
}

// mend takes the program and the sources of a fresh installation. What else lies there stays: who uses it, and what was prepared.
func (i *Installation) mend(fresh *Installation) error {
	for _, sub := range []string{"bin", "src"} {
		old := filepath.Join(fresh.Dir, "old-"+sub) // it goes with the fresh one
		if err := os.Rename(filepath.Join(i.Dir, sub), old); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := os.Rename(filepath.Join(fresh.Dir, sub), filepath.Join(i.Dir, sub)); err != nil {
			return err
		}
	}
	return nil
}

func (g Go) build(ctx context.Context, i *Installation, sources string, list []string) error {
	if err := copyFiles(sources, i.Sources, list); err != nil {
		return err
	}
	// It is built in the checkout and without -trimpath, as go run has just built it: the go command then finds every package in
	// its cache and only links.
	cmd := exec.CommandContext(ctx, g.Command, "build", "-buildvcs=false", "-ldflags=-s -w", "-o", i.Program, "./kernel")
	cmd.Dir = sources
	cmd.Env = g.env()
	out, err := cmd.CombinedOutput()
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("go build: %w\n%s", err, words(out))
	}
	if err != nil {
		return err
	}
	return whole.Seal(i.Program)
}

// unchanged tells whether each of the folders holds what version is the hash of. The program is built in one of them and the
// other is a copy of it: an edit in the meantime must not give a program that differs from its sources.
func (g Go) unchanged(version string, roots ...string) error {
	for _, root := range roots {
		list, err := files(root)
		if err != nil {
			return fmt.Errorf("read the sources: %w", err)
		}
		if now, err := g.digest(root, list); err != nil {
			return fmt.Errorf("read the sources: %w", err)
		} else if now != version {
			return errors.New("the sources changed while the kernel was built; start the command again")
		}
	}
	return nil
}

// offline is how the go command says that it could not download a module.
var offline = regexp.MustCompile(`dial tcp|no such host|module lookup disabled|i/o timeout|TLS handshake`)

// words are what go build said; of many lines that say the same for want of a network the first, and the cure.
func words(out []byte) string {
	text := strings.TrimSpace(string(out))
	line := offline.FindStringIndex(text)
	if line == nil {
		return text
	}
	start := strings.LastIndexByte(text[:line[0]], '\n') + 1
	first, _, _ := strings.Cut(text[start:], "\n")
	return first + "\nThe first start downloads Go modules: connect to the network (behind a proxy set HTTPS_PROXY or GOPROXY), then start again. Later starts need none"
}

const usedBy = "used-by"

// AddUser notes that a kernelspec folder names this installation's program.
func (i *Installation) AddUser(spec string) error {
	users, err := i.users()
	if err != nil || slices.Contains(users, spec) {
		return err
	}
	text := strings.Join(append(users, spec), "\n") + "\n"
	return os.WriteFile(filepath.Join(i.Dir, usedBy), []byte(text), 0o644)
}

// users are the kernelspec folders that still name the program.
func (i *Installation) users() ([]string, error) {
	text, err := os.ReadFile(filepath.Join(i.Dir, usedBy))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var users []string
	for spec := range strings.Lines(string(text)) {
		spec = strings.TrimSuffix(spec, "\n")
		if kernel, err := os.ReadFile(filepath.Join(spec, "kernel.json")); err == nil && bytes.Contains(kernel, []byte(i.Version())) {
			users = append(users, spec)
		}
	}
	return users, err
}

// versions are the names of folders that Ensure makes, or leaves when it is killed. Others may lie beside them.
var versions = regexp.MustCompile(`^([0-9a-f]{12}|\.new-.*)$`)

// Prune removes the versions below root, except keep, that no kernelspec names any more and that are older
// than age: a kernel started from one may still run.
func Prune(root string, keep *Installation, age time.Duration) (removed []string, err error) {
	entries, err := os.ReadDir(root)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		i := at(filepath.Join(root, e.Name()))
		if !e.IsDir() || !versions.MatchString(e.Name()) || keep != nil && i.Dir == keep.Dir {
			continue
		}
		info, err := e.Info()
		if err != nil || time.Since(info.ModTime()) < age {
			continue
		}
		if users, err := i.users(); err != nil || len(users) > 0 {
			continue
		}
		if err := os.RemoveAll(i.Dir); err != nil {
			return removed, err
		}
		removed = append(removed, i.Version())
	}
	return removed, nil
}
