package link

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"interleave/kernel/internal/whole"
)

// cmd/link starts the external linker, gcc by habit, three times: twice only to see which options it takes. It
// is given a script instead, which answers at once and otherwise writes its arguments down. What is left of gcc's
// work, one call of ld, is then done here.

// recorderScript answers as a C compiler that takes every option but -Qunused-arguments, which is clang's.
const recorderScript = `#!/bin/sh
for a; do case $a in *trivial.c) case "$*" in *-Qunused*) exit 1;; esac; exit 0;; esac; done
for a; do case $a in */go.o) printf '%s\0' "$@" > "${a%go.o}args"; exit 0;; */args|@*) cp "${a#@}" "${a#@}.args"; exit 0;; esac; done
echo "interleave: cmd/link starts its linker in an unknown way: $*" >&2
exit 1
`

// recorder is the script's path. A folder of the cache that does not run programs would not load plugins either.
func (w *workshop) recorder() (string, error) {
	at := w.cache.path("state", "extld-"+hash(recorderScript))
	data, err := os.ReadFile(at)
	if info, e := os.Stat(at); err == nil && e == nil && string(data) == recorderScript && info.Mode()&0o111 != 0 {
		return at, nil
	}
	return at, whole.Write(at, []byte(recorderScript), 0o755)
}

func readArgs(name string) ([]string, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, &LinkError{"unit", err}
	}
	args := strings.Split(strings.TrimSuffix(string(data), "\x00"), "\x00")
	if len(args) < 3 {
		return nil, &LinkError{"unit", errors.New("cmd/link passed no arguments on")}
	}
	return args, nil
}

// hidden keeps the two symbols by which the runtime compares versions of a package out of the dynamic symbol
// table, for the units' package alone: each unit is another version of it, on purpose. For every real package the
// check stays, it is what protects the process.
const hidden = `{ local: "go:link.pkghash.` + unitPath + `"; "go:link.pkghashbytes.` + unitPath + `"; };` + "\n"

// final joins go.o, and what C objects there are, into the plugin. args are those that gcc would have been given.
func (j *job) final(ctx context.Context, args []string) error {
	if err := os.WriteFile(j.path("hidden"), []byte(hidden), 0o644); err != nil {
		return fmt.Errorf("link unit: %w", err)
	}
	argv, err := j.linkerArgs(args)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = j.b.toolEnv
	out, err := cmd.CombinedOutput()
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return &LinkError{"unit", fmt.Errorf("%s: %s", filepath.Base(argv[0]), words(string(out), err))}
	}
	return nil
}

// linkerArgs translates what cmd/link says to gcc for the linker itself. A unit that brings C code of its own
// goes through the C compiler, which knows its libraries.
func (j *job) linkerArgs(args []string) ([]string, error) {
	script := "--version-script=" + j.path("hidden")
	for _, p := range j.extras {
		if p.cgo {
			argv := append(append([]string{}, j.b.shop.tool.CC...), args...)
			return append(argv, "-Wl,"+script), nil
		}
	}
	linker := j.b.shop.tool.Linker
	if j.b.mode == Thick {
		linker = j.b.shop.tool.Joiner
	}
	argv := append(slices.Clone(linker), "-shared", "-z", "relro", "-z", "now", "-s", "--build-id=none", script,
		"--unresolved-symbols=ignore-all", "-o", j.path("plugin.so"))
	var libs []string
	for _, a := range args {
		switch {
		case strings.HasSuffix(a, ".o"):
			argv = append(argv, a)
		case strings.HasPrefix(a, "-l") && a != "-lbase":
			libs = append(libs, a)
		}
	}
	if j.b.mode == Thick {
		for _, dir := range libraryDirs() {
			argv = append(argv, "-L"+dir)
		}
		argv = append(append(argv, "--as-needed"), libs...)
	}
	return argv, nil
}

// libraryDirs are where C libraries lie, for linkers that do not know.
func libraryDirs() []string {
	var dirs []string
	for _, d := range []string{"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib"} {
		if st, err := os.Stat(d); err == nil && st.IsDir() {
			dirs = append(dirs, d)
		}
	}
	return dirs
}
