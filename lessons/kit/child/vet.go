package child

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"interleave/lessons/kit/internal/replace"
)

// Vet returns what go vet says of a command's sources, "" if it has nothing to say. A source that does not compile is
// something to say. What was said is kept in the user's cache, as binaries are.
func Vet(ctx context.Context, c Command) (string, error) {
	if c.Package != "" {
		return "", fmt.Errorf("vet %s: it is a package of this module, which its tests vet", c.Name)
	}
	dir, err := cacheDir(c)
	if err != nil {
		return "", fmt.Errorf("vet %s: %w", c.Name, err)
	}
	path := filepath.Join(dir, "vet.txt")
	if said, err := os.ReadFile(path); err == nil {
		return string(said), nil
	}
	said, err := vet(ctx, c, dir)
	if err != nil {
		return "", fmt.Errorf("vet %s: %w", c.Name, err)
	}
	return said, replace.File(path, []byte(said)) // two processes may vet the same
}

func vet(ctx context.Context, c Command, dir string) (string, error) {
	tool, err := goCommand()
	if err != nil {
		return "", err
	}
	tmp, err := unpack(c, dir)
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	cmd := exec.CommandContext(ctx, tool, "vet")
	cmd.Dir = tmp
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "PWD="+tmp)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || len(out) == 0 || ctx.Err() != nil) {
		return "", err
	}
	return string(out), nil
}
