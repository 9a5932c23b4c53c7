package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"interleave/kernel/internal/installation"
	"interleave/kernel/internal/kernelspec"
	"interleave/kernel/internal/link"
	"interleave/kernel/internal/python"
	"interleave/kernel/internal/wheel"
)

type wheelCommand struct {
	Output  string `short:"o" default:"." placeholder:"DIR" help:"Folder to write into (the current one); it is made when it is not there."`
	Offline bool   `help:"Put the Go modules in, too, from which cells are linked: the first cell needs no network then. The wheel grows to about 105 MB."`
}

func (wheelCommand) Help() string {
	return `The wheel holds the kernel's program, built for this kind of machine, and the sources from which cells are linked, so that plots and lessons can be imported anywhere. The program is built here and not at the first start, so that pip knows every file and pip uninstall takes each away again. Who installs it still needs Go and a C compiler; "interleave doctor" says so. The caches that the kernel makes belong to the user: "interleave uninstall --everything" removes them.

The first cell of a user downloads the Go modules that cells are linked with, some 60 MB, unless they are in the user's module cache or the wheel was made with --offline. Where many users share the environment, "interleave prepare --sys-prefix" makes all that once. Completion is made by gopls, which is downloaded in any case.

Examples:

    interleave wheel -o /tmp
    interleave wheel -o /media/stick --offline
    pip install /tmp/interleave-*.whl
`
}

// Where the wheel puts things below sys.prefix. The program looks for src beside its folder bin; Jupyter knows the
// folder of the kernelspec as {resource_dir}.
const (
	wheelShare   = "share/interleave"
	wheelModules = wheelShare + "/modules" // beside src, where package link looks for them
	wheelProgram = wheelShare + "/bin/interleave"
	wheelSpec    = "share/jupyter/kernels/" + kernelspec.DefaultName
	wheelArgv    = "{resource_dir}/../../../interleave/bin/interleave"
)

// wheelScript makes the commands available in the environment.
const wheelScript = `#!/bin/sh
exec "$(dirname "$(readlink -f "$0")")/../` + wheelProgram + `" "$@"
`

func (c *wheelCommand) Run(ctx context.Context, to streams) error {
	tag, ok := map[string]string{"linux/amd64": "py3-none-manylinux2014_x86_64", "linux/arm64": "py3-none-manylinux2014_aarch64"}[runtime.GOOS+"/"+runtime.GOARCH]
	if !ok {
		return fmt.Errorf("a wheel is made on Linux with an amd64 or arm64 processor; here is %s/%s: use interleave install", runtime.GOOS, runtime.GOARCH)
	}
	p := newProgress(to.err)
	inst, err := ensure(ctx, p)
	if err != nil {
		return err
	}
	p.show("build the kernel for the wheel", 0, 0, "")
	w := &wheel.Wheel{Name: "interleave", Version: release, Tag: tag, Summary: "A Jupyter kernel for Go: cells are compiled and keep their state", Python: ">=3.10"}
	err = pack(ctx, w, inst)
	if err == nil && c.Offline {
		p.show("collect Go modules for the wheel", 0, 0, "")
		err = carry(ctx, w, inst)
	}
	p.end()
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := w.Write(&text); err != nil {
		return err
	}
	if err := os.MkdirAll(c.Output, 0o755); err != nil {
		return err
	}
	path := filepath.Join(c.Output, w.FileName())
	if err := os.WriteFile(path, text.Bytes(), 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintf(to.out, "%s: pip install it into the environment of your Jupyter\n", path)
	return err
}

// pack puts everything into the wheel.
func pack(ctx context.Context, w *wheel.Wheel, inst *installation.Installation) error {
	scratch, err := os.MkdirTemp("", "interleave-wheel-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	tool, err := link.FindToolchain(ctx, "", nil)
	if err != nil {
		return err
	}
	// Without cgo the program needs no library of the machine that it runs on.
	program := filepath.Join(scratch, "interleave")
	build := exec.CommandContext(ctx, tool.Go, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", program, "./kernel")
	build.Dir = inst.Sources
	build.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "GOOS=", "GOARCH=", "CGO_ENABLED=0")
	build.Env = append(build.Env, tool.Environ()...)
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the kernel: %w\n%s", err, out)
	}
	spec, err := kernelspec.Install(scratch, kernelspec.DefaultName, kernelspec.New(wheelArgv), false)
	if err != nil {
		return err
	}
	for _, tree := range []struct{ from, to string }{{inst.Sources, wheelShare + "/src"}, {spec, wheelSpec}} {
		err := fs.WalkDir(os.DirFS(tree.from), ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(filepath.Join(tree.from, path))
			w.Files = append(w.Files, wheel.File{Path: tree.to + "/" + path, Text: text, Mode: 0o644})
			return err
		})
		if err != nil {
			return err
		}
	}
	text, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	w.Files = append(w.Files, wheel.File{Path: wheelProgram, Text: text, Mode: 0o755},
		wheel.File{Path: "interleave", Text: []byte(wheelScript), Script: true, Mode: 0o755})
	script := python.NBConvert() // Jupyter's script export
	w.Files = append(w.Files, wheel.File{Path: script.Name + ".py", Text: script.Text, Module: true, Mode: 0o644})
	w.Entries = script.EntryPoints
	if sources, err := installation.Sources(ctx); err == nil { // a checkout has the licence
		if licence, err := os.ReadFile(filepath.Join(sources, "LICENSE")); err == nil {
			w.License = string(licence)
		}
	}
	return nil
}

// carry puts the modules that cells are linked with into the wheel.
func carry(ctx context.Context, w *wheel.Wheel, inst *installation.Installation) error {
	return modules(ctx, inst.Sources, func(path string, text []byte) error {
		w.Files = append(w.Files, wheel.File{Path: wheelModules + "/" + path, Text: text, Mode: 0o644})
		return nil
	})
}
