// Package python runs the Python side of the workshop: programs that do in Python what the Go lessons do, started
// from Go and measured in the same interleaved run.
//
// [Find] looks for a Python 3 with numpy, requests and aiohttp: the environment that `go run ./kernel lab` made in
// the user's cache, or the one named by the environment variable INTERLEAVE_PYTHON. Where there is none, a
// [NotFoundError] names the cure, and an experiment goes on without Python.
//
// The programs are in programs/*.py, embedded. Each imports rounds.py, which speaks a protocol of lines: the program
// prints READY when it is ready to be measured; for each line with a JSON object on its standard input it does one
// round with these parameters and answers with one line, a JSON object. So the start of the interpreter and its
// imports are outside of what is measured, unless a program's round itself starts something, such as a pool of
// processes.
//
// The package prints nothing, knows nothing of what the programs measure, and starts no goroutine of its own; those
// of os/exec end with [Program.Close].
package python

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Variable names the environment variable that says which Python to use, by path or by a name on the PATH.
const Variable = "INTERLEAVE_PYTHON"

// Interpreter is a Python that can run the programs.
type Interpreter struct {
	Path           string // its own sys.executable
	Implementation string // "CPython"
	Version        string // "3.11.7"
	// FreeThreaded says that this is the build that can do without the global interpreter lock; GIL says whether the
	// lock is there now, after numpy, requests and aiohttp were imported: an extension can bring it back.
	FreeThreaded, GIL        bool
	Numpy, Requests, Aiohttp string // versions
	BLAS                     string // what numpy multiplies with, such as "scipy-openblas 0.3.31"; "" if it does not tell
}

// String writes the interpreter in one line: "CPython 3.11.7, GIL on, numpy 2.4.6 (scipy-openblas 0.3.31), …".
func (i *Interpreter) String() string {
	blas := ""
	if i.BLAS != "" {
		blas = " (" + i.BLAS + ")"
	}
	return fmt.Sprintf("%s %s, GIL %s, numpy %s%s, requests %s, aiohttp %s",
		i.Implementation, i.Version, i.gil(), i.Numpy, blas, i.Requests, i.Aiohttp)
}

func (i *Interpreter) gil() string {
	switch {
	case i.GIL && i.FreeThreaded:
		return "on in a free-threaded build"
	case i.GIL:
		return "on"
	}
	return "off"
}

// NotFoundError says that there is no Python for the programs, and what to do.
type NotFoundError struct {
	Wanted string   // "Python 3 with numpy, requests and aiohttp"
	Cure   string   // what to do
	Tried  []string // "python3: no module named numpy"
}

func (e *NotFoundError) Error() string {
	tried := "none on this machine"
	if len(e.Tried) > 0 {
		tried = "tried " + strings.Join(e.Tried, "; ")
	}
	return fmt.Sprintf("no %s (%s): %s", e.Wanted, tried, e.Cure)
}

const wanted = "Python 3 with numpy, requests and aiohttp"

// Find returns the Python to run the programs with: the one that INTERLEAVE_PYTHON names and no other if it is set;
// otherwise the newest environment of the kernel's in the user's cache, then python3 on the PATH. The error is a
// [*NotFoundError], or that of ctx. It takes about half a second, because the packages are imported for a proof.
func Find(ctx context.Context) (*Interpreter, error) {
	if name := os.Getenv(Variable); name != "" {
		if _, err := exec.LookPath(name); err != nil {
			return nil, &NotFoundError{Wanted: wanted, Tried: []string{name + ", which is no program"},
				Cure: "let " + Variable + " name a python3 that has them, or unset it"}
		}
		return first(ctx, &NotFoundError{Wanted: wanted,
			Cure: "let " + Variable + " name a python3 that has them, or unset it"}, name)
	}
	return first(ctx, &NotFoundError{Wanted: wanted,
		Cure: "`go run ./kernel lab` makes one, once; or set " + Variable + " to a python3 that has them"},
		append(environments(), "python3")...)
}

// FindFreeThreaded returns a Python of the free-threaded build, python3.15t to python3.13t on the PATH, that has what
// the programs need. Whether it runs without the global interpreter lock, [Interpreter.GIL] tells. The error is a
// [*NotFoundError], or that of ctx.
func FindFreeThreaded(ctx context.Context) (*Interpreter, error) {
	missing := &NotFoundError{Wanted: "free-threaded " + wanted,
		Cure: "install python3.14t with these packages and put it on the PATH"}
	for _, name := range []string{"python3.15t", "python3.14t", "python3.13t"} {
		i, err := first(ctx, missing, name)
		switch {
		case ctx.Err() != nil:
			return nil, err
		case err == nil && i.FreeThreaded:
			return i, nil
		case err == nil:
			missing.Tried = append(missing.Tried, name+": not of the free-threaded build")
		}
	}
	return nil, missing
}

func first(ctx context.Context, missing *NotFoundError, names ...string) (*Interpreter, error) {
	for _, name := range names {
		i, err := ask(ctx, name)
		if ctx.Err() != nil {
			return nil, fmt.Errorf("find Python: %w", context.Cause(ctx))
		}
		if err == nil {
			return i, nil
		}
		if !errors.Is(err, exec.ErrNotFound) {
			missing.Tried = append(missing.Tried, name+": "+err.Error())
		}
	}
	return nil, missing
}

// environments are the Pythons of the environments that the kernel has made in the user's cache, the newest first.
// Each is a folder interleave/python-*, complete when the file interleave-complete is in it.
func environments() []string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil
	}
	marks, _ := filepath.Glob(filepath.Join(cache, "interleave", "python-*", "interleave-complete")) // the pattern is good
	made := func(mark string) time.Time {
		info, err := os.Stat(mark)
		if err != nil {
			return time.Time{}
		}
		return info.ModTime()
	}
	slices.SortFunc(marks, func(a, b string) int { return cmp.Or(made(b).Compare(made(a)), cmp.Compare(a, b)) })
	pythons := make([]string, len(marks))
	for i, mark := range marks {
		pythons[i] = filepath.Join(filepath.Dir(mark), "bin", "python")
	}
	return pythons
}

//go:embed ask.py
var question string

// ask runs an interpreter for what it is. The error is the last line of what it complained, or exec.ErrNotFound.
func ask(ctx context.Context, name string) (*Interpreter, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, append(flags(), "-c", question)...).Output()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		if last := lastLine(string(exit.Stderr)); last != "" {
			return nil, errors.New(last)
		}
		return nil, err
	case err != nil:
		return nil, err
	}
	i := new(Interpreter)
	if err := json.Unmarshal(out, i); err != nil {
		return nil, fmt.Errorf("unexpected answer %q", out)
	}
	return i, nil
}

// flags let nothing of the user's environment and site answer in Python's place, and leave no compiled files behind.
func flags() []string { return []string{"-E", "-s", "-B"} }

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}
