package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"interleave/kernel/internal/installation"
	"interleave/kernel/internal/kernelspec"
	"interleave/kernel/internal/link"
)

// place says into which Jupyter a kernelspec goes.
type place struct {
	User      bool   `xor:"place" help:"For the user, in all Jupyters (the default)."`
	SysPrefix bool   `xor:"place" help:"Into the Python environment that is active (sys.prefix of python3)."`
	Prefix    string `xor:"place" placeholder:"DIR" help:"Into the installation below DIR, such as /usr/local or a venv."`
	Name      string `default:"gophernotes" help:"Name by which notebooks ask for the kernel."`
}

// target is where a place is on this machine.
type target struct {
	kernels string // the folder of kernelspecs
	root    string // the folder of installations
	shared  bool   // both lie below a prefix, for everybody who can read it
}

// target finds the folders that are meant.
func (p place) target(ctx context.Context) (target, error) {
	prefix := p.Prefix
	switch {
	case prefix != "":
	case p.SysPrefix:
		out, err := exec.CommandContext(ctx, "python3", "-c", "import sys; print(sys.prefix)").Output()
		if err != nil {
			return target{}, fmt.Errorf("ask python3 for its sys.prefix: %w; use --prefix DIR to name it yourself", err)
		}
		prefix = strings.TrimSpace(string(out))
	default:
		kernels, err := kernelspec.UserDir()
		if err != nil {
			return target{}, err
		}
		root, err := installation.Root()
		return target{kernels: kernels, root: root}, err
	}
	prefix, err := filepath.Abs(prefix)
	return target{kernels: kernelspec.PrefixDir(prefix), root: installation.Shared(prefix), shared: true}, err
}

// writable tells whether files can be made there.
func (t target) writable() error {
	if err := installation.Writable(t.root); err != nil {
		return err
	}
	return installation.Writable(t.kernels)
}

type installCommand struct {
	place
	Force bool `help:"Replace a kernel of the same name that is not ours."`
	Cold  bool `help:"Do not build ahead what cells are linked with; the first cell waits for it then."`
}

func (installCommand) Help() string {
	return `The kernel is installed under the name gophernotes, so that notebooks written for gophernotes open with it. A kernel of that name which is not ours is left alone unless --force is given.

With --prefix or --sys-prefix everything goes below that folder, into share/interleave and share/jupyter, for all users who can read it: the program, the sources, and what their first cells would wait for. They never write there.

Examples:

    interleave install                            for you, in every Jupyter you use
    interleave install --sys-prefix               into the active virtual environment
    sudo interleave install --prefix /usr/local   for all users
    interleave install --name go                  under another name
`
}

func (c *installCommand) Run(ctx context.Context, to streams) error {
	t, err := c.target(ctx)
	if err != nil {
		return err
	}
	if err := t.writable(); err != nil {
		return err
	}
	if err := kernelspec.Free(t.kernels, c.Name, c.Force); err != nil {
		return err
	}
	if t.shared {
		defer syscall.Umask(syscall.Umask(0o022)) // others read it, whatever the shell has set
	}
	inst, err := ensureIn(ctx, t.root, newProgress(to.err))
	if err != nil {
		return err
	}
	if t.shared {
		if err := installation.Share(inst.Dir); err != nil {
			return fmt.Errorf("let others read %s: %w", inst.Dir, err)
		}
	}
	dir, err := register(t.kernels, c.Name, inst, c.Force)
	if err != nil {
		return err
	}
	switch {
	case c.Cold:
	case t.shared:
		err = inside(ctx, inst, to, "prepare")
	default:
		err = warm(ctx, inst, inst.Sources, to)
	}
	if err != nil {
		return err
	}
	if t.shared {
		tellClosed(to, inst.Program, dir)
	}
	fmt.Fprintf(to.out, "installed the kernel %q in %s\n", c.Name, dir)
	return nil
}

// tellClosed says when paths lie where other users cannot read them.
func tellClosed(to streams, paths ...string) {
	for _, path := range paths {
		if at := installation.Closed(path); at != "" {
			fmt.Fprintf(to.err, "note: other users cannot enter %s, so they cannot use this kernel: open that folder (chmod o+x), or install below one that everybody can read, such as /usr/local\n", at)
			return
		}
	}
}

// toolchain tells what is missing of what building takes.
func toolchain(ctx context.Context) (*link.Toolchain, error) {
	tool, err := link.FindToolchain(ctx, "", nil)
	if err != nil {
		return nil, err
	}
	return tool, tool.Headers(ctx)
}

// ensure checks the toolchain and returns the user's installation of the sources at hand.
func ensure(ctx context.Context, p *progress) (*installation.Installation, error) {
	root, err := installation.Root()
	if err != nil {
		return nil, err
	}
	return ensureIn(ctx, root, p)
}

// ensureIn is ensure for a folder of installations.
func ensureIn(ctx context.Context, root string, p *progress) (*installation.Installation, error) {
	tool, err := toolchain(ctx)
	if err != nil {
		return nil, err
	}
	sources, err := installation.Sources(ctx)
	if err != nil {
		return nil, err
	}
	inst, err := with(tool).Ensure(ctx, root, sources, func() { p.show("build the kernel", 0, 0, "") })
	if err != nil {
		p.drop()
		return nil, err
	}
	p.end()
	if err := tool.Record(inst.Sources); err != nil { // it finds that Go again where PATH has none
		return nil, fmt.Errorf("install: %w", err)
	}
	_, err = installation.Prune(root, inst, 24*time.Hour)
	return inst, err
}

// register writes the kernelspec of an installation.
func register(kernels, name string, inst *installation.Installation, force bool) (string, error) {
	dir, err := kernelspec.Install(kernels, name, kernelspec.New(inst.Program), force)
	if err != nil {
		return "", err
	}
	return dir, inst.AddUser(dir)
}

// warm builds what cells of a folder are linked with, in the installed program: caches are its own then.
func warm(ctx context.Context, inst *installation.Installation, dir string, to streams) error {
	return inside(ctx, inst, to, "warm", dir)
}

// inside runs a command of the installed program.
func inside(ctx context.Context, inst *installation.Installation, to streams, args ...string) error {
	cmd := exec.CommandContext(ctx, inst.Program, args...)
	cmd.Stdout, cmd.Stderr = to.err, to.err
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	var exit *exec.ExitError
	if err := cmd.Run(); errors.As(err, &exit) && ctx.Err() == nil {
		return errSaid // in its own words
	} else if err != nil {
		return fmt.Errorf("run %s %s: %w", inst.Program, args[0], err)
	}
	return nil
}
