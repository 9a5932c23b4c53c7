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
