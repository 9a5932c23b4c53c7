package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
	build := exec.Command(filepath.Join(olderRoot(t), "bin", "go"), "build", "-buildvcs=false", "-o", program, ".")
	build.Env = append(os.Environ(), "GOTOOLCHAIN=local", "GOROOT=")
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

// olderRoot is the GOROOT of a Go 1.26 on PATH, where go test has put its own Go first, or that of olderGo from the module cache or the
// network.
func olderRoot(t *testing.T) string {
	t.Helper()
	goroot := func(program, choice string) (version, root string) {
		cmd := exec.Command(program, "env", "GOVERSION", "GOROOT")
		cmd.Env = append(os.Environ(), "GOTOOLCHAIN="+choice, "GOROOT=")
		out, err := cmd.Output()
		if err != nil {
			return "", ""
		}
		version, root, _ = strings.Cut(strings.TrimSpace(string(out)), "\n")
		return version, root
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if version, root := goroot(filepath.Join(dir, "go"), "local"); strings.HasPrefix(version, "go1.26") {
			return root
		}
	}
	version, root := goroot("go", olderGo)
	if version != olderGo {
		t.Fatalf("there is no Go 1.26 on PATH, and %s cannot be had", olderGo)
	}
	return root
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

// TestOlderKernelMeanwhile: while another Go suits an older kernel, it is there at once and uses that, and the new kernel is built behind
// it. With FULL=1 cells run as well, before and after.
func TestOlderKernelMeanwhile(t *testing.T) {
	program, env := older(t)
	newer, cache := value(env, "INTERLEAVE_GO"), value(env, "XDG_CACHE_HOME")
	env = append(env, "INTERLEAVE_GO=", "PATH="+filepath.Dir(newer)+":"+filepath.Join(olderRoot(t), "bin")+":"+os.Getenv("PATH"))
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	start := func(want ...string) *kerneltest.Kernel {
		k := kerneltest.StartT(t, kerneltest.Spec{Argv: []string{program, "serve", "{connection_file}"}, Env: env})
		if os.Getenv("FULL") == "" {
			return k
		}
		r, err := k.Execute(ctx, "import \"math/rand/v2\"\nfmt.Println(rand.IntN(1), runtime.Version())", kerneltest.ExecuteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		v, err := k.Execute(ctx, "%version", kerneltest.ExecuteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		text := kerneltest.Text(r, kerneltest.TextOptions{}) + kerneltest.Text(v, kerneltest.TextOptions{})
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("it says %s, without %s", text, w)
			}
		}
		return k
	}
	k := start("0 go1.26", "is used until a kernel for it has been built")
	if exe := runs(t, k); exe != program {
		t.Errorf("the process runs %s", exe)
	}
	for len(rebuilt(t, cache)) == 0 {
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal("no kernel was built in the background")
		}
	}
	if err := k.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	k = start("0 "+link.Proved, "built with "+link.Proved)
	if exe, found := runs(t, k), rebuilt(t, cache); len(found) != 1 || exe != found[0] {
		t.Errorf("the process runs %s; want %s", exe, found)
	}
}

// runs is the program of a kernel's process.
func runs(t *testing.T, k *kerneltest.Kernel) string {
	t.Helper()
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", k.Pid()))
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

func value(env []string, name string) string {
	for _, kv := range env {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			return v
		}
	}
	return ""
}

// rebuilt are the kernels in a cache that are whole.
func rebuilt(t *testing.T, cache string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(cache, "interleave", "kernel", "*", "interleave"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(found, func(p string) bool { return strings.Contains(p, ".new-") })
}

// damage cuts the rebuilt kernel in half.
func damage(t *testing.T, env []string) {
	t.Helper()
	found := rebuilt(t, value(env, "XDG_CACHE_HOME"))
	if len(found) != 1 {
		t.Fatal(found)
	}
	info, err := os.Stat(found[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(found[0], info.Size()/2); err != nil {
		t.Fatal(err)
	}
}
