package python

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
)

//go:embed papermill/interleave_papermill.py
var papermillGo []byte

// planted are the files of a package of our own in site-packages: papermill knows no Go without it. Without
// papermill nothing loads it.
func planted() map[string][]byte {
	const info = "interleave_papermill-1.dist-info/"
	return map[string][]byte{
		"interleave_papermill.py": papermillGo,
		info + "METADATA":         []byte("Metadata-Version: 2.1\nName: interleave-papermill\nVersion: 1\nSummary: Go parameters for papermill\n"),
		info + "WHEEL":            []byte("Wheel-Version: 1.0\nGenerator: interleave\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
		info + "INSTALLER":        []byte("interleave\n"),
		info + "entry_points.txt": []byte("[papermill.engine]\ninterleave = interleave_papermill:Engine\n"),
		info + "RECORD":           []byte("interleave_papermill.py,,\n" + info + "METADATA,,\n" + info + "WHEEL,,\n" + info + "INSTALLER,,\n" + info + "entry_points.txt,,\n" + info + "RECORD,,\n"),
	}
}

// plant brings the package in an environment up to date. Its content is not part of the environment's name:
// for a change of it nothing need be downloaded again.
func plant(env *Env) error {
	site := filepath.Join(env.Dir, "lib", fmt.Sprintf("python%d.%d", env.Python.Major, env.Python.Minor), "site-packages")
	for name, text := range planted() {
		path := filepath.Join(site, name)
		if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
			continue
		}
		if err := replace(path, text); err != nil {
			return fmt.Errorf("add Go to papermill: %w", err)
		}
	}
	return nil
}

// replace writes a file in one step: other processes may be using the environment.
func replace(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".interleave-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once it is renamed
	_, err = f.Write(text)
	if e := f.Chmod(0o644); err == nil {
		err = e
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
