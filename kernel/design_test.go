package main

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// testFolders are the packages that DESIGN.md names tests of.
var testFolders = map[string]string{
	"kernel": ".", "catalog": "internal/catalog", "cell": "internal/cell", "compile": "internal/compile", "display": "display", "engine": "internal/engine", "export": "internal/export", "faults": "internal/faults", "installation": "internal/installation", "kernelspec": "internal/kernelspec", "link": "internal/link",
	"serve": "internal/serve", "session": "internal/session", "whole": "internal/whole", "wire": "internal/wire", "worker": "internal/worker",
}

var (
	namedTest   = regexp.MustCompile(`\b([a-z]+)\.((?:Test|Fuzz)\w+)`)
	testHeading = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	served      = regexp.MustCompile(`(?m)^\t\t"(\w+)": +\{(?:free|cell|talk|now)Lane`)
	published   = regexp.MustCompile(`\b(?:publish|show|send|message)\((?:[\w.]+, )?"([a-z_]+)"|Type: "(\w+)"`)
)

// TestDesign holds the table in DESIGN.md to the tests: each row names some, all of them exist, and every type of message
// that the kernel serves or sends is in a row.
func TestDesign(t *testing.T) {
	text := contents(t, "DESIGN.md")
	_, section, ok := strings.Cut(text, "## What is supported")
	if !ok {
		t.Fatal("DESIGN.md has no section on what is supported")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	rows := 0
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| what |") {
			continue
		}
		rows++
		named := namedTest.FindAllStringSubmatch(line, -1)
		if len(named) == 0 {
			t.Errorf("no test is named in %s", line)
		}
		for _, m := range named {
			if !slices.Contains(testsIn(t, m[1]), m[2]) {
				t.Errorf("there is no test %s", m[0])
			}
		}
	}
	if rows < 30 {
		t.Errorf("the table has %d rows", rows)
	}
	if n := strings.Count(text, "\n") - rows; n > 220 {
		t.Errorf("DESIGN.md has %d lines beside the table; 220 is what somebody reads", n)
	}
	types := served.FindAllStringSubmatch(contents(t, "internal/session/dispatch.go"), -1)
	if len(types) < 13 {
		t.Errorf("only %d message types were found", len(types))
	}
	for _, folder := range []string{"internal/session", "internal/wire"} {
		for _, file := range sources(t, folder) {
			types = append(types, published.FindAllStringSubmatch(contents(t, file), -1)...)
		}
	}
	seen := map[string]bool{}
	for _, m := range types {
		name := cmp.Or(m[1:]...)
		if seen[name] = true; !strings.Contains(section, name) {
			t.Errorf("%s is in no row", name)
		}
	}
	for _, name := range []string{"status", "stream", "error", "display_data", "execute_result", "iopub_welcome", "input_request"} {
		if !seen[name] {
			t.Errorf("the sources no longer show where %s is sent", name)
		}
	}
}

// sources are the Go files of a folder that are no tests.
func sources(t *testing.T, folder string) (files []string) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range all {
		if !strings.HasSuffix(file, "_test.go") {
			files = append(files, file)
		}
	}
	return files
}

// testsIn returns the names of the tests of a package.
func testsIn(t *testing.T, pkg string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(testFolders[pkg], "*_test.go"))
	if err != nil || testFolders[pkg] == "" {
		t.Fatalf("tests of %s: %v", pkg, err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range testHeading.FindAllStringSubmatch(string(b), -1) {
			names = append(names, m[1])
		}
	}
	return names
}
