package export

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWrite writes into folders that hold something already.
func TestWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	write := func(files map[string]string) error {
		m := &Module{Files: map[string][]byte{}}
		for name, text := range files {
			m.Files[name] = []byte(text)
		}
		return m.Write(dir)
	}
	is := func(name, want string) {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(dir, name))
		if want == "" && !errors.Is(err, fs.ErrNotExist) || want != "" && string(text) != want {
			t.Errorf("%s is %q (%v), want %q", name, text, err, want)
		}
	}
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := write(map[string]string{"main.go": "one", "cmd/cell2/main.go": "two"}); err != nil {
		t.Fatal(err)
	}
	put("mine.txt", "mine")
	if err := write(map[string]string{"main.go": "three"}); err != nil {
		t.Fatal(err)
	}
	is("main.go", "three")
	is("cmd/cell2/main.go", "")
	is("mine.txt", "mine")
	if _, err := os.Stat(filepath.Join(dir, "cmd", "cell2")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder of a program that is no more: %v", err)
	}

	put("main.go", "changed")
	err := write(map[string]string{"main.go": "four", "go.mod": "module m"})
	if err == nil || !strings.Contains(err.Error(), "main.go") || !strings.Contains(err.Error(), "Nothing was written") {
		t.Errorf("over a file that was changed: %v", err)
	}
	is("main.go", "changed")
	is("go.mod", "")

	dir = t.TempDir()
	put("go.mod", "module mine")
	if err := write(map[string]string{"main.go": "five", "go.mod": "module m"}); err == nil || !strings.Contains(err.Error(), "go.mod") {
		t.Errorf("over a file of others: %v", err)
	}
	is("go.mod", "module mine")
	is("main.go", "")
}

// TestModuleName makes names that the go command takes.
func TestModuleName(t *testing.T) {
	std := func(name string) bool { return name == "sort" || name == "net" }
	for notebook, want := range map[string]string{
		"05-race-condition.ipynb": "05-race-condition", "/a/My Talk (2).ipynb": "my-talk-2", "sort.ipynb": "notebook-sort", "net.ipynb": "notebook-net",
		"日本.ipynb": "notebook", "main.ipynb": "notebook-main", "x.y.ipynb": "x.y", "lib.ipynb": "notebook-lib", "_.ipynb": "notebook",
	} {
		if got := moduleName(notebook, []string{"lib/x"}, std); got != want {
			t.Errorf("%s: %s, want %s", notebook, got, want)
		}
	}
}

// TestCommandLine runs programs as their commands do.
func TestCommandLine(t *testing.T) {
	for args, want := range map[string]string{
		"":                                "go run ./cmd/cell2",
		"-procs 2 -env A=b one two":       "GOMAXPROCS=2 A=b go run ./cmd/cell2 one two",
		"-race -timeout 5s":               "go run -race ./cmd/cell2",
		"-gcflags -m -timeout 10s x -y":   "go run -gcflags=-m ./cmd/cell2 x -y",
		"-env=GOEXPERIMENT=simd -procs=1": "GOEXPERIMENT=simd GOMAXPROCS=1 go run ./cmd/cell2",
	} {
		if got := commandLine("cmd/cell2", false, args); got != want {
			t.Errorf("%q: %s, want %s", args, got, want)
		}
	}
}

// TestHeadings finds headings and no lines of code.
func TestHeadings(t *testing.T) {
	got := strings.Join(headings("# One\ntext # no\n```\n# code\n```\n### Three\n#hash\n"), "|")
	if got != "One|Three" {
		t.Error(got)
	}
}
