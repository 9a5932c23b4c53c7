package export_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"interleave/kernel/internal/export"
	"interleave/kernel/internal/notebook"
)

// TestRepository exports the notebooks of this repository, all cells of each. go vet finds nothing in what comes out, and
// one of them runs; with FULL=1 all do, which takes a quarter of an hour.
func TestRepository(t *testing.T) {
	files, err := filepath.Glob("../../../notebooks/*.ipynb")
	if err != nil || len(files) == 0 {
		t.Fatalf("no notebooks: %v", err)
	}
	for i, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".ipynb"), func(t *testing.T) {
			nb, err := notebook.Read(file)
			if err != nil {
				t.Fatal(err)
			}
			o := linkOptions(t)
			o.Dir = filepath.Dir(file)
			m, err := export.Notebook(t.Context(), nb, export.Options{Name: file, Link: o})
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range m.Left {
				t.Errorf("left out: %s", l)
			}
			for _, f := range m.Faults {
				t.Error(f)
			}
			dir := filepath.Join(t.TempDir(), "module")
			if err := m.Write(dir); err != nil {
				t.Fatal(err)
			}
			goRun(t, dir, "vet", "./...")
			if i > 0 && os.Getenv("FULL") == "" {
				return
			}
			goRun(t, dir, "build", "-o", "program", ".")
			cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "program"))
			cmd.Dir, cmd.Env = dir, append(os.Environ(), "FAST=1")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("run the program: %v\n%s", err, out)
			}
			if pictures, err := filepath.Glob(filepath.Join(dir, "picture-*.png")); err != nil || len(pictures) == 0 {
				t.Errorf("the program has drawn no chart (%v)", err)
			}
		})
	}
}
