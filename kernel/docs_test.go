package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
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

// TestDockerfile: the image is made by README's commands and by what any image needs, of files that are there, with a Go
// that is new enough; and README says how it is made.
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
	known := func(words ...string) {
		t.Helper()
		for _, w := range words {
			if !strings.Contains(string(readme), w) {
				t.Errorf("README.md does not say %q", w)
			}
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^#   (docker .*)$`).FindAllStringSubmatch(string(text), -1) {
		known("    " + m[1] + "\n")
	}
	plain := []string{"apt-get update", "rm -rf /var/lib/apt/lists/*", "useradd ", "mkdir ", "chown ", "ln -s ", "python3 -m venv "}
	ours := 0
	for _, line := range regexp.MustCompile(`(?m)^RUN (.*)$`).FindAllStringSubmatch(strings.ReplaceAll(string(text), "\\\n", " "), -1) {
		for command := range strings.SplitSeq(line[1], "&&") {
			words := strings.Fields(strings.TrimPrefix(strings.TrimSpace(command), "FAST=1 "))
			command = strings.Join(words, " ")
			switch {
			case strings.HasPrefix(command, "go run ./kernel "):
				known(strings.Join(words[:4], " "))
				for _, word := range words[4:] {
					if strings.HasPrefix(word, "-") {
						known("`" + word + "`")
					} else if _, err := os.Stat(filepath.Join("..", word)); err != nil {
						t.Error(err)
					}
				}
				ours++
			case strings.HasPrefix(command, "apt-get install "):
				known("apt-get install")
				known(slices.DeleteFunc(words[2:], func(w string) bool { return strings.HasPrefix(w, "-") })...)
			case strings.HasPrefix(command, "pip install ") && strings.HasSuffix(command, " -r kernel/internal/python/requirements/lab.txt"):
				contains(t, command, "--require-hashes") // what lab itself installs
			case !slices.ContainsFunc(plain, func(p string) bool { return strings.HasPrefix(command, p) }):
				t.Errorf("the image runs %q, which README.md does not know", command)
			}
		}
	}
	if ours < 2 {
		t.Errorf("the image is made by %d commands of the kernel", ours)
	}
}
