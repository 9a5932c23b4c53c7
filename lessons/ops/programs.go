package ops

import (
	"context"
	_ "embed" // the sources of the programs
	"errors"
	"fmt"
	"strconv"
	"strings"

	"interleave/lessons/child"
)

var (
	//go:embed simd/main.go
	simdSource string
	//go:embed simd/absent.go
	simdAbsent string
)

// Program is a program that multiplies in a way of its own. It is compiled by itself, so that what it needs is no
// requirement of this module.
type Program struct {
	Name    string
	command child.Command
}

// AbsentError says that a program cannot run here, and what it needs.
type AbsentError struct{ Why string }

func (e *AbsentError) Error() string { return e.Why }

// absentStatus is how a program ends that cannot run here.
const absentStatus = 3

// Programs are the ways to multiply faster in Go: with its experimental SIMD.
func Programs() []Program {
	return []Program{
		{"Go with SIMD", child.Command{Name: "simd", Source: simdSource, Build: []string{"GOEXPERIMENT=simd"},
			Files: map[string]string{"absent.go": simdAbsent}}},
	}
}

// product measures so many products and returns the microseconds of one.
func (p Program) product(ctx context.Context, times int) (float64, error) {
	c := p.command
	c.Args = []string{strconv.Itoa(times)}
	out, err := child.Run(ctx, c)
	var compile *child.CompileError
	switch said := strings.TrimSpace(out.Stdout); {
	case errors.As(err, &compile):
		return 0, &AbsentError{"The go command says: " + complaint(compile.Output)}
	case err != nil:
		return 0, fmt.Errorf("ops: %w", err)
	case out.Exit == absentStatus:
		return 0, &AbsentError{said}
	case out.Exit != 0:
		return 0, fmt.Errorf("ops: %s ended with status %d: %s", c.Name, out.Exit, strings.TrimSpace(out.Stderr))
	default:
		return strconv.ParseFloat(said, 64)
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
