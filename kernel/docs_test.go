package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
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
