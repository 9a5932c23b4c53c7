package python

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
)

// Env is a complete environment.
type Env struct {
	Dir    string // sys.prefix of its Python
	Python Interpreter
	Fresh  bool // made by this call
}

// Program returns the path of a program of the environment, such as "python" or "jupyter".
func (e *Env) Program(name string) string { return filepath.Join(e.Dir, "bin", name) }

// Options say which environment is wanted.
type Options struct {
	Cache    string // folder that holds the environments; empty: DefaultCache
	Python   string // interpreter to make it with; empty: what Find finds
	Set      Set
	Progress func(done, total int, what string) // may be nil; called only while something is made
}

// DefaultCache is interleave's folder in the user's cache.
func DefaultCache() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the user's cache: %w; set HOME or XDG_CACHE_HOME", err)
	}
	return filepath.Join(dir, "interleave"), nil
}

// marker is written last: without it the environment is not complete.
const marker = "interleave-complete"

// Open returns the environment, making it first when it is not there yet.
func Open(ctx context.Context, o Options) (*Env, error) {
	if o.Cache == "" {
		cache, err := DefaultCache()
		if err != nil {
			return nil, err
		}
		o.Cache = cache
	}
	if o.Progress == nil {
		o.Progress = func(int, int, string) {}
	}
	python, err := Find(ctx, o.Python)
	if err != nil {
		return nil, err
	}
	env := &Env{Dir: filepath.Join(o.Cache, "python-"+key(o.Set, python)), Python: python}
	if complete(env.Dir) {
		return env, plant(env)
	}
	if err := os.MkdirAll(o.Cache, 0o755); err != nil {
		return nil, fmt.Errorf("make the cache folder: %w", err)
	}
	unlock, err := lock(ctx, env.Dir+".lock", func() { o.Progress(0, o.Set.packages(), "waiting for another process that makes it") })
	if err != nil {
		return nil, err
	}
	defer unlock()
	if complete(env.Dir) {
		return env, plant(env)
	}
	if err := create(ctx, env, o); err != nil {
		return nil, fmt.Errorf("make the Python environment %s: %w", env.Dir, err)
	}
	env.Fresh = true
	return env, plant(env)
}

// key is the content of an environment's name. The micro version is left out: a venv follows its
// interpreter through a security update.
func key(set Set, python Interpreter) string {
	h := sha256.New()
	files := set.files()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%s\x00%s\x00", name, files[name])
	}
	fmt.Fprintf(h, "%d.%d %s", python.Major, python.Minor, python.Path)
	return hex.EncodeToString(h.Sum(nil))[:12]
}

func complete(dir string) bool {
	if _, err := os.Stat(filepath.Join(dir, marker)); err != nil {
		return false
	}
	// The venv's python is a symbolic link: the interpreter it was made with may be gone.
	_, err := os.Stat(filepath.Join(dir, "bin", "python"))
	return err == nil
}

func create(ctx context.Context, env *Env, o Options) error {
	if err := os.RemoveAll(env.Dir); err != nil {
		return err
	}
	total := o.Set.packages()
	o.Progress(0, total, "making a venv with Python "+env.Python.String())
	pip, err := makeVenv(ctx, env)
	if err != nil {
		return err
	}
	files := o.Set.files()
	args := slices.Concat(pip, []string{"install", "--require-hashes", "--only-binary", ":all:",
		"--no-input", "--no-color", "--disable-pip-version-check", "--progress-bar", "off"})
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(env.Dir, name)
		if err := os.WriteFile(path, []byte(files[name]), 0o644); err != nil {
			return err
		}
		args = append(args, "--requirement", path)
	}
	if err := runPip(ctx, args, total, o.Progress); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(env.Dir, marker), []byte(env.Python.String()+"\n"), 0o644)
}

// makeVenv returns the command that is the new environment's pip. Debian ships Python without ensurepip
// unless python3-venv is installed; a venv can still be made without pip, and a pip that is there already
// (22.3 or newer) can install into it.
func makeVenv(ctx context.Context, env *Env) (pip []string, err error) {
	base, inside := env.Python.Path, env.Program("python")
	out, err := exec.CommandContext(ctx, base, "-I", "-m", "venv", env.Dir).CombinedOutput()
	if err == nil {
		return []string{inside, "-I", "-m", "pip"}, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	first := lastLines(out, 12)
	if err := os.RemoveAll(env.Dir); err != nil {
		return nil, err
	}
	if _, err := exec.CommandContext(ctx, base, "-I", "-m", "venv", "--without-pip", env.Dir).CombinedOutput(); err == nil {
		if exec.CommandContext(ctx, base, "-m", "pip", "--python", inside, "--version").Run() == nil {
			return []string{base, "-m", "pip", "--python", inside}, nil
		}
	}
	return nil, fmt.Errorf("Python %s at %s cannot make virtual environments; install its part that can, with: apt-get install python3-venv\nPython's own words:\n%s",
		env.Python, base, first)
}

// lock takes the exclusive file lock at path, telling waiting once if another process holds it.
func lock(ctx context.Context, path string, waiting func()) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock the Python environment: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		waiting()
		taken := make(chan error, 1)
		go func() { taken <- syscall.Flock(int(f.Fd()), syscall.LOCK_EX) }()
		select {
		case err = <-taken:
		case <-ctx.Done():
			// The goroutine keeps f until the other process lets go; the process is about to end.
			return nil, ctx.Err()
		}
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return func() { f.Close() }, nil
}

func lastLines(text []byte, n int) string {
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	if len(lines) > n {
		lines = lines[len(lines)-n:]
	}
	return string(bytes.Join(lines, []byte("\n")))
}

// Remove deletes every environment of a cache folder, complete or not.
func Remove(cache string) error {
	dirs, err := filepath.Glob(filepath.Join(cache, "python-*"))
	if err != nil {
		return err
	}
	for _, d := range dirs {
		if err := os.RemoveAll(d); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
