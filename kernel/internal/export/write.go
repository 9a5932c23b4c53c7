package export

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// manifest lists the files of an export with their checksums: what is not in it, or has changed, is the user's.
const manifest = ".interleave-export"

// Write writes the module into a folder, which is made when it is not there. Files of an earlier export are replaced, and
// removed when the notebook has no such cell any more; any other file in the way is an error, and nothing is written.
func (m *Module) Write(dir string) error {
	before, err := readManifest(dir)
	if err != nil {
		return err
	}
	var theirs []string
	for name := range m.Files {
		same, err := unchanged(filepath.Join(dir, filepath.FromSlash(name)), before[name])
		if err != nil {
			return err
		}
		if !same {
			theirs = append(theirs, name)
		}
	}
	if len(theirs) > 0 {
		slices.Sort(theirs)
		return fmt.Errorf("%s is not as an export has left it: %s. Nothing was written. Choose another folder, or remove what is in the way",
			dir, strings.Join(theirs, ", "))
	}
	for name, sum := range before {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if same, err := unchanged(at, sum); m.Files[name] == nil && same && err == nil {
			if err := os.Remove(at); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			_ = os.Remove(filepath.Dir(at)) // fails unless it is empty now
		}
	}
	if err := writeAll(dir, m.Files); err != nil {
		return err
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(m.Files)) {
		fmt.Fprintf(&b, "%s %s\n", sumOf(m.Files[name]), name)
	}
	return os.WriteFile(filepath.Join(dir, manifest), []byte(b.String()), 0o644)
}

// readManifest gives the checksums of an earlier export, by name.
func readManifest(dir string) (map[string]string, error) {
	out := map[string]string{}
	text, err := os.ReadFile(filepath.Join(dir, manifest))
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		sum, name, ok := strings.Cut(strings.TrimSpace(line), " ")
		if ok && fs.ValidPath(name) && path.Clean(name) == name {
			out[name] = sum
		}
	}
	return out, nil
}

// unchanged reports whether a file has a checksum, or is not there.
func unchanged(name, sum string) (bool, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return sumOf(text) == sum, nil
}

func sumOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// writeAll writes files below a folder.
func writeAll(dir string, files map[string][]byte) error {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(at, files[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}
