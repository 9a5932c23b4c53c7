package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"interleave/kernel/internal/installation"
	"interleave/kernel/internal/kernelspec"
	"interleave/kernel/internal/python"
)

type uninstallCommand struct {
	place
	Everything bool `help:"Also remove all kept copies of the kernel and its caches, JupyterLab included."`
}

func (uninstallCommand) Help() string {
	return `Only a kernel that this program installed is removed.

Examples:

    kernel uninstall                what "kernel install" did
    kernel uninstall --sys-prefix   what "kernel install --sys-prefix" did
    kernel uninstall --everything   and the caches, which "kernel lab" made
`
}

func (c *uninstallCommand) Run(ctx context.Context, to streams) error {
	kernels, err := c.kernels(ctx)
	if err != nil {
		return err
	}
	switch dir, err := kernelspec.Remove(kernels, c.Name); {
	case err == nil:
		fmt.Fprintf(to.out, "removed %s\n", dir)
	case c.Everything && errors.Is(err, kernelspec.ErrNotInstalled):
	default:
		return err
	}
	root, err := installation.Root()
	if err != nil {
		return err
	}
	if !c.Everything {
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
