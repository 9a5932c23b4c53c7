package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"interleave/kernel/internal/gopls"
	"interleave/kernel/internal/installation"
	"interleave/kernel/internal/kernelspec"
	"interleave/kernel/internal/link"
	"interleave/kernel/internal/python"
)

type doctorCommand struct {
	Dir   string `arg:"" default:"." type:"existingdir" help:"Folder of the notebooks."`
	Thick bool   `help:"Prove the fallback, thick linking, even if thin linking works."`
}

func (doctorCommand) Help() string {
	return `Each line is one thing the kernel needs: ✓ it is there, ! it could be better, ✗ it is missing, and how to get it. The exit status is 1 when something needed is missing. The last lines prove on this machine that compiled cells can share state: two cells share a type with an unexported field, and some cells run just as a notebook's cells do, with the Go that compiles them and the reason why it was chosen. There are two ways to link cells, thin and thick. The kernel uses thick linking only where thin linking fails, so doctor tries it only then, or when you ask for it.

When nothing has been prepared yet, doctor first compiles what cells are linked with, and says so; that takes a minute or two. Later it takes seconds.

Examples:

    interleave doctor
    interleave doctor ~/talks
    interleave doctor --thick      compile and try the fallback as well
`
}

// finding is one line of the doctor's.
type finding struct {
	what string // what was looked at
	says string // what was found
	cure string // empty when all is well
	bad  bool   // the kernel, or lab, cannot do without
}

func (f finding) String() string {
	sign := "✓"
	switch {
	case f.bad:
		sign = "✗"
	case f.cure != "":
		sign = "!"
	}
	line := fmt.Sprintf("%s %-14s %s", sign, f.what, f.says)
	if f.cure != "" {
		line += ". Cure: " + f.cure
	}
	return line
}

func (c *doctorCommand) Run(ctx context.Context, to streams) error {
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return err
	}
	renew(ctx, dir, to)
	failed := false
	tell := func(f finding) {
		fmt.Fprintln(to.out, f)
		failed = failed || f.bad
	}
	tool, problem := checkToolchain(ctx, dir)
	tell(problem)
	if tool != nil {
		tell(checkCompiler(ctx, tool))
		tell(checkLinker(tool))
	}
	tell(checkCache())
	tell(checkGopls(ctx))
	for _, f := range checkPython(ctx) {
		tell(f)
	}
	tell(checkKernelspec())
	if tool != nil {
		tell(checkModule(tool, dir))
	}
	sources, err := installation.Sources(ctx)
	if err != nil {
		tell(finding{what: "sources", says: err.Error(), cure: "start it in the repository's folder", bad: true})
	} else {
		tell(finding{what: "sources", says: sources})
	}
	if tool != nil && err == nil {
		c.prove(ctx, to, dir, sources, tell)
		for _, f := range checkCells(ctx, dir) {
			tell(f)
		}
	}
	if failed {
		return errSaid
	}
	return ctx.Err()
}

// prove runs the self test for thin linking, and for thick linking when the kernel would use it or it was asked for.
func (c *doctorCommand) prove(ctx context.Context, to streams, dir, sources string, tell func(finding)) {
	try := func(mode link.Mode) error {
		p := newProgress(to.err)
		defer p.end()
		return link.SelfTest(ctx, link.Options{Dir: dir, Sources: sources, Progress: explained(p, to.err)}, mode)
	}
	for _, f := range proofs(try, c.Thick) {
		tell(f)
	}
}

// proofCells are run as Jupyter would run them: imports, a generic type, a value from one cell to the next, a chart.
var proofCells = []string{
	"import (\n\t\"fmt\"\n\t\"math/rand/v2\"\n)\n\ntype pair[A, B any] struct {\n\ta A\n\tb B\n}\n\nfunc (p pair[A, B]) String() string { return fmt.Sprint(p.a, p.b) }\n\np := pair[int, string]{rand.IntN(1) + 41, \"!\"}",
	"fmt.Println(p)\nplot.New()",
	"%version",
}

// checkCells runs cells in a kernel of their own, the whole way that a notebook's take, and says which Go compiles them and why.
func checkCells(ctx context.Context, dir string) []finding {
	fails := func(why string) []finding {
		return []finding{{what: "cells", says: "fail: " + why, cure: "see the lines above; if they are all well, tell us what this line says", bad: true}}
	}
	kernel, err := startChild(ctx, dir)
	if err != nil {
		return fails(err.Error())
	}
	defer kernel.close()
	var said, shown strings.Builder
	for _, code := range proofCells {
		said.Reset()
		reply, err := kernel.Execute(ctx, code, false, func(kind string, content json.RawMessage) {
			var stream struct{ Name, Text string }
			if kind == "stream" && json.Unmarshal(content, &stream) == nil && stream.Name == "stdout" {
				said.WriteString(stream.Text)
				shown.WriteString(stream.Text)
			} else if kind == "execute_result" && strings.Contains(string(content), "image/png") {
				shown.WriteString("chart\n")
			}
		})
		if err != nil {
			return fails(err.Error())
		}
		if reply.Status != "ok" {
			return fails(reply.EValue)
		}
	}
	if text := shown.String(); !strings.HasPrefix(text, "41!\nchart\n") {
		return fails(fmt.Sprintf("they said %q", text))
	}
	list := []finding{{what: "cells", says: "imports, a generic type and a chart work"}}
	for line := range strings.Lines(said.String()) {
		list = append(list, finding{what: "compiled with", says: strings.TrimSpace(line)})
	}
	return list
}

// proofs are the lines on the two ways to link. One of them is enough, so thick is tried only where thin fails, or when all is wanted.
func proofs(try func(link.Mode) error, all bool) []finding {
	works := func(mode link.Mode) finding {
		return finding{what: string(mode) + " linking", says: "two cells share a type and its value"}
	}
	thin, thick := works(link.Thin), works(link.Thick)
	noThin := try(link.Thin)
	if noThin == nil && !all {
		thick.says = "not needed, because thin linking works (interleave doctor --thick tries it)"
		return []finding{thin, thick}
	}
	noThick := try(link.Thick)
	neither := noThin != nil && noThick != nil
	for _, line := range []struct {
		f   *finding
		err error
	}{{&thin, noThin}, {&thick, noThick}} {
		if line.err == nil {
			continue
		}
		line.f.says, line.f.bad, line.f.cure = "fails: "+line.err.Error(), neither, "none needed, the other way is used"
		if neither {
			line.f.cure = "try the newest Go from https://go.dev/dl, and tell us what this line says"
		}
	}
	return []finding{thin, thick}
}

// explained shows the steps of a self test, and says why when it has to compile first.
func explained(p *progress, to io.Writer) func(link.Step) {
	compiling := false
	return func(s link.Step) {
		if s.What == "compile packages" && !compiling {
			compiling = true
			fmt.Fprintln(to, "To prove that cells work, doctor compiles what they are linked with: the standard library, gonum, plots and lessons. This happens once for each Go version and for each set of modules.")
		}
		p.show(s.What, s.Done, s.Total, s.Detail)
	}
}

func checkToolchain(ctx context.Context, dir string) (*link.Toolchain, finding) {
	tool, err := searchIn(ctx, dir).Find(ctx)
	f := finding{what: "Go toolchain"}
	var missing *link.ToolchainError
	switch {
	case err == nil:
		f.says = tool.Version + " at " + tool.Go + ": " + tool.Why
	case errors.As(err, &missing):
		f.says, f.cure, f.bad = missing.Problem, missing.Cure, true
	default:
		f.says, f.cure, f.bad = err.Error(), "install Go 1.26 or newer from https://go.dev/dl", true
	}
	return tool, f
}

func checkCompiler(ctx context.Context, tool *link.Toolchain) finding {
	f := finding{what: "C compiler", says: strings.Join(tool.CC, " ")}
	var missing *link.ToolchainError
	if errors.As(tool.Headers(ctx), &missing) {
		f.says, f.cure, f.bad = missing.Problem, missing.Cure, true
	}
	return f
}

func checkLinker(tool *link.Toolchain) finding {
	f := finding{what: "linker", says: strings.Join(tool.Linker, " ")}
	if tool.Joiner[0] != tool.Linker[0] {
		f.says += "; for thick linking " + tool.Joiner[0]
	}
	if slices.Contains([]string{"ld", "ld.bfd"}, filepath.Base(tool.Joiner[0])) {
		f.says += " (mold would link thick cells faster: apt-get install mold)"
	}
	return f
}

func checkCache() finding {
	f := finding{what: "cache"}
	dir, err := python.DefaultCache()
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err == nil {
		var probe *os.File
		if probe, err = os.CreateTemp(dir, ".doctor-"); err == nil {
			probe.Close()
			err = os.Remove(probe.Name())
		}
	}
	if err != nil {
		f.says, f.cure, f.bad = err.Error(), "set XDG_CACHE_HOME to a folder you can write", true
		return f
	}
	f.says = fmt.Sprintf("%s, %d MB used", dir, size(dir)>>20)
	return f
}

func checkGopls(ctx context.Context) finding {
	f := finding{what: "gopls"}
	tool, err := gopls.At("")
	if sources, missing := installation.Sources(ctx); missing == nil {
		tool = tool.Or(link.GoplsFolder(sources))
	}
	switch {
	case err != nil:
		f.says, f.cure = err.Error(), "set XDG_CACHE_HOME to a folder you can write"
	case !tool.Built():
		f.says, f.cure = gopls.Version()+" is not built: completion knows less without it", "interleave install or interleave lab builds it"
	default:
		f.says = gopls.Version() + " at " + tool.Program
	}
	return f
}

// size is the number of bytes below dir; what cannot be read counts nothing.
func size(dir string) (total int64) {
	filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				total += info.Size()
			}
		}
		return nil
	})
	return total
}

func checkPython(ctx context.Context) []finding {
	p, err := python.Find(ctx, "")
	if err != nil {
		return []finding{{what: "Python", says: err.Error(), cure: "apt-get install python3 python3-venv (only lab needs it)", bad: true}}
	}
	found := finding{what: "Python", says: p.String() + " at " + p.Path}
	venv := finding{what: "Python venv", says: "can make virtual environments"}
	if exec.CommandContext(ctx, p.Path, "-I", "-c", "import venv, ensurepip").Run() != nil {
		venv = finding{what: "Python venv", says: "is not complete", cure: "apt-get install python3-venv (only lab needs it)", bad: true}
	}
	return []finding{found, venv}
}

func checkKernelspec() finding {
	f := finding{what: "kernelspec"}
	kernels, err := kernelspec.UserDir()
	if err != nil {
		f.says, f.cure = err.Error(), "set HOME"
		return f
	}
	spec, err := kernelspec.Read(kernels, kernelspec.DefaultName)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.says = "not installed for the user (lab does not need it; interleave install does it)"
	case err != nil:
		f.says, f.cure = err.Error(), "interleave install --force"
	case !spec.Ours():
		f.says, f.cure = "the user's gophernotes is another program's", "interleave install --force replaces it, --name go leaves it"
	default:
		f.says = filepath.Join(kernels, kernelspec.DefaultName)
		if _, err := os.Stat(spec.Argv[0]); err != nil {
			f.says, f.cure = "names a program that is gone, "+spec.Argv[0], "interleave install"
		}
	}
	return f
}

func checkModule(tool *link.Toolchain, dir string) finding {
	f := finding{what: "module", says: tool.Env["GOMOD"]}
	if f.says == "" || f.says == os.DevNull {
		f.says = dir + " is in no module; its notebooks use one in the cache"
	}
	return f
}
