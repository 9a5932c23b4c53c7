package ops

import (
	"context"
	_ "embed" // the sources of the programs
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"interleave/lessons/kit/child"
)

var (
	//go:embed simd/main.go
	simdSource string
	//go:embed simd/absent.go
	simdAbsent string
	//go:embed simd/array.go
	simdArray string
	//go:embed simd/array_go126.go
	simdArray126 string
	//go:embed openblas/main.go.txt
	blasSource string
	//go:embed openblas/go.mod.txt
	blasModule string
	//go:embed openblas/go.sum.txt
	blasSums string
)

// Program is a program that multiplies in a way of its own. It is compiled by itself, so that what it needs is no
// requirement of this module.
type Program struct {
	Name    string
	command child.Command
	library string // of the system, such as "libopenblas.so"; "" for none
	needs   string // what to do where it is missing
}

// AbsentError says that a program cannot run here, and what it needs.
type AbsentError struct{ Why string }

func (e *AbsentError) Error() string { return e.Why }

// absentStatus is how a program ends that cannot run here.
const absentStatus = 3

// Programs are the ways to multiply faster in Go: with its experimental SIMD, and with the system's OpenBLAS under gonum,
// through gonum.org/v1/netlib, which is downloaded where OpenBLAS is installed.
func Programs() []Program {
	return []Program{
		{Name: "Go with SIMD", needs: "It needs GOEXPERIMENT=simd, of Go 1.26 or newer.",
			command: child.Command{Name: "simd", Source: simdSource, Files: map[string]string{"absent.go": simdAbsent, "array.go": simdArray, "array_go126.go": simdArray126},
				Build: []string{"GOEXPERIMENT=simd"}}},
		onOpenBLAS(),
	}
}

func onOpenBLAS() Program {
	return Program{Name: "gonum on OpenBLAS", library: "libopenblas.so",
		needs: "It needs a C compiler and the system's OpenBLAS: apt-get install gcc libopenblas-dev.",
		command: child.Command{Name: "openblas", Source: blasSource, Files: map[string]string{"go.mod": blasModule, "go.sum": blasSums},
			Build: []string{"CGO_ENABLED=1", "CGO_LDFLAGS=-lopenblas"}, Env: []string{"OPENBLAS_NUM_THREADS=1"}}}
}

// installed reports whether the C compiler finds a library. Its answer is the library's path, or else the bare name.
func installed(ctx context.Context, library string) bool {
	out, err := exec.CommandContext(ctx, "gcc", "-print-file-name="+library).Output()
	return err == nil && strings.ContainsRune(string(out), filepath.Separator)
}

// OnOpenBLAS compiles a program in a module of its own, which requires gonum.org/v1/netlib, links it with the system's
// OpenBLAS, runs it and returns what it prints, without space around it. The error is an [AbsentError] where OpenBLAS or
// a C compiler is missing, or the program does not compile, as it does not where netlib cannot be downloaded.
func OnOpenBLAS(ctx context.Context, source string) (string, error) {
	p := onOpenBLAS()
	p.command.Source = source
	return p.run(ctx)
}

// product measures so many products and returns the microseconds of one.
func (p Program) product(ctx context.Context, times int) (float64, error) {
	said, err := p.run(ctx, strconv.Itoa(times))
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(said, 64)
}

// run returns what the program prints.
func (p Program) run(ctx context.Context, args ...string) (string, error) {
	if p.library != "" && !installed(ctx, p.library) {
		return "", &AbsentError{p.needs}
	}
	c := p.command
	c.Args = args
	out, err := child.Run(ctx, c)
	var compile *child.CompileError
	switch said := strings.TrimSpace(out.Stdout); {
	case errors.As(err, &compile):
		return "", &AbsentError{p.needs + " The go command says: " + complaint(compile.Output)}
	case err != nil:
		return "", fmt.Errorf("ops: %w", err)
	case out.Exit == absentStatus:
		return "", &AbsentError{said}
	case out.Exit != 0:
		return "", fmt.Errorf("ops: %s ended with status %d: %s", c.Name, out.Exit, strings.TrimSpace(out.Stderr))
	default:
		return said, nil
	}
}

// complaint is the first line of what the go command said that is not the name of a package.
func complaint(output string) string {
	for line := range strings.Lines(output) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			return line
		}
	}
	return "nothing"
}
