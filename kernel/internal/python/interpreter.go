package python

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// Interpreter is a Python that can make environments.
type Interpreter struct {
	Path         string // the executable itself, symbolic links and version-manager shims resolved by Python
	Major, Minor int
	Micro        int
}

func (i Interpreter) String() string { return fmt.Sprintf("%d.%d.%d", i.Major, i.Minor, i.Micro) }

// The versions the pins were made for. A newer Python may work once its wheels exist; pip then says.
const (
	oldestMinor = 10
	newestMinor = 14
)

// NotFoundError says that no usable Python was found, and what to do.
type NotFoundError struct {
	Tried []string // "python3 is 3.8.10"
}

func (e *NotFoundError) Error() string {
	seen := "none found"
	if len(e.Tried) > 0 {
		seen = "found only " + strings.Join(e.Tried, ", ")
	}
	return fmt.Sprintf("JupyterLab needs Python 3.%d to 3.%d (%s); install it with: apt-get install python3 python3-venv",
		oldestMinor, newestMinor, seen)
}

// Find returns the first usable interpreter: the one named, if name is not empty, otherwise python3 and
// python3.N on the PATH, from the version most tested.
func Find(ctx context.Context, name string) (Interpreter, error) {
	names := []string{"python3", "python3.13", "python3.12", "python3.11", "python3.14", "python3.10"}
	if name != "" {
		names = []string{name}
	}
	var tried []string
	for _, n := range names {
		i, err := ask(ctx, n)
		switch {
		case errors.Is(err, exec.ErrNotFound):
			if name != "" {
				return Interpreter{}, fmt.Errorf("no program %q on the PATH: give --python the path of a Python 3.%d or newer", name, oldestMinor)
			}
		case err != nil:
			tried = append(tried, fmt.Sprintf("%s, which fails: %v", n, err))
		case i.Major == 3 && i.Minor >= oldestMinor && i.Minor <= newestMinor:
			return i, nil
		default:
			tried = append(tried, fmt.Sprintf("%s, which is %s", n, i))
		}
		if ctx.Err() != nil {
			return Interpreter{}, ctx.Err()
		}
	}
	return Interpreter{}, &NotFoundError{Tried: tried}
}

// ask runs the program for its version and its own path: a shim of pyenv or asdf answers for the real one.
func ask(ctx context.Context, name string) (Interpreter, error) {
	const question = `import os, sys; v = sys.version_info; print(v[0], v[1], v[2]); print(os.path.realpath(sys.executable))`
	// -I: nothing of the user's site or PYTHONPATH may answer in Python's place.
	out, err := exec.CommandContext(ctx, name, "-I", "-c", question).Output()
	if err != nil {
		return Interpreter{}, err
	}
	return parseAnswer(string(out))
}

func parseAnswer(out string) (Interpreter, error) {
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 2 {
		return Interpreter{}, fmt.Errorf("unexpected answer %q", out)
	}
	var n [3]int
	fields := strings.Fields(lines[0])
	if len(fields) != len(n) {
		return Interpreter{}, fmt.Errorf("unexpected version %q", lines[0])
	}
	for k, f := range fields {
		v, err := strconv.Atoi(f)
		if err != nil || v < 0 {
			return Interpreter{}, fmt.Errorf("unexpected version %q", lines[0])
		}
		n[k] = v
	}
	return Interpreter{Path: strings.TrimSpace(lines[1]), Major: n[0], Minor: n[1], Micro: n[2]}, nil
}
