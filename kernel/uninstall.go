package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"interleave/kernel/internal/installation"
	"interleave/kernel/internal/kernelspec"
	"interleave/kernel/internal/python"
)

type uninstallCommand struct {
	place
	Everything bool `help:"Also remove all kept copies of the kernel and its caches, JupyterLab included."`
}

func (uninstallCommand) Help() string {
	return `Only a kernel that this program installed is removed. Caches of users stay, unless --everything is given, which takes yours away.

Examples:

    interleave uninstall                            what "interleave install" did
    interleave uninstall --sys-prefix               what "interleave install --sys-prefix" did
    sudo interleave uninstall --prefix /usr/local   what "interleave install --prefix /usr/local" did
    interleave uninstall --everything               and your caches, which "interleave lab" made
`
}

func (c *uninstallCommand) Run(ctx context.Context, to streams) error {
	t, err := c.target(ctx)
	if err != nil {
		return err
	}
	if t.shared {
		if err := c.removable(t, to); err != nil {
			return err
		}
	}
	switch dir, err := kernelspec.Remove(t.kernels, c.Name); {
	case err == nil:
		fmt.Fprintf(to.out, "removed %s\n", dir)
	case c.Everything && errors.Is(err, kernelspec.ErrNotInstalled):
	default:
		return err
	}
	if t.shared {
		if err := emptied(t); err != nil {
			return err
		}
	}
	root, err := installation.Root()
	if err != nil {
		return err
	}
	if !c.Everything {
		if t.shared {
			return nil
		}
		running, _ := installation.Running()
		_, err = installation.Prune(root, running, 0)
		return err
	}
	cache, err := python.DefaultCache()
	if err != nil {
		return err
	}
	for _, dir := range []string{root, cache} {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
		fmt.Fprintf(to.out, "removed %s\n", dir)
	}
	return nil
}

// removable tells whether what lies below a prefix is ours to remove. What a wheel brought is pip's, but for what was prepared
// for it.
func (c *uninstallCommand) removable(t target, to streams) error {
	name, err := kernelspec.Name(c.Name)
	if err != nil {
		return err
	}
	spec, err := kernelspec.Read(t.kernels, name)
	if err != nil || !spec.Ours() {
		return nil // Remove says what is there instead
	}
	if err := t.writable(); err != nil {
		return err
	}
	inst, ok := installation.Of(spec.Program(filepath.Join(t.kernels, name)))
	if !ok || inst.Dir != t.root {
		return nil
	}
	if _, err := os.Stat(inst.Prepared()); err == nil {
		if err := os.RemoveAll(inst.Prepared()); err != nil {
			return err
		}
		fmt.Fprintf(to.out, "removed %s\n", inst.Prepared())
	}
	return fmt.Errorf("the kernel in %s came in a wheel: pip uninstall interleave takes it away", filepath.Join(t.kernels, name))
}

// emptied removes the installations below a prefix that no kernelspec names any more, and the folders that are empty then.
func emptied(t target) error {
	if _, err := installation.Prune(t.root, nil, 0); err != nil {
		return err
	}
	for _, dir := range []string{t.root, t.kernels, filepath.Dir(t.kernels)} {
		installation.RemoveEmpty(dir)
	}
	return nil
}
