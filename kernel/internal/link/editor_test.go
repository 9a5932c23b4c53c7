package link

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// editorSees builds what imports packages in the editor's module, as gopls's go command would.
func editorSees(t *testing.T, b *Builder, imports ...string) (changed bool) {
	t.Helper()
	dir, env, changed, err := b.EditorModule(map[string]string{"cell.go": "package notebook\n"})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "imports.go")
	if err := os.WriteFile(name, []byte("package notebook\n\nimport _ \""+strings.Join(imports, "\"\nimport _ \"")+"\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(name)
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", ".")
	cmd.Dir, cmd.Env = dir, append(env, "GOPROXY=off")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, path := range imports {
		if !strings.Contains("\n"+string(out), "\n"+path+"\n") {
			t.Errorf("%s is not among\n%s", path, out)
		}
	}
	return changed
}

func TestEditorModule(t *testing.T) {
	everywhere := []string{"fmt", "gonum.org/v1/plot/plotter", "interleave/kernel/display", "interleave/lessons/kit/schedule", "interleave/plots"}
	t.Run("own", func(t *testing.T) {
		editorSees(t, open(t, Options{Dir: filepath.Join(absRepository(t), "notebooks"), Sources: absRepository(t), Mode: Thin}), everywhere...)
	})
	t.Run("scratch", func(t *testing.T) {
		editorSees(t, open(t, Options{Dir: t.TempDir(), Sources: absRepository(t), Mode: Thin}), everywhere...)
	})
	t.Run("vendor", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, "go.mod", "module example.com/m\n\ngo 1.25\n\nrequire example.com/v v1.2.3\n")
		write(t, dir, "m.go", "package m\n\nimport _ \"example.com/v/x\"\n")
		write(t, dir, "internal/i/i.go", "package i\n")
		write(t, dir, "vendor/modules.txt", "# example.com/v v1.2.3\n## explicit; go 1.20\nexample.com/v/x\n")
		write(t, dir, "vendor/example.com/v/x/x.go", "package x\n")
		b := open(t, Options{Dir: dir, Sources: absRepository(t), Mode: Thin, Env: append(os.Environ(), "GOPROXY=off")})
		editorSees(t, b, append(everywhere, "example.com/m", "example.com/m/internal/i", "example.com/v/x")...)
		if editorSees(t, b, "example.com/v/x") {
			t.Error("it was made anew though nothing has changed")
		}
		write(t, dir, "w/go.mod", "module example.com/w\n\ngo 1.25\n")
		write(t, dir, "w/w.go", "package w\n")
		write(t, dir, "go.mod", "module example.com/m\n\ngo 1.25\n\nrequire (\n\texample.com/v v1.2.3\n\texample.com/w v0.0.0\n)\n\nreplace example.com/w => ./w\n")
		if !editorSees(t, b, "example.com/w") {
			t.Error("go.mod has changed, and it was not made anew")
		}
	})
}
