package installation

import (
	"context"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	gover "go/version"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// A kernel reads and checks Go code with the packages of the Go that built it. For a newer Go it is built again from its sources,
// into the user's cache:
//
//	kernel/KEY-VERSION/interleave   the program, built with the Go release VERSION
//	kernel/KEY-VERSION/whole        its size and date, and the folder of the sources
//
// KEY is a hash of the program that it stands for and of its sources' folder. What is prepared for all users of an installation has
// such a folder too.

// kernels is the folder of rebuilt kernels.
func kernels() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache folder: %w", err)
	}
	return filepath.Join(cache, Module, "kernel"), nil
}

// shared is the folder of kernels that were rebuilt for all users of an installation.
func shared(sources string) string {
	return filepath.Join(at(filepath.Dir(sources)).Prepared(), "kernel")
}

// Rebuilt tells whether the running program is one that Rebuild has made.
func Rebuilt() bool {
	program, err := os.Executable()
	if err != nil {
		return false
	}
	dir := filepath.Dir(filepath.Dir(program))
	own, err := kernels()
	return err == nil && dir == own || dir == shared(compiledFrom())
}

// key names what stands for the running program.
func key(sources string) (string, error) {
	program, err := os.Executable()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	if f, err := elf.Open(program); err == nil {
		defer f.Close()
		if note := f.Section(".note.go.buildid"); note != nil {
			if id, err := note.Data(); err == nil {
				h.Write(id)
			}
		}
	}
	info, err := os.Stat(program)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(h, "%d %s", info.Size(), sources)
	return hex.EncodeToString(h.Sum(nil)[:8]), nil
}

// Newer is the program that stands for the running one and that the newest Go has built, if one newer than this program's has.
func Newer() (program string, ok bool) {
	if sources := atHand(); sources != "" {
		return newer(sources)
	}
	return "", false
}

func newer(sources string) (program string, ok bool) {
	best := runtime.Version()
	for _, dir := range places(sources) {
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) == 0 { // that is the rule, and costs nothing
			continue
		}
		key, err := key(sources)
		if err != nil {
			return "", false
		}
		for _, e := range entries {
			version, ours := strings.CutPrefix(e.Name(), key+"-")
			if ours && gover.Compare(gover.Lang(version), gover.Lang(runtime.Version())) > 0 && gover.Compare(version, best) > 0 && asBuilt(filepath.Join(dir, e.Name())) {
				best, program, ok = version, filepath.Join(dir, e.Name(), "interleave"), true
			}
		}
	}
	return program, ok
}

// places are the folders in which a rebuilt kernel may be.
func places(sources string) []string {
	own, err := kernels()
	if err != nil {
		return []string{shared(sources)}
	}
	return []string{own, shared(sources)}
}

// asBuilt tells whether the program in a folder is as it was built: a damaged one must not be every kernel of a user.
func asBuilt(dir string) bool {
	text, err := os.ReadFile(filepath.Join(dir, "whole"))
	if err != nil {
		return false
	}
	state, _, _ := strings.Cut(string(text), "\n")
	now, err := stateOf(filepath.Join(dir, "interleave"))
	return err == nil && now == state
}

func stateOf(program string) (string, error) {
	info, err := os.Stat(program)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d %d", info.Size(), info.ModTime().UnixNano()), nil
}

// ErrBusy says that another process rebuilds the kernel.
var ErrBusy = errors.New("another process is building this kernel")

// Rebuild builds the running program again with a newer Go, unless that was done, and returns the program. run runs a command and
// returns what it said; nil means that it is run as it is. With wait unset it returns ErrBusy while another process builds.
func (g Go) Rebuild(ctx context.Context, sources string, wait bool, run func(*exec.Cmd) ([]byte, error)) (program string, err error) {
	dir, err := kernels()
	if err != nil {
		return "", err
	}
	return g.rebuildIn(ctx, dir, sources, wait, run)
}

// RebuildShared is Rebuild for all users of the installation of the sources.
func (g Go) RebuildShared(ctx context.Context, sources string) (program string, err error) {
	return g.rebuildIn(ctx, shared(sources), sources, true, nil)
}

func (g Go) rebuildIn(ctx context.Context, dir, sources string, wait bool, run func(*exec.Cmd) ([]byte, error)) (program string, err error) {
	key, err := key(sources)
	if err != nil {
		return "", err
	}
	name := key + "-" + g.Version
	at := filepath.Join(dir, name)
	program = filepath.Join(at, "interleave")
	if asBuilt(at) {
		return program, nil
	}
	if at := filepath.Join(shared(sources), name); asBuilt(at) {
		return filepath.Join(at, "interleave"), nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("rebuild the kernel: %w", err)
	}
	unlock, err := lock(ctx, filepath.Join(dir, ".lock"), wait)
	if err != nil {
		return "", err
	}
	defer unlock()
	if asBuilt(at) { // built while we waited
		return program, nil
	}
	tidy(dir, sources)
	fresh, err := os.MkdirTemp(dir, ".new-")
	if err != nil {
		return "", fmt.Errorf("rebuild the kernel: %w", err)
	}
	defer os.RemoveAll(fresh)
	if err := os.Chmod(fresh, 0o755); err != nil {
		return "", fmt.Errorf("rebuild the kernel: %w", err)
	}
	if err := g.rebuild(ctx, fresh, sources, run); err != nil {
		return "", fmt.Errorf("rebuild the kernel with %s: %w", g.Version, err)
	}
	if err := os.RemoveAll(at); err != nil { // it is there and not whole
		return "", fmt.Errorf("rebuild the kernel: %w", err)
	}
	if err := os.Rename(fresh, at); err != nil {
		return "", fmt.Errorf("rebuild the kernel: %w", err)
	}
	return program, nil
}

func (g Go) rebuild(ctx context.Context, dir, sources string, run func(*exec.Cmd) ([]byte, error)) error {
	if run == nil {
		run = (*exec.Cmd).CombinedOutput
	}
	program := filepath.Join(dir, "interleave")
	// Without -trimpath, so that the program knows where the sources are.
	cmd := exec.CommandContext(ctx, g.Command, "build", "-buildvcs=false", "-ldflags=-s -w", "-o", program, "./kernel")
	cmd.Dir = sources
	cmd.Env = append(g.env(), "GOTMPDIR="+dir)
	// An installation for machines without a network, or prepared for many users, has the modules beside the sources.
	proxy := g.Proxy
	for _, dir := range []string{filepath.Join(at(filepath.Dir(sources)).Prepared(), "modules"), filepath.Join(filepath.Dir(sources), "modules")} {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			proxy = (&url.URL{Scheme: "file", Path: dir}).String() + "," + proxy
		}
	}
	cmd.Env = append(cmd.Env, "GOPROXY="+proxy)
	if out, err := run(cmd); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("%w\n%s", err, words(out))
	}
	f, err := os.OpenFile(program, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = f.Sync()
	f.Close()
	if err != nil {
		return err
	}
	state, err := stateOf(program)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "whole"), []byte(state+"\n"+sources+"\n"), 0o644)
}

// lock takes a lock that ends with the process. It waits for it, or returns ErrBusy.
func lock(ctx context.Context, path string, wait bool) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("rebuild the kernel: %w", err)
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return func() { f.Close() }, nil
		case !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR):
			f.Close()
			return nil, fmt.Errorf("rebuild the kernel: lock: %w", err)
		case !wait:
			f.Close()
			return nil, ErrBusy
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, context.Cause(ctx)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// age is how old what is removed must be: a kernel that was started from it may still run.
const age = 24 * time.Hour

// tidy removes what was left by builds that were killed, and kernels that were rebuilt from other contents of these sources or whose
// sources are gone. It is called with the lock held.
func tidy(dir, sources string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		at := filepath.Join(dir, e.Name())
		if strings.HasPrefix(e.Name(), ".new-") {
			os.RemoveAll(at)
			continue
		}
		text, err := os.ReadFile(filepath.Join(at, "whole"))
		if err != nil {
			continue
		}
		_, from, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
		info, err := e.Info()
		if err != nil || time.Since(info.ModTime()) < age {
			continue
		}
		if from == sources || !isModule(from) {
			os.RemoveAll(at)
		}
	}
}
