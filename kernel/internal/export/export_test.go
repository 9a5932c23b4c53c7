package export_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/txtar"

	"interleave/kernel/internal/engine"
	"interleave/kernel/internal/export"
	"interleave/kernel/internal/link"
	"interleave/kernel/internal/notebook"
	"interleave/kernel/internal/session"
	"interleave/kernel/internal/worker"
)

var update = flag.Bool("update", false, "write what the tests see into their files")

// The test binary is the guard of the workers that run the notebooks for comparison.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "guard" {
		os.Exit(worker.GuardMain(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// TestNotebooks exports each notebook of testdata: the files are as they were, go vet finds nothing in them, tests pass,
// and the program prints what the kernel prints. Where a section differs says why, it does not.
func TestNotebooks(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no notebooks: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { exportOne(t, file) })
	}
}

func exportOne(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	o := linkOptions(t)
	nb, sections := read(t, archive, o.Dir)
	name := strings.TrimSuffix(filepath.Base(file), ".txtar")
	m, err := export.Notebook(t.Context(), nb, export.Options{Name: name + ".ipynb", Link: o})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range m.Faults {
		t.Error(f)
	}
	dir := filepath.Join(t.TempDir(), name)
	if err := m.Write(dir); err != nil {
		t.Fatal(err)
	}
	goRun(t, dir, "vet", "./...")
	goRun(t, dir, "test", "./...")
	goRun(t, dir, "build", "-o", "program", ".")
	printed := runProgram(t, dir)
	if wanted := kernelPrints(t, nb, o); sections["differs"] == "" && printed != wanted {
		t.Errorf("the program prints\n%s\nand the kernel\n%s\nof\n%s", printed, wanted, m.Files["main.go"])
	} else if sections["differs"] != "" && printed == wanted {
		t.Error("the program prints what the kernel prints, though the section differs says that it does not")
	}
	left := ""
	for _, l := range m.Left {
		left += l.String() + "\n"
		if l.Broken {
			left += "\t(counts as broken)\n"
		}
	}
	now := map[string]string{"left": left}
	for name, text := range m.Files {
		if name != "go.mod" && name != "go.sum" {
			now[name] = string(text)
		}
	}
	if *update {
		rewrite(t, file, archive, now)
		return
	}
	for name, text := range now {
		if sections[name] != text {
			t.Errorf("%s is now\n%s", name, text)
		}
	}
	for name := range sections {
		if _, ok := now[name]; !ok && name != "differs" {
			t.Errorf("there is no %s any more", name)
		}
	}
}

// read makes a notebook of the sections cell, with tags behind the word, and markdown, and writes the sections file into
// its folder. The others are what is wanted.
func read(t *testing.T, archive *txtar.Archive, dir string) (*notebook.Notebook, map[string]string) {
	t.Helper()
	cells := []any{}
	sections := map[string]string{}
	for _, f := range archive.Files {
		words := strings.Fields(f.Name)
		switch words[0] {
		case "cell":
			cells = append(cells, map[string]any{"cell_type": "code", "metadata": map[string]any{"tags": words[1:]}, "source": strings.TrimSuffix(string(f.Data), "\n"),
				"outputs": []any{}, "execution_count": nil})
		case "markdown":
			cells = append(cells, map[string]any{"cell_type": "markdown", "metadata": map[string]any{}, "source": string(f.Data)})
		case "file":
			at := filepath.Join(dir, words[1])
			if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(at, f.Data, 0o644); err != nil {
				t.Fatal(err)
			}
		default:
			sections[f.Name] = string(f.Data)
		}
	}
	text, err := json.Marshal(map[string]any{"cells": cells, "metadata": map[string]any{}, "nbformat": 4, "nbformat_minor": 5})
	if err != nil {
		t.Fatal(err)
	}
	nb, err := notebook.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return nb, sections
}

func rewrite(t *testing.T, file string, archive *txtar.Archive, now map[string]string) {
	t.Helper()
	archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool {
		word, _, _ := strings.Cut(f.Name, " ")
		return !slices.Contains([]string{"cell", "markdown", "file", "differs"}, word)
	})
	for _, name := range slices.Sorted(maps.Keys(now)) {
		archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(now[name])})
	}
	if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// linkOptions are for a folder that no module governs.
func linkOptions(t *testing.T) link.Options {
	t.Helper()
	sources, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	return link.Options{Dir: t.TempDir(), Sources: sources, Env: append(os.Environ(), "GOFLAGS=", "GOWORK=off")}
}

func goRun(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "PWD="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		main, _ := os.ReadFile(filepath.Join(dir, "main.go"))
		t.Fatalf("go %s: %v\n%s\n%s", strings.Join(args, " "), err, out, main)
	}
}

// runProgram is what the program prints on standard output.
func runProgram(t *testing.T, dir string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "program"))
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("run the program: %v\n%s%s", err, out, stderr.Bytes())
	}
	return string(out)
}

// kernelPrints is what the kernel shows of the same cells, as text. Cells below a command that a program does not have are
// left out as there.
func kernelPrints(t *testing.T, nb *notebook.Notebook, o link.Options) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	e := engine.New(engine.Options{Dir: o.Dir, Sources: o.Sources, Env: o.Env, Guard: []string{self, "guard"}, Version: "test"})
	defer e.Close()
	out := &printed{}
	count := 0
	for _, c := range nb.Cells {
		if c.Type() != "code" || c.Tagged("skip-execution") {
			continue
		}
		count++
		out.mute(unlike(c.Source()))
		e.Execute(t.Context(), session.Cell{Code: c.Source(), Count: count}, out)
	}
	return out.String()
}

// unlike reports whether a cell prints what a program does not: what commands print.
func unlike(source string) bool {
	for _, mark := range []string{"%%bash", "%%program", "%%race", "%%test", "%%time", "%%writefile", "%time", "%help", "%who", "%cd", "%get", "!", "//go:build", "package main\n\n// static"} {
		if strings.HasPrefix(source, mark) {
			return true
		}
	}
	return false
}

// printed is a session.Output.
type printed struct {
	mu    sync.Mutex
	muted bool
	text  strings.Builder
}

func (p *printed) mute(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.muted = on
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

func (p *printed) add(s string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.muted {
		p.text.WriteString(s)
	}
}

func (p *printed) Stream(name string, text []byte) {
	if name == "stdout" {
		p.add(string(text))
	}
}

// Display leaves out the line that says what a cell waits for: it comes where the machine is slow, and goes.
func (p *printed) Display(b session.Bundle) {
	if id, _ := b.Transient["display_id"].(string); !strings.HasPrefix(id, "interleave-progress") {
		p.add(plain(b))
	}
}
func (p *printed) Update(session.Bundle)   {}
func (p *printed) Result(b session.Bundle) { p.add(plain(b)) }
func (p *printed) Clear(bool)              {}

// plain is the text of a bundle as a line.
func plain(b session.Bundle) string {
	if text, ok := b.Data["text/plain"].(json.RawMessage); ok {
		var s string
		if json.Unmarshal(text, &s) == nil {
			return s + "\n"
		}
	}
	return fmt.Sprintln(b.Data["text/plain"])
}

var _ session.Output = (*printed)(nil)
