package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/kerneltest"
	"interleave/kernel/internal/link"
)

// olderGo builds the kernels of wheels for which TestOlderKernel stands.
const olderGo = "go1.26.8"

// older is a kernel that an older Go has built, and an environment in which the only Go is a newer one, with an empty cache.
func older(t *testing.T) (program string, env []string) {
	t.Helper()
	program = filepath.Join(t.TempDir(), "interleave")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", program, ".")
	if !strings.HasPrefix(runtime.Version(), "go1.26") {
		build.Env = append(os.Environ(), "GOTOOLCHAIN="+olderGo)
	}
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	where := exec.Command("go", "env", "GOROOT", "GOCACHE")
	where.Env = append(os.Environ(), "GOTOOLCHAIN="+link.Proved)
	out, err := where.Output()
	if err != nil {
		t.Fatal(err)
	}
	root, cache, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	newer := filepath.Join(root, "bin", "go")
	return program, []string{"INTERLEAVE_GO=" + newer, "XDG_CACHE_HOME=" + t.TempDir(), "GOCACHE=" + cache, "GOTOOLCHAIN=local", "GOPROXY=off", "GOFLAGS="}
}

// TestOlderKernel: a kernel that was built with an older Go than the only one there is builds itself anew, without a network, and its
// cells run: for Jupyter, in a notebook's run, and for the doctor.
func TestOlderKernel(t *testing.T) {
	program, env := older(t)
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	cells := []struct{ code, want string }{
		{"import (\n\t\"fmt\"\n\t\"math/rand/v2\"\n\t\"runtime\"\n)\n\ntype pair[A any] struct{ a, b A }\np := pair[int]{rand.IntN(1), 2}\nfmt.Println(p, runtime.Version())", "{0 2} " + link.Proved},
		{"plot.New()", "image/png"},
		{"%version", "built with " + link.Proved},
	}
	for done := false; !done; { // on a slow machine the new kernel is there for a later start, and cells say so
		k := kerneltest.StartT(t, kerneltest.Spec{Argv: []string{program, "serve", "{connection_file}"}, Env: env})
		for _, c := range cells {
			r, err := k.Execute(ctx, c.code, kerneltest.ExecuteOptions{})
			if err != nil {
				t.Fatal(err)
			}
			text := kerneltest.Text(r, kerneltest.TextOptions{})
			if done = !strings.Contains(r.EValue, "restart this kernel"); !done {
				t.Logf("not yet: %s", r.EValue)
				break
			}
			if r.Status != "ok" || !strings.Contains(text, c.want) {
				t.Fatalf("%s\ngives %s %s, want %s", c.code, r.EValue, text, c.want)
			}
		}
		if err := k.Stop(ctx); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "talk.ipynb")
	text := `{"cells":[{"cell_type":"code","execution_count":null,"id":"a","metadata":{},"outputs":[],"source":["fmt.Println(runtime.Version())"]}],"metadata":{"kernelspec":{"display_name":"Go","language":"go","name":"gophernotes"}},"nbformat":4,"nbformat_minor":5}`
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"run", "--inplace", path}, {"doctor", dir}, {"version"}} {
		cmd := exec.CommandContext(ctx, program, args...)
		cmd.Env = append(os.Environ(), env...)
		out, err := cmd.CombinedOutput()
		if args[0] == "run" && err == nil {
			out, err = os.ReadFile(path)
		}
		if err != nil || !strings.Contains(string(out), link.Proved) || strings.Contains(string(out), "built with "+olderGo) {
			t.Errorf("%s: %v\n%s", args[0], err, out)
		}
	}
	damage(t, env)
	cmd := exec.CommandContext(ctx, program, "version")
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "go1.26") {
		t.Errorf("the rebuilt kernel is damaged, and the old one says %s, %v", out, err)
	}
}

// damage cuts the rebuilt kernel in half.
func damage(t *testing.T, env []string) {
	t.Helper()
	cache := ""
	for _, kv := range env {
		if dir, ok := strings.CutPrefix(kv, "XDG_CACHE_HOME="); ok {
			cache = dir
		}
	}
	found, err := filepath.Glob(filepath.Join(cache, "interleave", "kernel", "*", "interleave"))
	if err != nil || len(found) != 1 {
		t.Fatal(fmt.Sprint(found), err)
	}
	info, err := os.Stat(found[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(found[0], info.Size()/2); err != nil {
		t.Fatal(err)
	}
}
