package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"

	"interleave/kernel/internal/gopls"
	"interleave/kernel/internal/installation"
	"interleave/kernel/internal/kernelspec"
	"interleave/kernel/internal/link"
)

type prepareCommand struct {
	SysPrefix bool   `xor:"place" help:"The kernel in the Python environment that is active (sys.prefix of python3)."`
	Prefix    string `xor:"place" placeholder:"DIR" help:"The kernel below DIR, such as /usr/local or a venv."`
	Name      string `default:"gophernotes" help:"Name by which notebooks ask for the kernel."`
}

func (prepareCommand) Help() string {
	return `Without this, each user's first cell compiles for minutes and takes hundreds of megabytes. What is prepared lies beside the kernel's program, below share/interleave: the compiled library that cells are linked with, gopls, and the Go modules that both are made of. Every user's kernel reads it, and nobody's kernel writes to it. "interleave install --prefix" does this by itself; a kernel that came in a wheel is prepared by the user who owns the folder, once, and again after Go was updated. A user with another Go has it compiled in their own cache, as before.

Examples:

    sudo interleave prepare --prefix /usr/local   after pip install as root
    interleave prepare --sys-prefix               the kernel in the active virtual environment
    interleave prepare                            the kernel that this program belongs to
`
}

func (c *prepareCommand) Run(ctx context.Context, to streams) error {
	if c.Prefix != "" || c.SysPrefix {
		inst, err := c.installation(ctx)
		if err != nil {
			return err
		}
		return inside(ctx, inst, to, "prepare") // its own version of everything
	}
	sources, err := installation.Sources(ctx)
	if err != nil {
		return err
	}
	inst, ok := installation.Of(filepath.Join(filepath.Dir(sources), "bin", "interleave"))
	if !ok || inst.Sources != sources {
		return errors.New("which kernel? This program runs from a checkout: name the folder that the kernel was installed in by --prefix DIR or --sys-prefix")
	}
	if err := installation.Writable(inst.Prepared()); err != nil {
		return err
	}
	defer syscall.Umask(syscall.Umask(0o022)) // others read it, whatever the shell has set
	renewShared(ctx, inst.Sources, to)
	if _, err := toolchain(ctx); err != nil {
		return err
	}
	if err := prepare(ctx, inst, to); err != nil {
		return err
	}
	tellClosed(to, inst.Program)
	fmt.Fprintf(to.out, "prepared for all users: %s, %d MB\n", inst.Prepared(), size(inst.Prepared())>>20)
	return nil
}

// installation finds the one below the prefix.
func (c *prepareCommand) installation(ctx context.Context) (*installation.Installation, error) {
	t, err := place{Prefix: c.Prefix, SysPrefix: c.SysPrefix}.target(ctx)
	if err != nil {
		return nil, err
	}
	name, err := kernelspec.Name(c.Name)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(t.kernels, name)
	spec, err := kernelspec.Read(t.kernels, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no kernel %q in %s: install one first (interleave install, or pip install of the wheel)", name, t.kernels)
	} else if err != nil {
		return nil, err
	}
	if !spec.Ours() {
		return nil, &kernelspec.ForeignError{Dir: dir, Argv: spec.Argv}
	}
	inst, ok := installation.Of(spec.Program(dir))
	if !ok || inst.Dir != t.root && filepath.Dir(inst.Dir) != t.root {
		return nil, fmt.Errorf("the kernel in %s starts %s, which does not lie below %s: install it again (interleave install --prefix)", dir, spec.Program(dir), t.root)
	}
	return inst, nil
}

// prepare fills the installation's folder for what all users share.
func prepare(ctx context.Context, inst *installation.Installation, to streams) error {
	p := newProgress(to.err)
	defer p.end()
	tool, mode, why, err := link.Prepare(ctx, link.Options{Dir: inst.Sources, Sources: inst.Sources, Progress: func(s link.Step) {
		p.show(s.What, s.Done, s.Total, s.Detail)
	}})
	if err != nil {
		return err
	}
	if err := prepareGopls(ctx, inst, tool.Go, p); err != nil {
		if ctx.Err() != nil {
			return err
		}
		p.end()
		fmt.Fprintf(to.err, "note: completion will know less, because of this: %v\n", err)
	}
	p.show("collect Go modules", 0, 0, "")
	if err := prepareModules(ctx, inst); err != nil {
		return err
	}
	p.end()
	if err := installation.Share(inst.Dir); err != nil {
		return fmt.Errorf("let others read %s: %w", inst.Dir, err)
	}
	if at := installation.Closed(tool.Tools); at != "" {
		fmt.Fprintf(to.err, "note: Go lies in %s, and other users cannot enter %s: what was prepared serves them when they can run this Go, or one at the same place\n", tool.Root, at)
	}
	fmt.Fprintf(to.err, "%s; cells are linked %s: %s\n", tool.Version, mode, why)
	return nil
}

// prepareGopls takes gopls from this user's cache, or builds it.
func prepareGopls(ctx context.Context, inst *installation.Installation, goCommand string, p *progress) error {
	tool, err := gopls.At(inst.Prepared())
	if err != nil {
		return err
	}
	if mine, err := gopls.At(""); err == nil && mine.Built() && !tool.Built() {
		if err := tool.Copy(mine); err != nil {
			return err
		}
	}
	return tool.Build(ctx, goCommand, func(s gopls.Step) { p.show("build gopls, for completion", s.Done, s.Total, s.Package) })
}

// prepareModules keeps the Go modules that cells are linked with, for packages that a user asks for beside them. A wheel that
// was made with --offline has them already.
func prepareModules(ctx context.Context, inst *installation.Installation) error {
	if info, err := os.Stat(filepath.Join(inst.Dir, "modules")); err == nil && info.IsDir() {
		return nil
	}
	into := filepath.Join(inst.Prepared(), "modules")
	if info, err := os.Stat(into); err == nil && info.IsDir() {
		return nil
	}
	tmp, err := os.MkdirTemp(inst.Prepared(), ".new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	all := filepath.Join(tmp, "modules")
	err = modules(ctx, inst.Sources, func(path string, text []byte) error {
		at := filepath.Join(all, path)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return err
		}
		return os.WriteFile(at, text, 0o644)
	})
	if err != nil {
		return err
	}
	return os.Rename(all, into)
}

// modules calls take for each file of the modules that cells are linked with, in the layout of GOPROXY. What this user's module
// cache has is not downloaded.
func modules(ctx context.Context, sources string, take func(path string, text []byte) error) error {
	scratch, err := os.MkdirTemp("", "interleave-modules-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	tool, err := link.FindToolchain(ctx, sources, nil) // sudo may have a PATH without Go
	if err != nil {
		return err
	}
	have := &url.URL{Scheme: "file", Path: filepath.Join(tool.Env["GOMODCACHE"], "cache", "download")}
	list := exec.CommandContext(ctx, tool.Go, "list", "-deps", "./kernel", "./kernel/internal/worker/...", "./kernel/display/...", "./lessons/...", "./plots/...",
		"gonum.org/v1/gonum/...", "gonum.org/v1/plot/...")
	list.Dir = sources
	list.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-modcacherw", "GOMODCACHE="+scratch, "GOPROXY="+have.String()+","+tool.Env["GOPROXY"])
	list.Env = append(list.Env, tool.Environ()...)
	if out, err := list.CombinedOutput(); err != nil {
		return fmt.Errorf("collect Go modules: %w\n%s", err, bytes.TrimSpace(out))
	}
	download := os.DirFS(filepath.Join(scratch, "cache", "download"))
	return fs.WalkDir(download, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && path == "sumdb" {
			return fs.SkipDir
		}
		if err != nil || d.IsDir() || !slices.Contains([]string{".zip", ".mod", ".info"}, filepath.Ext(path)) {
			return err
		}
		text, err := fs.ReadFile(download, path)
		if err != nil {
			return err
		}
		return take(path, text)
	})
}
