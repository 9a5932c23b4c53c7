package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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

// kernels is the folder of kernelspecs that is meant.
func (p place) kernels(ctx context.Context) (string, error) {
	switch {
	case p.Prefix != "":
		prefix, err := filepath.Abs(p.Prefix)
		return kernelspec.PrefixDir(prefix), err
	case p.SysPrefix:
		out, err := exec.CommandContext(ctx, "python3", "-c", "import sys; print(sys.prefix)").Output()
		if err != nil {
			return "", fmt.Errorf("ask python3 for its sys.prefix: %w; use --prefix DIR to name it yourself", err)
		}
		return kernelspec.PrefixDir(strings.TrimSpace(string(out))), nil
	default:
		return kernelspec.UserDir()
	}
}

type installCommand struct {
	place
	Force bool `help:"Replace a kernel of the same name that is not ours."`
	Cold  bool `help:"Do not build ahead what cells are linked with; the first cell waits for it then."`
}

func (installCommand) Help() string {
	return `The kernel is installed under the name gophernotes, so that notebooks written for gophernotes open with it. A kernel of that name which is not ours is left alone unless --force is given.

Examples:

    kernel install                       for you, in every Jupyter you use
    kernel install --sys-prefix          into the active virtual environment
    kernel install --prefix /usr/local   for all users
    kernel install --name go             under another name
`
}

func (c *installCommand) Run(ctx context.Context, to streams) error {
	kernels, err := c.kernels(ctx)
	if err != nil {
		return err
	}
	p := newProgress(to.err)
	inst, err := ensure(ctx, p)
	if err != nil {
		return err
	}
	dir, err := register(kernels, c.Name, inst, c.Force)
	if err != nil {
		return err
	}
	if !c.Cold {
		if err := warm(ctx, inst, inst.Sources, to); err != nil {
			return err
		}
	}
	fmt.Fprintf(to.out, "installed the kernel %q in %s\n", c.Name, dir)
	return nil
}

// toolchain tells what is missing of what building takes.
func toolchain(ctx context.Context) error {
	tool, err := link.FindToolchain(ctx, "", nil)
	if err != nil {
		return err
	}
	return tool.Headers(ctx)
}

// ensure checks the toolchain and returns the installation of the sources at hand.
func ensure(ctx context.Context, p *progress) (*installation.Installation, error) {
	if err := toolchain(ctx); err != nil {
		return nil, err
	}
	sources, err := installation.Sources(ctx)
	if err != nil {
		return nil, err
	}
	root, err := installation.Root()
	if err != nil {
		return nil, err
	}
	defer p.end()
	inst, err := installation.Ensure(ctx, root, sources, func() { p.show("build the kernel", 0, 0, "") })
	if err != nil {
		return nil, err
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
	cmd := exec.CommandContext(ctx, inst.Program, "warm", dir)
	cmd.Stdout, cmd.Stderr = to.err, to.err
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	var exit *exec.ExitError
	if err := cmd.Run(); errors.As(err, &exit) && ctx.Err() == nil {
		return errSaid // in its own words
	} else if err != nil {
		return fmt.Errorf("build the base library: %w", err)
	}
	return nil
}
