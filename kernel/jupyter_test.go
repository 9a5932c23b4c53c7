package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/kernelspec"
	"interleave/kernel/internal/python"
)

// jupyter is the pinned Jupyter with our kernel installed into folders of the test's own. The kernel is the
// test binary.
type jupyter struct {
	env *python.Env
	dir string // short, for sockets lie in it
}

func newJupyter(t *testing.T, ctx context.Context) *jupyter {
	t.Helper()
	env, err := python.Open(ctx, python.Options{Set: python.Test, Progress: func(done, total int, what string) { t.Logf("%d/%d %s", done, total, what) }})
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "il")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	j := &jupyter{env: env, dir: dir}
	if _, err := kernelspec.Install(filepath.Join(dir, "data", "kernels"), kernelspec.DefaultName, kernelspec.New(self), false); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"work", "runtime", "home"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return j
}

// work is where programs and notebooks run.
func (j *jupyter) work() string { return filepath.Join(j.dir, "work") }

// environ lets no configuration, history or kernel of the user's in.
func (j *jupyter) environ() []string {
	at := func(name string) string { return filepath.Join(j.dir, name) }
	return append(os.Environ(),
		"JUPYTER_PATH="+at("data"), "JUPYTER_DATA_DIR="+at("data"), "JUPYTER_RUNTIME_DIR="+at("runtime"),
		"JUPYTER_CONFIG_DIR="+at("config"), "JUPYTER_PREFER_ENV_PATH=1", "IPYTHONDIR="+at("ipython"),
		"XDG_DATA_HOME="+at("home"), "PYTHONUNBUFFERED=1",
		"PATH="+filepath.Join(j.env.Dir, "bin")+string(filepath.ListSeparator)+os.Getenv("PATH"),
	)
}

// command is a program of the environment; it ends with ctx.
func (j *jupyter) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, j.env.Program(program), args...)
	cmd.Dir, cmd.Env = j.work(), j.environ()
	cmd.WaitDelay = 5 * time.Second // a kernel may hold the pipe
	return cmd
}

// run runs a program and returns what it printed; a status other than the one wanted is fatal.
func (j *jupyter) run(t *testing.T, ctx context.Context, status int, program string, args ...string) string {
	t.Helper()
	cmd := j.command(ctx, program, args...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != status || ctx.Err() != nil {
		t.Fatalf("%s %s: %v (%v), want exit status %d\n%s", program, strings.Join(args, " "), err, ctx.Err(), status, out)
	}
	return string(out)
}

// script is the path of a Python file in testdata.
func script(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}
