package ctxswitch

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed" // the sources of the helper commands
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"interleave/lessons/kit/child"
)

//go:embed futex/ping.c
var futexSource string

//go:embed pipe/main.go
var pipeSource string

// Errors of a machine on which threads or processes cannot be measured.
var (
	ErrCompiler = errors.New("no C compiler, and threads are measured by a C program: install one " +
		"(apt install gcc libc6-dev, dnf install gcc, apk add gcc musl-dev linux-headers), or name yours in the environment variable CC")
	ErrLinux = errors.New("threads and processes are measured with futexes and CPU affinity, which only Linux has: " +
		"measure the ways of goroutines alone, or run this on Linux or in a Linux container")
)

// futex measures a mode of the C program.
func futex(mode string) func(context.Context, int) (float64, float64, error) {
	return func(ctx context.Context, n int) (float64, float64, error) {
		path, err := buildC(ctx)
		if err != nil {
			return 0, 0, err
		}
		var stdout, stderr bytes.Buffer
		cmd := exec.CommandContext(ctx, path, mode, strconv.Itoa(n))
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); err != nil {
			return 0, 0, fmt.Errorf("ping %s: %w: %s", mode, err, stderr.String())
		}
		return parse(stdout.String())
	}
}

// pipes measures a mode of the Go program.
func pipes(mode string) func(context.Context, int) (float64, float64, error) {
	return func(ctx context.Context, n int) (float64, float64, error) {
		if runtime.GOOS != "linux" {
			return 0, 0, ErrLinux
		}
		out, err := child.Run(ctx, child.Command{Name: "pipe", Source: pipeSource, Args: []string{mode, strconv.Itoa(n)}})
		if err != nil {
			return 0, 0, err
		}
		if out.Exit != 0 {
			return 0, 0, fmt.Errorf("the pipe command ended with status %d: %s", out.Exit, out.Stderr)
		}
		return parse(out.Stdout)
	}
}

// parse reads "ns switches".
func parse(text string) (ns, switches float64, err error) {
	if _, err := fmt.Sscan(text, &ns, &switches); err != nil {
		return 0, 0, fmt.Errorf("the helper printed %q: %w", text, err)
	}
	return ns, switches, nil
}

// buildC compiles the C program unless it is in the user's cache, and returns its path.
func buildC(ctx context.Context) (string, error) {
	if runtime.GOOS != "linux" {
		return "", ErrLinux
	}
	compiler, err := compilerPath()
	if err != nil {
		return "", err
	}
	base, err := os.UserCacheDir()
	if err != nil {
		base = os.TempDir()
	}
	sum := sha256.Sum256([]byte(strings.Join(compiler, " ") + "\n" + futexSource))
	dir := filepath.Join(base, "interleave", "child", fmt.Sprintf("%x", sum[:12]))
	path := filepath.Join(dir, "ping")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	tmp, err := os.MkdirTemp(dir, "build") // aside, so that two processes that build it do not meet
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	args := append(compiler[1:len(compiler):len(compiler)], "-O2", "-pthread", "-x", "c", "-o", filepath.Join(tmp, "ping"), "-")
	cmd := exec.CommandContext(ctx, compiler[0], args...)
	cmd.Stdin = strings.NewReader(futexSource)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("compile ping.c with %s: %w (a header that is not found comes with libc6-dev, glibc-devel or, "+
			"on Alpine, musl-dev and linux-headers)\n%s", compiler[0], err, out)
	}
	return path, os.Rename(filepath.Join(tmp, "ping"), path)
}

// compilerPath finds the system's C compiler, with the arguments that CC may carry.
func compilerPath() ([]string, error) {
	if named := strings.Fields(os.Getenv("CC")); len(named) > 0 {
		path, err := exec.LookPath(named[0])
		if err != nil {
			return nil, fmt.Errorf("CC is %q: %w: %w", os.Getenv("CC"), err, ErrCompiler)
		}
		return append([]string{path}, named[1:]...), nil
	}
	for _, name := range []string{"cc", "gcc", "clang"} {
		if path, err := exec.LookPath(name); err == nil {
			return []string{path}, nil
		}
	}
	return nil, ErrCompiler
}
