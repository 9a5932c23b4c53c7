package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/notebook"
)

// writeNotebook writes a notebook with code cells, not yet run. A cell that begins with "tag:NAME\n"
// carries that tag.
func writeNotebook(t *testing.T, path string, sources ...string) {
	t.Helper()
	cells := []any{}
	for i, source := range sources {
		metadata := map[string]any{}
		if rest, ok := strings.CutPrefix(source, "tag:"); ok {
			tag, text, _ := strings.Cut(rest, "\n")
			source, metadata["tags"] = text, []string{tag}
		}
		cells = append(cells, map[string]any{
			"cell_type": "code", "id": fmt.Sprintf("c%d", i), "metadata": metadata, "source": source, "outputs": []any{}, "execution_count": nil,
		})
	}
	text, err := json.Marshal(map[string]any{
		"nbformat": 4, "nbformat_minor": 5, "cells": cells,
		"metadata": map[string]any{"kernelspec": map[string]any{"name": "gophernotes", "display_name": "Go", "language": "go"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// command runs a command line and returns its exit status and what it printed.
func command(args ...string) (status int, stdout, stderr string) {
	var out, err bytes.Buffer
	status = run(args, streams{out: &out, err: &err})
	return status, out.String(), err.String()
}

func TestRunCommand(t *testing.T) {
	for _, c := range []struct {
		name   string
		cells  []string
		args   []string
		status int
		stderr string   // is part of it
		want   []string // part of the text of each cell's outputs
	}{
		{"fine", []string{"import \"fmt\"\nx := 1\nfmt.Println(\"x\", x)", "x + 1"}, nil, 0, "", []string{"x 1\n", "2"}},
		{"panics", []string{"a := 1\na", "panic(\"boom\")", "a"}, nil, 1, `cell 2 (In [2], "panic(\"boom\")") failed: Panic: `, []string{"1", "boom", ""}},
		{"does not compile", []string{"undefinedName"}, nil, 1, "failed: CompileError: ", []string{"undefinedName"}},
		{"may fail", []string{"tag:raises-exception\npanic(\"boom\")", "7"}, nil, 0, "", []string{"boom", "7"}},
		{"is skipped", []string{"tag:skip-execution\npanic(\"boom\")", "7"}, nil, 0, "", []string{"", "7"}},
		{"takes too long", []string{"for {\n}"}, []string{"--timeout", "2s"}, 1, "took longer than 2s", []string{"Interrupted"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			in, out := filepath.Join(dir, "in.ipynb"), filepath.Join(dir, "out.ipynb")
			writeNotebook(t, in, c.cells...)
			status, stdout, stderr := command(append([]string{"run", "--output", out, in}, c.args...)...)
			if status != c.status || !strings.Contains(stderr, c.stderr) {
				t.Errorf("exit status %d, want %d\nstdout: %s\nstderr: %s", status, c.status, stdout, stderr)
			}
			nb, err := notebook.Read(out)
			if err != nil {
				t.Fatal(err)
			}
			for i, cell := range nb.Cells {
				text, _ := json.Marshal(cell.Outputs())
				if len(cell.Outputs()) == 0 {
					text = nil
				}
				want, _ := json.Marshal(c.want[i])
				if !strings.Contains(string(text), strings.Trim(string(want), `"`)) || c.want[i] == "" && text != nil {
					t.Errorf("cell %d shows %s, want %q", i+1, text, c.want[i])
				}
			}
		})
	}
}

func TestRunCommandInPlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "n.ipynb")
	writeNotebook(t, path, "6 * 7")
	if status, _, stderr := command("run", "--inplace", path); status != 0 {
		t.Fatalf("exit status %d\n%s", status, stderr)
	}
	first, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(first, []byte(`"42"`)) {
		t.Fatalf("%v\n%s", err, first)
	}
	if status, _, stderr := command("run", "--inplace", path); status != 0 {
		t.Fatalf("exit status %d\n%s", status, stderr)
	}
	if again, _ := os.ReadFile(path); !bytes.Equal(first, again) {
		t.Errorf("a second run changed the file:\n%s", again)
	}
}

// TestRunKilled kills a run in place at random points: the notebook has the outputs it had or all of the new ones, and no
// temporary file of ours is left.
func TestRunKilled(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "n.ipynb")
	writeNotebook(t, path, "time.Sleep(20 * time.Millisecond)", "first := time.Now().UnixNano()\nfirst", "os.Getpid()", "first")
	if status, _, stderr := command("run", "--inplace", path); status != 0 {
		t.Fatalf("exit status %d\n%s", status, stderr)
	}
	began := time.Now()
	if out, err := exec.Command(self, "run", "--inplace", path).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	whole := time.Since(began)
	saved, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	kept, random := 0, rand.New(rand.NewPCG(1, 2))
	temporary := t.TempDir()
	for i := range 24 {
		cmd := exec.Command(self, "run", "--inplace", path)
		cmd.Env = append(os.Environ(), "TMPDIR="+temporary)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if i < 12 { // before the kernel has begun to watch who runs it, or about then
			time.Sleep(time.Duration(i) * 4 * time.Millisecond)
		} else {
			time.Sleep(time.Duration(random.Float64() * float64(whole)))
		}
		cmd.Process.Kill()
		cmd.Wait()
		nb, err := notebook.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range nb.Cells[1:] {
			if len(c.Outputs()) != 1 {
				t.Errorf("cell %d has lost its output", i+2)
			}
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(text, saved) {
			kept++
		}
		saved = text
	}
	// A run killed between making its folder and starting its kernel leaves the folder to the next run.
	last := exec.Command(self, "run", path)
	last.Env = append(os.Environ(), "TMPDIR="+temporary)
	if out, err := last.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		left, err := filepath.Glob(filepath.Join(temporary, "*"))
		if err != nil {
			t.Fatal(err)
		}
		if len(left) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("left behind: %v", left)
		}
	}
	t.Logf("a run takes %v; of 24 killed, %d had not yet saved", whole.Round(time.Millisecond), kept)
	if kept == 0 {
		t.Error("no run was killed before its end")
	}
}

func TestCommandLine(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.ipynb")
	broken := filepath.Join(t.TempDir(), "broken.ipynb")
	if err := os.WriteFile(broken, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{nil, 0, "Commands:"},
		{[]string{"--help"}, 0, "doctor"},
		{[]string{"lab", "--help"}, 0, "Examples:"},
		{[]string{"install", "--help"}, 0, "Examples:"},
		{[]string{"uninstall", "--help"}, 0, "Examples:"},
		{[]string{"run", "--help"}, 0, "Examples:"},
		{[]string{"doctor", "--help"}, 0, "Examples:"},
		{[]string{"serve", "--help"}, 0, "Examples:"},
		{[]string{"version"}, 0, "interleave " + release},
		{[]string{"version", "--help"}, 0, "Examples:"},
		{[]string{"nothing"}, 2, "unexpected argument nothing"},
		{[]string{"run"}, 2, `expected "<notebook> ..."`},
		{[]string{"run", missing}, 2, "none.ipynb"},
		{[]string{"run", broken}, 1, "not a notebook"},
		{[]string{"install", "--user", "--sys-prefix"}, 2, "can't be used together"},
		{[]string{"lab", missing}, 1, "there is no folder"},
		{[]string{"serve", missing}, 1, "none.ipynb"},
		{[]string{"uninstall", "--prefix", t.TempDir()}, 1, "no such kernel is installed"},
	} {
		status, stdout, stderr := command(c.args...)
		if status != c.status || !strings.Contains(stdout+stderr, c.says) {
			t.Errorf("kernel %s: exit status %d, want %d and %q\n%s%s", strings.Join(c.args, " "), status, c.status, c.says, stdout, stderr)
		}
	}
}
