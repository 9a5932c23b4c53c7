package installation

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// module writes a small module named as ours.
func module(t *testing.T, mainGo string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":                       "module interleave\n\ngo 1.26\n",
		"README.md":                    "x",
		"kernel/main.go":               mainGo,
		"kernel/main_test.go":          "package main",
		"kernel/DESIGN.md":             "x",
		"kernel/internal/a/pins.txt":   "x",
		"kernel/internal/a/manual.md":  "x",
		"kernel/internal/a/testdata/x": "x",
		"notebooks/a.ipynb":            "x",
		".git/config":                  "x",
		"lessons/l.go":                 "package lessons",
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestFiles(t *testing.T) {
	got, err := files(module(t, "package main"))
	want := []string{"go.mod", "kernel/internal/a/manual.md", "kernel/internal/a/pins.txt", "kernel/main.go", "lessons/l.go"}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("files = %q, %v; want %q", got, err, want)
	}
}

// TestEmbeddedFiles: what the module's packages embed is among the files.
func TestEmbeddedFiles(t *testing.T) {
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "list", "-f", "{{$dir := .Dir}}{{range .EmbedFiles}}{{$dir}}/{{.}}\n{{end}}", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	list, err := files(root)
	if err != nil {
		t.Fatal(err)
	}
	embedded := strings.Fields(string(out))
	if len(embedded) == 0 {
		t.Fatal("no package embeds a file")
	}
	for _, path := range embedded {
		if rel, err := filepath.Rel(root, path); err != nil || !slices.Contains(list, rel) {
			t.Errorf("%s is embedded and not among the files, %v", rel, err)
		}
	}
}

func TestSources(t *testing.T) {
	got, err := Sources(t.Context())
	if err != nil || !isModule(got) {
		t.Errorf("Sources = %q, %v", got, err)
	}
}

func TestEnsurePrune(t *testing.T) {
	root := t.TempDir()
	sources := module(t, "package main\n\nfunc main() { println(\"one\") }\n")
	builds := 0
	ensure := func() *Installation {
		t.Helper()
		i, err := Ensure(t.Context(), root, sources, func() { builds++ })
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	one := ensure()
	if again := ensure(); again.Dir != one.Dir || builds != 1 {
		t.Errorf("second Ensure: %s after %s, %d builds", again.Dir, one.Dir, builds)
	}
	if out, err := exec.Command(one.Program).CombinedOutput(); err != nil || string(out) != "one\n" {
		t.Errorf("the program says %q, %v", out, err)
	}
	if err := os.WriteFile(filepath.Join(sources, "kernel/main.go"), []byte("package main\n\nfunc main() {}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	two := ensure()
	if two.Dir == one.Dir || builds != 2 {
		t.Errorf("other sources, same installation %s, %d builds", two.Dir, builds)
	}

	spec := filepath.Join(t.TempDir(), "my kernels", "gophernotes")
	if err := os.MkdirAll(spec, 0o755); err != nil {
		t.Fatal(err)
	}
	name := func(i *Installation) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(spec, "kernel.json"), []byte(`{"argv":["`+i.Program+`"]}`), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	name(one)
	for range 2 {
		if err := one.AddUser(spec); err != nil {
			t.Fatal(err)
		}
	}
	if removed, err := Prune(root, two, 0); err != nil || len(removed) != 0 {
		t.Errorf("a used version: Prune = %q, %v", removed, err)
	}
	name(two)
	if removed, err := Prune(root, two, 1<<60); err != nil || len(removed) != 0 {
		t.Errorf("a young version: Prune = %q, %v", removed, err)
	}
	if removed, err := Prune(root, two, 0); err != nil || !reflect.DeepEqual(removed, []string{one.Version()}) {
		t.Errorf("Prune = %q, %v; want %s", removed, err, one.Version())
	}

	if entries, _ := os.ReadDir(root); len(entries) != 1 {
		t.Errorf("left: %v", entries)
	}
}

func TestEnsureShowsCompilersWords(t *testing.T) {
	root := t.TempDir()
	_, err := Ensure(t.Context(), root, module(t, "package main\n\nfunc main() { undefined() }\n"), nil)
	if err == nil || !strings.Contains(err.Error(), "undefined: undefined") {
		t.Errorf("Ensure = %v", err)
	}
	if entries, _ := os.ReadDir(root); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Errorf("%v is no exit status", err)
	}
}

// TestPruneLeavesOthers: below a prefix a wheel's files may lie beside the versions, and whatever else somebody put there.
func TestPruneLeavesOthers(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"bin", "src", "mine", "0123456789ab", ".new-1"} {
		if err := os.Mkdir(filepath.Join(root, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	removed, err := Prune(root, nil, 0)
	if want := []string{".new-1", "0123456789ab"}; err != nil || !reflect.DeepEqual(removed, want) {
		t.Errorf("Prune = %q, %v; want %q", removed, err, want)
	}
}

func TestShare(t *testing.T) {
	root := t.TempDir()
	for name, modes := range map[string][2]os.FileMode{"dir/": {0o700, 0o755}, "dir/file": {0o600, 0o644}, "program": {0o700, 0o755}, "open": {0o666, 0o644}} {
		at := filepath.Join(root, name)
		if strings.HasSuffix(name, "/") {
			if err := os.Mkdir(at, modes[0]); err != nil && !errors.Is(err, os.ErrExist) {
				t.Fatal(err)
			}
		} else if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			t.Fatal(err)
		} else if err := os.WriteFile(at, nil, modes[0]); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(at, modes[0]); err != nil { // whatever the umask is
			t.Fatal(err)
		}
		if err := Share(root); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(at); err != nil || info.Mode().Perm() != modes[1] {
			t.Errorf("%s is %v, %v; want %v", name, info.Mode(), err, modes[1])
		}
	}
}

// TestEnsureIsOnlyALink counts compilations: after go run, which every newcomer starts with, only package main is compiled
// again, which go run compiles without debug information.
func TestEnsureIsOnlyALink(t *testing.T) {
	sources := module(t, "package main\n\nimport \"interleave/lessons\"\n\nfunc main() { println(lessons.One) }\n")
	if err := os.WriteFile(filepath.Join(sources, "lessons/l.go"), []byte("package lessons\n\nconst One = 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	run := exec.Command("go", "run", "./kernel")
	run.Dir = sources
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("go run: %v\n%s", err, out)
	}
	compiled := toolLog(t)
	if _, err := Ensure(t.Context(), t.TempDir(), sources, nil); err != nil {
		t.Fatal(err)
	}
	if got := compiled(); !slices.Equal(got, []string{"interleave/kernel"}) {
		t.Errorf("compiled: %q", got)
	}
}

// toolLog has the go commands of this test report the packages that they compile.
func toolLog(t *testing.T) (compiled func() []string) {
	t.Helper()
	dir := t.TempDir()
	gocommand, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	// go build -v names the packages it compiles.
	script := "#!/bin/sh\nverb=$1; shift\n[ $verb = build ] && exec " + gocommand + " build -v \"$@\" 2>>" + dir + "/log\nexec " + gocommand + " $verb \"$@\"\n"
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return func() []string {
		text, err := os.ReadFile(filepath.Join(dir, "log"))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Fields(string(text))
	}
}

// TestEnsureDuringAnEdit: a program never stands beside sources that it was not built from.
func TestEnsureDuringAnEdit(t *testing.T) {
	root, sources := t.TempDir(), module(t, "package main\n\nfunc main() {}\n")
	edit := func() {
		if err := os.WriteFile(filepath.Join(sources, "kernel/main.go"), []byte("package main\n\nfunc main() { println(2) }\n"), 0o644); err != nil {
			t.Error(err)
		}
	}
	if _, err := Ensure(t.Context(), root, sources, edit); err == nil || !strings.Contains(err.Error(), "start the command again") {
		t.Errorf("Ensure = %v", err)
	}
	if entries, _ := os.ReadDir(root); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
}

// TestEnsureMends damages each file of an installation in three ways: Ensure makes it whole once, and keeps who uses it.
func TestEnsureMends(t *testing.T) {
	root, sources := t.TempDir(), module(t, "package main\n\nfunc main() { println(\"one\") }\n")
	builds := 0
	ensure := func() *Installation {
		t.Helper()
		i, err := Ensure(t.Context(), root, sources, func() { builds++ })
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	inst := ensure()
	user := filepath.Join(inst.Dir, usedBy)
	if err := os.WriteFile(user, []byte("somebody\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	list, err := files(inst.Sources)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(list, "../bin/interleave") {
		path := filepath.Join(inst.Sources, name)
		for what, change := range map[string]func(text []byte) []byte{
			"removed": nil,
			"halved":  func(text []byte) []byte { return text[:len(text)/2] },
			"garbled": func(text []byte) []byte { text[len(text)/2] ^= 0xa5; return text },
		} {
			text, err := os.ReadFile(path)
			if err == nil {
				err = os.Remove(path)
			}
			if err == nil && change != nil {
				err = os.WriteFile(path, change(text), 0o755)
			}
			if err != nil {
				t.Fatal(err)
			}
			before := builds
			ensure()
			ensure()
			if builds != before+1 {
				t.Errorf("%s %s: %d builds", name, what, builds-before)
			}
			if out, err := exec.Command(inst.Program).CombinedOutput(); err != nil || string(out) != "one\n" {
				t.Errorf("%s %s: the program says %q, %v", name, what, out, err)
			}
		}
	}
	if _, err := os.Stat(user); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(root); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
}
