package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// TestDocs: what the documents of the repository link to is there, and README has every command.
func TestDocs(t *testing.T) {
	for _, file := range []string{"../README.md", "../.github/CONTRIBUTING.md", "../lessons/README.md", "../notebooks/README.md", "../plots/README.md", "README.md", "CHANGELOG.md", "DESIGN.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, m := range markdownLink.FindAllStringSubmatch(string(text), -1) {
			to := m[1] + m[2]
			if strings.Contains(to, "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), to)); err != nil {
				t.Errorf("%s links to %s: %v", file, to, err)
			}
		}
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	parser, err := newParser(streams{}, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range parser.Model.Leaves(true) {
		// Jupyter starts serve; version needs no line.
		if name := command.Name; name != "serve" && name != "version" && !strings.Contains(string(readme), "| `go run ./kernel "+name) {
			t.Errorf("README.md has no line for %s", name)
		}
	}
}

// TestDockerfile: the image is made by README's commands, of files that are there, with a Go that is new enough.
func TestDockerfile(t *testing.T) {
	text, err := os.ReadFile("../.binder/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	module, err := modfile.ParseLax("go.mod", mod, nil)
	if err != nil {
		t.Fatal(err)
	}
	release := regexp.MustCompile(`^\d+\.\d+`).FindString(module.Go.Version)
	contains(t, string(text), "FROM golang:"+release+"-")
	commands := regexp.MustCompile(`go run \./kernel \w+|pip install \S*/?interleave-\*\.whl|apt-get install|\binterleave run\b`).FindAllString(strings.ReplaceAll(string(text), "--no-cache-dir ", ""), -1)
	if len(commands) < 4 {
		t.Errorf("only %q", commands)
	}
	for _, command := range commands {
		command = strings.Replace(command, "interleave run", "go run ./kernel run", 1)
		if !strings.Contains(string(readme), command) {
			t.Errorf("README.md does not say %q", command)
		}
	}
	files := regexp.MustCompile(`kernel/\S+\.txt|\d\d-[\w-]+\.ipynb`).FindAllString(string(text), -1)
	if len(files) != 2 {
		t.Errorf("files: %q", files)
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".ipynb") {
			file = "notebooks/" + file
		}
		if _, err := os.Stat(filepath.Join("..", file)); err != nil {
			t.Error(err)
		}
	}
}
