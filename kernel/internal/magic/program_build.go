package magic

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"interleave/kernel/internal/address"
	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/compile"
	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/session"
	"interleave/kernel/internal/worker"
)

// programSource writes the program. A cell that is a whole program is taken as it stands; any other package clause counts
// for nothing.
func programSource(ctx context.Context, h Host, text *cell.Text, code string) (*compile.Program, *session.Fault) {
	syn, fault := h.Parse(text, code)
	if fault != nil {
		return nil, fault
	}
	if syn.Program {
		var err error
		source, fault := aside(h, "checking the cell", func() (source string) {
			source, err = h.Checker().WithImports(ctx, code)
			return source
		})
		if fault == nil && err != nil {
			fault = h.Cells().Internal(err)
		}
		whole := compile.Whole(syn)
		whole.Source = []byte(address.Directive(text.ID, 1) + ":1\n" + source + "\n")
		return whole, fault
	}
	return h.CheckProgram(syn, compile.MainForm)
}

// programFile begins the names under which the go command sees a program's files in the folder of the cells.
const programFile = "interleave_"

// lineStdio has C's standard output written at each line's end, as on a terminal. Into a pipe it is written when 4 KB have come
// together, and what is left when a Go program ends is lost: Go does not call C's exit.
const lineStdio = `
/*
#include <stdio.h>
__attribute__((constructor)) static void lines(void) { setvbuf(stdout, NULL, _IOLBF, BUFSIZ); }
*/
import "C"
`

// layFiles writes the files of package pkg into dir and returns what the go command takes for them. A program that uses C or
// embeds files is seen in the folder of the cells, as headers and the patterns of //go:embed are looked for beside the source;
// nothing is written there.
func layFiles(ctx context.Context, h Host, dir, pkg string, prog *compile.Program, files map[string][]byte) (args []string, fault *session.Fault) {
	if prog.UsesC || h.Builder().CallsC(prog.Imports) {
		files["stdio.go"] = []byte("package " + pkg + "\n" + lineStdio)
	}
	folder := ""
	if prog.UsesC || prog.Embeds {
		var err error
		if folder, _, _, err = childPlace(ctx, h); err != nil {
			return nil, faults.Plain("CommandError", err.Error())
		}
	}
	seen := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		at := filepath.Join(dir, name)
		if err := os.WriteFile(at, files[name], 0o644); err != nil {
			return nil, h.Cells().Internal(fmt.Errorf("write program: %w", err))
		}
		if folder == "" {
			args = append(args, at)
			continue
		}
		args = append(args, filepath.Join(folder, programFile+name))
		seen[filepath.Join(folder, programFile+name)] = at
	}
	if folder == "" {
		return args, nil
	}
	flag, err := h.Builder().Overlay(filepath.Join(dir, "overlay.json"), seen)
	if err != nil {
		return nil, h.Cells().Internal(fmt.Errorf("write program: %w", err))
	}
	return append([]string{flag}, args...), nil
}

var (
	// fromC is a line of the C compiler about the C source of a cell, whose file cgo names and whose lines are those of the cell.
	fromC = regexp.MustCompile(`^(?:\S*/)?` + programFile + `\w+\.go:(\d+)(?::\d+)?: (?:fatal error|error|(warning|note)): (.*)`)
	// aboutC is a line of the C compiler that says nothing to the reader of a cell: the function, the source line.
	aboutC = regexp.MustCompile(`^(?:\S*/)?(?:` + programFile + `\w+\.go|cgo-\S+): (?:In function|At top level)|^\s*\d*\s+\|`)
	// inFile is a place in a generated file.
	inFile = regexp.MustCompile(`^(?:\S*/)?` + programFile + `(\w+\.go):(\d+):(?:\d+:)? (.*)`)

	noCompiler = regexp.MustCompile(`C compiler "([^"]*)" not found`)
)

// cgoFault is the fault of a program that uses C where cgo is switched off in the environment of its build: the go command leaves
// out the files then, and speaks of what is missing.
func cgoFault(h Host, prog *compile.Program, env []string) *session.Fault {
	on := h.Builder().Toolchain().Env["CGO_ENABLED"]
	for _, kv := range env { // the last one counts
		if v, ok := strings.CutPrefix(kv, "CGO_ENABLED="); ok {
			on = v
		}
	}
	if !prog.UsesC || on != "0" {
		return nil
	}
	return faults.Plain("CompileError", `the program imports "C", and cgo is switched off (CGO_ENABLED=0): write -env CGO_ENABLED=1 behind the command, or unset it in Jupyter's environment`)
}

// programFault is the fault of a program that the go command did not build.
func programFault(cells *faults.Cells, text *cell.Text, prog *compile.Program, dir string, lines []string) *session.Fault {
	said := strings.Join(lines, "\n")
	if m := noCompiler.FindStringSubmatch(said); m != nil {
		return faults.Plain("CompileError", fmt.Sprintf("the program needs the C compiler %s, which was not found: install one (Debian, Ubuntu: apt-get install gcc libc6-dev; Fedora: dnf install gcc), or name another by -env CC=NAME", m[1]))
	}
	return cells.Compiler(placeLines(text, dir, lines))
}

// placeLines words what the go command says of generated files as what the Go compiler says of a cell.
func placeLines(text *cell.Text, dir string, lines []string) []string {
	var out []string
	for _, l := range lines {
		if aboutC.MatchString(l) {
			continue
		}
		if m := fromC.FindStringSubmatch(l); m != nil {
			if m[2] != "" {
				m[3] = m[2] + ": " + m[3]
			}
			l = fmt.Sprintf("%s:%s: %s", address.File(text.ID), m[1], m[3])
		} else if m := inFile.FindStringSubmatch(l); m != nil {
			if src, err := os.ReadFile(filepath.Join(dir, m[1])); err == nil {
				if line, ok := cellLine(string(src), m[2]); ok {
					l = fmt.Sprintf("%s: %s", line, m[3])
				}
			}
		}
		out = append(out, l)
	}
	return out
}

// cellLine is the place in a cell of a line of a generated file.
func cellLine(src, number string) (place string, ok bool) {
	n, err := strconv.Atoi(number)
	if err != nil {
		return "", false
	}
	name, line := "", 0
	for l := range strings.Lines(src) {
		if n--; n == 0 {
			return fmt.Sprintf("%s:%d", name, line), name != ""
		}
		line++
		if file, first, ok := address.ReadDirective(strings.TrimSpace(l)); ok {
			name = file
			line, _ = strconv.Atoi(first)
		}
	}
	return "", false
}

// buildProgram runs go build. Symbols for debuggers, which cost a third of the time, are left out.
func buildProgram(ctx context.Context, h Host, p *programOptions, dir string, text *cell.Text, prog *compile.Program) *session.Fault {
	files, fault := layFiles(ctx, h, dir, "main", prog, map[string][]byte{"program.go": prog.Source})
	if fault != nil {
		return fault
	}
	args := []string{"-v", "-buildvcs=false", "-o", filepath.Join(dir, "program"), "-ldflags=" + strings.TrimSpace("-w "+p.ldflags)}
	if p.race {
		args = append(args, "-race")
	}
	if p.gcflags != "" {
		args = append(args, "-gcflags="+p.gcflags)
	}
	argv, env, workDir := h.Builder().Command(ctx, "build", append(args, files...)...)
	env = append(env, buildEnv(p.env)...)
	if fault := cgoFault(h, prog, env); fault != nil {
		return fault
	}
	line := h.Waits()
	said := &building{progress: line, what: "the program"}
	if p.race {
		said.what = "the program with the race detector"
	}
	end, err := h.Process().RunTool(ctx, worker.Command{Argv: argv, Env: env, Dir: workDir, Handler: said})
	line.End()
	switch {
	case err != nil:
		return h.Cells().Internal(fmt.Errorf("build program: %w", err))
	case end.Stopped:
		return faults.Interrupted("building the program")
	case end.Code != 0:
		return programFault(h.Cells(), text, prog, dir, compilerLines(said.rest()))
	}
	if lines := placeLines(text, dir, compilerLines(said.rest())); len(lines) > 0 { // what -gcflags asked for, warnings of the C compiler
		h.Out().Stream("stderr", []byte(h.Cells().InCells(strings.Join(lines, "\n")+"\n")))
	}
	h.Cells().Log.Debug("program built", "time", end.Wall)
	return nil
}

// compilerLines drops the go command's headings.
func compilerLines(text string) []string {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, "# ") })
}
