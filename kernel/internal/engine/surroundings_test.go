package engine_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/kerneltest"
)

// TestSurroundings starts kernels in environments that people have set for programs of their own: cells, programs and tests
// run, and traces of the runtime are text like any other.
func TestSurroundings(t *testing.T) {
	prepare(t, "thin")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, env := range [][]string{
		{"GODEBUG=schedtrace=100,gctrace=1,inittrace=1", "GOGC=1"},
		{"GOFLAGS=-mod=vendor -buildvcs=true -trimpath", "GOOS=windows", "GOARCH=arm64", "CGO_ENABLED=0"},
		{"TMPDIR=" + file, "LD_PRELOAD=/nonexistent.so", "LANG=C", "GOPROXY=off", "GOMAXPROCS=1"},
	} {
		t.Run(strings.Join(env, " "), func(t *testing.T) {
			k := kerneltest.StartT(t, kerneltest.Spec{Argv: []string{self, "serve", "{connection_file}"}, Dir: dir, Env: append(env, "INTERLEAVE_LINK=thin")})
			ctx := within(t, 5*time.Minute)
			for _, c := range [][2]string{
				{"x := 6\nfmt.Println(x * 7)", "42\n"},
				{"type T int\nfunc (T) String() string { return \"a T\" }\nfmt.Println(T(1), x)", "a T 6\n"},
				{"%%program\nfmt.Println(6 * 7)", "42\n"},
				{"%%test\nfunc TestX(t *testing.T) {}", "TestX"},
				{"runtime.GC()\nfmt.Println(\"done\")", "done\n"},
			} {
				r, err := k.Execute(ctx, c[0], kerneltest.ExecuteOptions{})
				if err != nil {
					t.Fatal(err)
				}
				if text := kerneltest.Text(r, kerneltest.TextOptions{}); r.Status != "ok" || !strings.Contains(text, strings.TrimSpace(c[1])) {
					t.Errorf("%q: %.2000s", c[0], text)
				}
			}
		})
	}
}

// TestLimits starts kernels under limits of the shell. A cell runs, or its error says which limit to raise.
func TestLimits(t *testing.T) {
	prepare(t, "thin")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ limit, env, want string }{
		{"ulimit -n 64", "", "result: 42"},
		{"ulimit -n 40", "", "result: 42|ulimit -n"},
		{"ulimit -n 32", "", "result: 42|ulimit -n"},
		{"ulimit -f 0", "", "ulimit -f"},
		{"umask 077", "", "result: 42"},
		{"umask 000", "", "result: 42"},
		{"true", "INTERLEAVE_MEMORY=1MiB", "INTERLEAVE_MEMORY"},
	} {
		t.Run(c.limit+c.env, func(t *testing.T) {
			argv := []string{"sh", "-c", c.limit + ` && exec "$0" "$@"`, self, "serve", "{connection_file}"}
			k := kerneltest.StartT(t, kerneltest.Spec{Argv: argv, Dir: dir, Env: []string{"INTERLEAVE_LINK=thin", c.env}})
			r, err := k.Execute(within(t, 2*time.Minute), fmt.Sprintf("limited%d := 6\nlimited%[1]d * 7", time.Now().UnixNano()), kerneltest.ExecuteOptions{})
			if err != nil {
				t.Fatal(err)
			}
			text := kerneltest.Text(r, kerneltest.TextOptions{})
			t.Logf("%.1000s", text)
			if !slices.ContainsFunc(strings.Split(c.want, "|"), func(w string) bool { return strings.Contains(text, w) }) || strings.Contains(text, "defect") {
				t.Errorf("%.1000s", text)
			}
		})
	}
}

// TestFolderIsRemoved removes the folder of a notebook while it runs, and before its kernel starts. Cells go on; what needs the folder
// says how to choose another; a kernel that cannot begin says so in its first cell, and runs commands of the shell all the same.
func TestFolderIsRemoved(t *testing.T) {
	prepare(t, "thin")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	ctx := within(t, 3*time.Minute)
	say := func(k *kerneltest.Kernel, code string) string {
		t.Helper()
		r, err := k.Execute(ctx, code, kerneltest.ExecuteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return kerneltest.Text(r, kerneltest.TextOptions{})
	}
	t.Run("while it runs", func(t *testing.T) {
		dir, err := os.MkdirTemp(here, "removed-") // in the module whose base is there
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		k := kerneltest.StartT(t, kerneltest.Spec{Argv: []string{self, "serve", "{connection_file}"}, Dir: dir, Env: []string{"INTERLEAVE_LINK=thin"}})
		execute(t, k, "kept := 6 * 7")
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if got := value(t, k, "kept"); got != 42 {
			t.Errorf("a cell has %v", got)
		}
		for _, code := range []string{"!echo hi", "%%bash\necho hi", "%%program\nfmt.Println(1)", "%%test\nfunc TestX(t *testing.T) {}"} {
			if text := say(k, code); !strings.Contains(text, dir+", was removed") || !strings.Contains(text, "%cd") || strings.Contains(text, "defect") {
				t.Errorf("%q: %s", code, text)
			}
		}
		if text := say(k, "%cd /tmp\n!echo hi"); !strings.Contains(text, "hi") {
			t.Errorf("after %%cd: %s", text)
		}
		if r, err := k.Execute(ctx, "os.Exit(1)", kerneltest.ExecuteOptions{}); err != nil || r.EName != "WorkerDied" {
			t.Errorf("%+v, %v", r, err)
		}
		if text := say(k, "6 * 7"); !strings.Contains(text, "42") {
			t.Errorf("the next worker: %s", text)
		}
	})
	t.Run("before it starts", func(t *testing.T) {
		dir, err := os.MkdirTemp(here, "removed-")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		k := kerneltest.StartT(t, kerneltest.Spec{Argv: []string{"sh", "-c", `rmdir "$PWD" && exec "$0" "$@"`, self, "serve", "{connection_file}"}, Dir: dir})
		if text := say(k, "1"); !strings.Contains(text, dir+" is not there any more") || strings.Contains(text, "defect") {
			t.Errorf("the first cell says %s", text)
		}
		if text := say(k, "!echo hi"); !strings.Contains(text, "hi") {
			t.Errorf("a command of the shell says %s", text)
		}
	})
	t.Run("no Go", func(t *testing.T) {
		k := kerneltest.StartT(t, kerneltest.Spec{Argv: []string{self, "serve", "{connection_file}"}, Env: []string{"INTERLEAVE_GO=/nonexistent", "GREETING=hi"}})
		for _, code := range []string{"!echo $GREETING", "$ echo hi", "%%bash\necho $GREETING"} {
			if text := say(k, code); text != "stdout: hi\n" && strings.TrimSpace(text) != "stdout: hi" {
				t.Errorf("%q: %s", code, text)
			}
		}
		for _, code := range []string{"1", "!echo hi\n1", "%vars"} {
			if text := say(k, code); !strings.Contains(text, "the go command was not found") {
				t.Errorf("%q: %s", code, text)
			}
		}
	})
}
