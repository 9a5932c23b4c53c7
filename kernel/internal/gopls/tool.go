package gopls

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/mod/modfile"

	"interleave/kernel/internal/whole"
)

// The module gopls is built in: it pins gopls and everything it is made of, and has nothing to do with the
// versions a notebook uses. The files are not named go.mod and go.sum because a folder with a go.mod is no part
// of this module and could not be embedded.
var (
	//go:embed tool/gopls.mod
	toolMod []byte
	//go:embed tool/gopls.sum
	toolSum []byte
)

const toolPath = "golang.org/x/tools/gopls"

// Version is the version of gopls that is built, v0.23.0.
func Version() string {
	f, err := modfile.Parse("gopls.mod", toolMod, nil)
	if err == nil {
		for _, r := range f.Require {
			if r.Mod.Path == toolPath {
				return r.Mod.Version
			}
		}
	}
	return "unknown"
}

// Tool is gopls in a cache.
type Tool struct {
	Program string
	data    string // what gopls keeps between its runs
	config  string // settings of ours that stand for the user's
	given   bool   // the program is not one that Build has made
}

// At is where gopls belongs in a cache folder ("" for the user's). It need not be there: see Built.
func At(cache string) (Tool, error) {
	if cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return Tool{}, fmt.Errorf("find the cache folder: %w", err)
		}
		cache = filepath.Join(dir, "interleave")
	}
	root, err := filepath.Abs(filepath.Join(cache, "gopls"))
	if err != nil {
		return Tool{}, fmt.Errorf("find the cache folder: %w", err)
	}
	h := sha256.New()
	for _, part := range []string{string(toolMod), string(toolSum), runtime.Version(), runtime.GOOS, runtime.GOARCH} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	name := "gopls-" + Version() + "-" + hex.EncodeToString(h.Sum(nil)[:6])
	return Tool{Program: filepath.Join(root, name), data: filepath.Join(root, "data"), config: filepath.Join(root, "config")}, nil
}

// Built reports whether the program is there and as it was built.
func (t Tool) Built() bool {
	info, err := os.Stat(t.Program)
	return err == nil && info.Mode()&0o111 != 0 && (t.given || whole.Sealed(t.Program))
}

// Given is the tool with a program that somebody else has made.
func (t Tool) Given(program string) Tool {
	t.Program, t.given = program, true
	return t
}

// Or is the tool with the program that lies in another folder, if one of this version does: all users of an installation share it.
func (t Tool) Or(folder string) Tool {
	shared := t
	shared.Program = filepath.Join(folder, filepath.Base(t.Program))
	if folder == "" || !shared.Built() {
		return t
	}
	return shared
}

// Copy puts another cache's program in this one's place.
func (t Tool) Copy(from Tool) error {
	program, err := os.ReadFile(from.Program)
	if err != nil {
		return fmt.Errorf("copy gopls: %w", err)
	}
	dir := filepath.Dir(t.Program)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("copy gopls: %w", err)
	}
	tmp, err := os.MkdirTemp(dir, ".new-")
	if err != nil {
		return fmt.Errorf("copy gopls: %w", err)
	}
	defer os.RemoveAll(tmp)
	if err := os.WriteFile(filepath.Join(tmp, "gopls"), program, 0o755); err != nil {
		return fmt.Errorf("copy gopls: %w", err)
	}
	if err := os.Rename(filepath.Join(tmp, "gopls"), t.Program); err != nil {
		return fmt.Errorf("copy gopls: %w", err)
	}
	return nil
}

// Step is how far a build has come, in packages; Total is 0 while it is not known.
type Step struct {
	Done, Total int
	Package     string
}

// Build builds the program unless it is there, and removes those of other versions that are not used any more. progress may be nil. goCommand
// is the go command to use.
func (t Tool) Build(ctx context.Context, goCommand string, progress func(Step)) error {
	if t.Built() {
		return nil
	}
	if progress == nil {
		progress = func(Step) {}
	}
	root := filepath.Dir(t.Program)
	if err := os.MkdirAll(root, 0o755); err != nil {
		return fmt.Errorf("build gopls: %w", err)
	}
	unlock, err := lock(ctx, filepath.Join(root, ".lock"))
	if err != nil {
		return fmt.Errorf("build gopls: %w", err)
	}
	defer unlock()
	if t.Built() { // by another process, while this one waited
		return nil
	}
	dir, err := os.MkdirTemp(root, ".new-")
	if err != nil {
		return fmt.Errorf("build gopls: %w", err)
	}
	defer os.RemoveAll(dir)
	for name, text := range map[string][]byte{"go.mod": toolMod, "go.sum": toolSum} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return fmt.Errorf("build gopls: %w", err)
		}
	}
	if err := build(ctx, goCommand, dir, progress); err != nil {
		return fmt.Errorf("build gopls %s: %w", Version(), err)
	}
	if err := whole.Seal(filepath.Join(dir, "gopls")); err != nil {
		return fmt.Errorf("build gopls: %w", err)
	}
	if err := os.Rename(filepath.Join(dir, "gopls"), t.Program); err != nil {
		return fmt.Errorf("build gopls: %w", err)
	}
	t.prune()
	return nil
}

// lock takes a file lock.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, context.Cause(ctx)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// keep is how long a program of another version stays that nothing has started: two kernels that were built by different
// releases of Go share a cache.
const keep = 30 * 24 * time.Hour

// prune removes programs of other versions that are no longer used. A process that runs one keeps it.
func (t Tool) prune() {
	old, _ := filepath.Glob(filepath.Join(filepath.Dir(t.Program), "gopls-*"))
	for _, program := range old {
		if info, err := os.Stat(program); program != t.Program && err == nil && time.Since(info.ModTime()) > keep {
			os.Remove(program) // what stays costs a little space
		}
	}
}

// used keeps the program from being removed.
func (t Tool) used() {
	now := time.Now()
	_ = os.Chtimes(t.Program, now, now) // it may be another user's, whose it is to remove
}

func build(ctx context.Context, goCommand, dir string, progress func(Step)) error {
	// GOTOOLCHAIN: a newer toolchain is not downloaded for an editor's sake. GOROOT: it may be that of another go command.
	env := append(os.Environ(), "GOWORK=off", "GOFLAGS=", "GOOS=", "GOARCH=", "GOTOOLCHAIN=local", "GOROOT=")
	list := exec.CommandContext(ctx, goCommand, "list", "-deps", toolPath)
	list.Dir, list.Env = dir, env
	out, err := list.Output()
	if err != nil {
		return words(ctx, err, nil)
	}
	total := bytes.Count(out, []byte("\n"))
	progress(Step{Total: total})

	cmd := exec.CommandContext(ctx, goCommand, "build", "-v", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", "gopls", toolPath)
	cmd.Dir, cmd.Env = dir, env
	said, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	finished := make(chan error, 1)
	go func() { // ends with the command
		err := cmd.Run()
		w.Close()
		finished <- err
	}()
	var other strings.Builder // all but names of packages
	done := 0
	for lines := bufio.NewScanner(said); lines.Scan(); {
		if line := lines.Text(); bytes.Contains(out, []byte(line+"\n")) {
			done++
			progress(Step{done, max(total, done), line})
		} else {
			fmt.Fprintln(&other, line)
		}
	}
	said.Close()
	if err := <-finished; err != nil {
		return words(ctx, err, []byte(other.String()))
	}
	return nil
}

// words adds to the error of a go command what it said.
func words(ctx context.Context, err error, said []byte) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if exit, ok := err.(*exec.ExitError); ok && said == nil {
		said = exit.Stderr
	}
	return fmt.Errorf("%w\n%s", err, bytes.TrimSpace(said))
}
