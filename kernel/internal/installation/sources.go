package installation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// Module is the path of the module all of this is in. It has no public address: whatever runs outside the
// checkout finds it by a replace directive that points at a kept copy.
const Module = "interleave"

// ErrNoSources says that no copy of the module was found.
var ErrNoSources = errors.New("the sources of interleave were not found; start the command in the repository's folder, as: go run ./kernel")

// Sources finds the module's sources: those kept beside the running program when it is an installed one,
// else the checkout that it was compiled from, else the module of the current folder.
func Sources(ctx context.Context) (string, error) {
	if root := atHand(); root != "" {
		return root, nil
	}
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", Module).Output()
	if root := strings.TrimSpace(string(out)); err == nil && isModule(root) {
		return root, nil
	}
	return "", ErrNoSources
}

// atHand is where the sources are found without asking the go command, "" when they are not.
func atHand() string {
	if inst, ok := Running(); ok {
		return inst.Sources
	}
	if root := compiledFrom(); isModule(root) {
		return root
	}
	return ""
}

// compiledFrom is the folder that this program was compiled from, "" when it does not know, as after -trimpath.
func compiledFrom() string {
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		return filepath.Join(filepath.Dir(file), "..", "..", "..")
	}
	return ""
}

func isModule(root string) bool {
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	return err == nil && modfile.ModulePath(text) == Module
}

// document is the name of a file for readers of the sources; other Markdown may be part of the program.
var document = regexp.MustCompile(`^[A-Z]+\.md$`)

// files are the paths, relative to root and sorted, of what a build of the module can need: everything but
// tests, test data, notebooks, documents such as README.md and what is hidden.
func files(root string) ([]string, error) {
	var list []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		name := d.Name()
		hidden := strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
		if d.IsDir() {
			if hidden || name == "testdata" || rel == "notebooks" || rel == "tmp" {
				return fs.SkipDir
			}
			return nil
		}
		switch top := rel == name; {
		case hidden, !d.Type().IsRegular(), strings.HasSuffix(name, "_test.go"), document.MatchString(name):
		case top && name != "go.mod" && name != "go.sum":
		default:
			list = append(list, rel)
		}
		return nil
	})
	slices.Sort(list)
	return list, err
}

// digest is a hash of the sources, of the toolchain that builds them and of the machine's kind.
func (g Go) digest(root string, list []string) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s %s\x00", g.Version, runtime.GOOS, runtime.GOARCH)
	for _, rel := range list {
		f, err := os.Open(filepath.Join(root, rel))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s\x00", rel)
		n, err := io.Copy(h, f)
		f.Close()
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "\x00%d\x00", n)
	}
	return hex.EncodeToString(h.Sum(nil))[:12], nil
}

// copyFiles copies the listed files from one root to another.
func copyFiles(from, to string, list []string) error {
	for _, rel := range list {
		text, err := os.ReadFile(filepath.Join(from, rel))
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
