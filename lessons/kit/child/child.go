// Package child builds and runs the helper commands of lessons.
//
// Some experiments need a process of their own: one with a deliberate data race, one that deadlocks, one that is
// built with the race detector, or one whose GOMAXPROCS or GODEBUG is read at start. In a notebook
// os.Executable is the kernel's worker, so a program cannot start itself again; it calls [Run] instead, with the
// source of a command that uses the standard library only, or with the import path of a command of this module.
// The command is compiled by the go command of the machine and kept in the user's cache, so the second call takes
// as long as the process alone, or, with an import path, some tenths of a second more to see that it is up to date.
//
// The package knows nothing of what the commands do. The only goroutines it starts are those of os/exec, which
// end with the process.
package child

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"
)

// Command is a helper: its source and how to run it.
type Command struct {
	Name    string            // of the binary, for process listings
	Source  string            // main.go, of package main
	Files   map[string]string // further files of the same package, by name; a go.mod of its own with go.sum
	Package string            // instead of both: import path of a command of this module
	Race    bool              // build with the race detector
	Build   []string          // "GOEXPERIMENT=simd", added to the environment of the go command
	Args    []string          // without the name
	Env     []string          // "GODEBUG=asyncpreemptoff=1", added to the environment of this process
	Timeout time.Duration     // after which it is killed; 0 stands for a minute
}

// Output is what a command left behind.
type Output struct {
	Stdout, Stderr string // the first mebibyte of each
	Exit           int    // exit status; -1 when it was killed
	TimedOut       bool   // it was killed at its deadline
	Wall           time.Duration
	CPU            time.Duration // user and system
}

// ErrToolchain says that no go command was found.
var ErrToolchain = errors.New("no go command: install Go from go.dev/dl and put it on the PATH")

// CompileError is what the go command said of a source that it could not build.
type CompileError struct {
	Output string
	err    error
}

func (e *CompileError) Error() string { return e.err.Error() + "\n" + e.Output }
func (e *CompileError) Unwrap() error { return e.err }

// Run builds the command unless it is in the cache, runs it and waits for it. A command that ends with another
// status than 0, or is killed at its deadline, is not an error: see [Output].
func Run(ctx context.Context, c Command) (Output, error) {
	path, err := Build(ctx, c)
	if err != nil {
		return Output{}, err
	}
	timeout := c.Timeout
	if timeout == 0 {
		timeout = time.Minute
	}
	deadline, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var stdout, stderr head
	cmd := exec.CommandContext(deadline, path, c.Args...)
	cmd.Env = append(os.Environ(), c.Env...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = 10 * time.Second // for what the command leaves behind with its output open
	start := time.Now()
	err = cmd.Run()
	out := Output{Stdout: stdout.String(), Stderr: stderr.String(), Wall: time.Since(start)}
	if ctx.Err() != nil {
		return out, fmt.Errorf("run %s: %w", c.Name, context.Cause(ctx))
	}
	if cmd.ProcessState == nil {
		return out, fmt.Errorf("run %s: %w", c.Name, err)
	}
	if errors.Is(err, exec.ErrWaitDelay) {
		return out, fmt.Errorf("run %s: its output was still open %v after its end, by a process it started: %w", c.Name, cmd.WaitDelay, err)
	}
	out.Exit = cmd.ProcessState.ExitCode()
	out.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	out.TimedOut = out.Exit != 0 && deadline.Err() != nil
	return out, nil
}

// Build compiles the command unless it is in the cache, and returns the path of the binary.
func Build(ctx context.Context, c Command) (string, error) {
	dir, err := cacheDir(c)
	if err != nil {
		return "", fmt.Errorf("build %s: %w", c.Name, err)
	}
	path := filepath.Join(dir, c.Name)
	if c.Package != "" {
		if err := compilePackage(ctx, c, path); err != nil {
			return "", fmt.Errorf("build %s: %w", c.Name, err)
		}
		return path, nil
	}
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := compile(ctx, c, dir, path); err != nil {
		return "", fmt.Errorf("build %s: %w", c.Name, err)
	}
	return path, nil
}

// cacheDir is where a command's binary is kept: a folder for what it is made of.
func cacheDir(c Command) (string, error) {
	// A map is printed in the order of its keys.
	sum := sha256.Sum256(fmt.Appendf(nil, "trimpath %s %q %t %q %q %q %q", runtime.Version(), c.Name, c.Race, c.Source, c.Files, c.Package, c.Build))
	base, err := os.UserCacheDir()
	if err != nil {
		base = os.TempDir()
	}
	dir := filepath.Join(base, "interleave", "child", fmt.Sprintf("%x", sum[:12]))
	return dir, os.MkdirAll(dir, 0o755)
}

// compile builds aside and renames, so that two processes that build the same command do not meet.
func compile(ctx context.Context, c Command, dir, path string) error {
	tmp, err := unpack(c, dir)
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := goBuild(ctx, c, tmp, c.Name); err != nil {
		return err
	}
	return os.Rename(filepath.Join(tmp, c.Name), path)
}

// unpack writes the sources as a module of their own into a new folder below dir.
func unpack(c Command, dir string) (string, error) {
	tmp, err := os.MkdirTemp(dir, "build")
	if err != nil {
		return "", err
	}
	files := map[string]string{"go.mod": "module child\n\ngo 1.26\n"}
	maps.Copy(files, c.Files)
	files["main.go"] = c.Source
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(tmp, name), []byte(text), 0o644); err != nil {
			os.RemoveAll(tmp)
			return "", err
		}
	}
	return tmp, nil
}

// ErrSources says that the sources of this module are not where they were compiled.
var ErrSources = errors.New("the sources of module interleave are not where they were when this program was compiled")

// compilePackage has the go command bring the binary up to date, which leaves alone one that is.
func compilePackage(ctx context.Context, c Command, path string) error {
	root := os.Getenv("INTERLEAVE_SOURCES") // says the kernel, whose library does not know
	if _, file, _, _ := runtime.Caller(0); filepath.IsAbs(file) {
		root = filepath.Join(filepath.Dir(file), "..", "..", "..")
	}
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		return fmt.Errorf("%w (%s): put them back, or compile it again", ErrSources, root)
	}
	return goBuild(ctx, c, root, path, c.Package)
}

// goBuild has the go command build a package, by default that of the folder, into a file.
func goBuild(ctx context.Context, c Command, dir, into string, packages ...string) error {
	tool, err := goCommand()
	if err != nil {
		return err
	}
	args := []string{"build", "-trimpath", "-o", into} // reports then name child/main.go, the same on every machine
	if c.Race {
		args = append(args, "-race")
	}
	cmd := exec.CommandContext(ctx, tool, append(args, packages...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false", "GOWORK=off", "PWD="+dir)
	if !c.Race { // needs no C compiler, and the runtime reports a deadlock only without cgo
		cmd.Env = append(cmd.Env, "CGO_ENABLED=0")
	}
	cmd.Env = append(cmd.Env, c.Build...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return &CompileError{Output: string(out), err: err}
	}
	return nil
}

// goCommand finds the go command on the PATH or where this program's own toolchain was.
func goCommand() (string, error) {
	if path, err := exec.LookPath("go"); err == nil {
		return path, nil
	}
	path := filepath.Join(os.Getenv("GOROOT"), "bin", "go")
	if _, err := os.Stat(path); err == nil && filepath.IsAbs(path) {
		return path, nil
	}
	return "", ErrToolchain
}

// head keeps the first mebibyte of what is written and swallows the rest.
type head struct{ bytes.Buffer }

func (h *head) Write(p []byte) (int, error) {
	room := max(0, 1<<20-h.Len())
	h.Buffer.Write(p[:min(room, len(p))])
	return len(p), nil
}
