package main

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/python"
)

// TestWheel installs the wheel into a new environment without a network, has Jupyter run a notebook elsewhere that imports
// plots and lessons and looks for modules in the wheel, is linked with what was prepared for all users, and takes the wheel out again.
func TestWheel(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	dir := t.TempDir()
	t.Setenv("XDG_DATA_HOME", filepath.Join(dir, "data"))
	if status, stdout, stderr := command("wheel", "--offline", "-o", dir); status != 0 {
		t.Fatalf("wheel: exit status %d\n%s%s", status, stdout, stderr)
	}
	wheels, _ := filepath.Glob(filepath.Join(dir, "interleave-*.whl"))
	if len(wheels) != 1 {
		t.Fatalf("wheels: %q", wheels)
	}
	run := func(program string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(ctx, program, args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %q: %v\n%s", program, args, err, out)
		}
		return string(out)
	}
	interpreter, err := python.Find(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	venv := filepath.Join(dir, "venv")
	run(interpreter.Path, "-m", "venv", venv)
	pip := filepath.Join(venv, "bin", "pip")
	before := tree(t, venv)
	run(pip, "install", "--no-index", "--disable-pip-version-check", wheels[0])

	contains(t, run(filepath.Join(venv, "bin", "interleave"), "version"), "interleave "+release)

	// The modules in it are all that its sources need: with those alone the go command finds every package.
	modules := "file://" + filepath.Join(venv, wheelModules)
	list := exec.CommandContext(ctx, "go", "list", "-deps", "./kernel", "./kernel/internal/worker/...", "./kernel/display/...", "./lessons/...", "./plots/...")
	list.Dir = filepath.Join(venv, wheelShare, "src")
	list.Env = append(os.Environ(), "GOPROXY="+modules, "GOMODCACHE="+filepath.Join(dir, "modcache"), "GOFLAGS=-modcacherw -mod=readonly", "GOWORK=off")
	if out, err := list.CombinedOutput(); err != nil {
		t.Errorf("modules are missing: %v\n%s", err, out)
	}

	contains(t, run(filepath.Join(venv, "bin", "interleave"), "prepare", "--prefix", venv), "prepared for all users: "+filepath.Join(venv, wheelShare))

	j := newJupyter(t, ctx)
	t.Setenv("JUPYTER_PATH", filepath.Join(venv, "share", "jupyter"))
	path := filepath.Join(dir, "elsewhere", "wheel.ipynb")
	if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	writeNotebook(t, path, "import (\"interleave/lessons/kit/schedule\"; \"interleave/plots\"; \"fmt\"; \"os\")\nx := schedule.Race().Enumerate(schedule.Limits{}).Schedules",
		"_, err := plots.NewStrip(\"ms\")\nfmt.Println(x, err)",
		"os.Getenv(\"GOPROXY\")",
		"os.Readlink(fmt.Sprintf(\"/proc/%d/exe\", os.Getppid()))",
		"os.Executable()")
	run(j.env.Program("jupyter"), "execute", "--inplace", path)
	contains(t, contents(t, path), "20 strip: no data", modules+",", filepath.Join(venv, wheelProgram), filepath.Join(venv, wheelShare, "prepared", "base"))

	// What was prepared goes by our own word, and the rest by pip's.
	status, stdout, stderr := command("uninstall", "--prefix", venv)
	if status != 1 {
		t.Errorf("uninstall: exit status %d", status)
	}
	contains(t, stdout, "removed "+filepath.Join(venv, wheelShare, "prepared"))
	contains(t, stderr, "pip uninstall interleave")
	run(pip, "uninstall", "--yes", "--disable-pip-version-check", "interleave")
	if after := tree(t, venv); !slices.Equal(before, after) {
		t.Errorf("left behind: %q", slices.DeleteFunc(after, func(p string) bool { return slices.Contains(before, p) }))
	}
}

// tree are the files below a folder, but for what Python compiles on its way. Folders that pip has emptied it leaves.
func tree(t *testing.T, dir string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.Contains(path, "__pycache__") {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}
