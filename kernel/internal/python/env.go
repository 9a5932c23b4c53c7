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
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
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

func create(ctx context.Context, env *Env, o Options) (err error) {
	if err := os.RemoveAll(env.Dir); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(env.Dir) // what stays is removed by the next start
		}
	}()
	total := o.Set.packages()
	o.Progress(0, total, "making a venv with Python "+env.Python.String())
	pip, own, err := makeVenv(ctx, env)
	if err != nil {
		return err
	}
	files := o.Set.files()
	if own != "" {
		files["pip.txt"] = own
	}
	// --no-deps: the pins are complete. --no-compile: Python compiles a module when it is first imported, and most never are.
	args := slices.Concat(pip, []string{"install", "--require-hashes", "--no-deps", "--no-compile", "--only-binary", ":all:",
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

// makeVenv makes a venv without pip, which takes a tenth of a second instead of several, and returns the command that is pip
// for it: the one in the wheel that Python carries for its venvs. own is the requirement that installs pip itself.
//
// Debian ships Python without that wheel unless python3-venv is installed. Then a pip that is there already (22.3 or newer)
// can install into the venv.
func makeVenv(ctx context.Context, env *Env) (pip []string, own string, err error) {
	base, inside := env.Python.Path, env.Program("python")
	venv := func(args ...string) ([]byte, error) {
		return exec.CommandContext(ctx, base, slices.Concat([]string{"-I", "-m", "venv"}, args, []string{env.Dir})...).CombinedOutput()
	}
	bare, err := venv("--without-pip")
	if ctx.Err() != nil {
		return nil, "", ctx.Err()
	}
	if err == nil {
		if wheel, sum := bundledPip(ctx, base); wheel != "" {
			address := url.URL{Scheme: "file", Path: wheel}
			return []string{inside, "-I", filepath.Join(wheel, "pip")}, "pip @ " + address.String() + " --hash=sha256:" + sum + "\n", nil
		}
		if exec.CommandContext(ctx, base, "-m", "pip", "--python", inside, "--version").Run() == nil {
			return []string{base, "-m", "pip", "--python", inside}, "", nil
		}
		bare, err = venv() // to hear what Python says, or for a Python that keeps its pip elsewhere
		if err == nil {
			return []string{inside, "-I", "-m", "pip"}, "", nil
		}
	}
	if ctx.Err() != nil {
		return nil, "", ctx.Err()
	}
	return nil, "", fmt.Errorf("the Python %s at %s cannot make virtual environments; install the part of Python that can, with: apt-get install python3-venv\nPython says:\n%s",
		env.Python, base, lastLines(bare, 12))
}

// findWheel prints the path of the pip wheel that ensurepip would install: its own, or that of a distribution.
const findWheel = `import ensurepip, glob, os, sysconfig
dirs = [sysconfig.get_config_var("WHEEL_PKG_DIR"), os.path.join(os.path.dirname(ensurepip.__file__), "_bundled"), "/usr/share/python-wheels"]
print(next(w for d in dirs if d for w in sorted(glob.glob(os.path.join(glob.escape(d), "pip-*-py*-none-any.whl")), reverse=True)))`

// bundledPip is the path of that wheel and the hash of its content; both are empty when there is none.
func bundledPip(ctx context.Context, base string) (wheel, sum string) {
	out, err := exec.CommandContext(ctx, base, "-I", "-c", findWheel).Output()
	if err != nil {
		return "", ""
	}
	wheel = strings.TrimSpace(string(out))
	data, err := os.ReadFile(wheel)
	if err != nil {
		return "", ""
	}
	return wheel, fmt.Sprintf("%x", sha256.Sum256(data))
}

// Alone calls do while no other process makes the environment or calls Alone.
func (e *Env) Alone(ctx context.Context, do func() error) error {
	unlock, err := lock(ctx, e.Dir+".lock", func() {})
	if err != nil {
		return err
	}
	defer unlock()
	return do()
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
