package kerneltest

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// PyZMQ is the pinned binding of libzmq, the peer that Jupyter uses.
const PyZMQ = "pyzmq==27.1.0"

// Python returns the interpreter of a virtual environment in the user's cache that has the pinned
// requirements, [PyZMQ] when there are none. It is made on first use and shared by all tests; making it
// needs the network. A test that cannot have it fails.
func Python(t testing.TB, requirements ...string) string {
	t.Helper()
	if len(requirements) == 0 {
		requirements = []string{PyZMQ}
	}
	python, err := environment(requirements)
	if err != nil {
		t.Fatalf("this test needs Python 3 with venv, and %s: %v", strings.Join(requirements, " "), err)
	}
	return python
}

func environment(requirements []string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	requirements = slices.Sorted(slices.Values(requirements))
	sum := sha256.Sum256([]byte(strings.Join(requirements, "\n")))
	dir := filepath.Join(cache, "interleave", fmt.Sprintf("test-venv-%x", sum[:6]))
	python, ready := filepath.Join(dir, "bin", "python"), filepath.Join(dir, "ready")
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	unlock, err := lock(dir + ".lock") // the tests of two packages may want it at once
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(ready); err == nil && exec.Command(python, "-c", "").Run() == nil {
		return python, nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	base, err := exec.LookPath("python3")
	if err != nil {
		return "", fmt.Errorf("%w; on Debian: apt-get install python3 python3-venv", err)
	}
	if err := run(base, "-m", "venv", dir); err != nil {
		return "", fmt.Errorf("%w; on Debian: apt-get install python3-venv", err)
	}
	pip := append([]string{"-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"}, requirements...)
	if err := run(python, pip...); err != nil {
		return "", err
	}
	return python, os.WriteFile(ready, []byte(strings.Join(requirements, "\n")), 0o644)
}

func run(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// lock takes a file lock that ends with the process at the latest.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return func() { f.Close() }, nil
}
