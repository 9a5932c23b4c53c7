// Package replace writes files that other processes may be reading or writing. It starts no goroutine.
package replace

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// File writes a file in one step: whoever opens it finds what was there before, or all of text.
func File(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".replace-")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(f.Name()) // fails once it is renamed
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
