package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"interleave/kernel/internal/kerneltest"
)

// Between these lines of README.md is the reference of the command line; the rest is the engine's TestManual's.
const (
	referenceStart = "<!-- command line -->\n"
	referenceEnd   = "<!-- end of the command line -->\n"
)

// TestCommandLineManual holds README.md to what --help says.
func TestCommandLineManual(t *testing.T) {
	parser, err := newParser(streams{}, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	want.WriteString("In a copy of the sources, type `go run ./kernel` where `interleave` stands here.\n")
	for _, command := range parser.Model.Leaves(true) {
		reference(t, &want, command)
	}
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(text), referenceStart)
	got, tail, ok2 := strings.Cut(rest, referenceEnd)
	if !ok || !ok2 {
		t.Fatal("README.md has no place for the command line")
	}
	if kerneltest.Update() {
		if err := os.WriteFile("README.md", []byte(head+referenceStart+want.String()+referenceEnd+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != want.String() {
		t.Error("kernel/README.md is not what --help says: go test ./kernel -run Manual -update")
	}
}

// reference writes a command's help as Markdown. No line begins with four blanks: those are cells, which another test runs.
func reference(t *testing.T, w *strings.Builder, command *kong.Node) {
	t.Helper()
	about, examples, ok := strings.Cut(command.Detail, "Examples:\n")
	if !ok || command.Help == "" {
		t.Errorf("%s has no example or no sentence", command.Path())
	}
	summary := strings.TrimSuffix(command.Summary(), " [flags]")
	fmt.Fprintf(w, "\n### `interleave %s`\n\n%s\n\n", strings.TrimSpace(summary), strings.TrimSpace(command.Help+" "+strings.TrimSpace(about)))
	var rows []string
	for _, p := range command.Positional {
		rows = append(rows, fmt.Sprintf("| `%s` | %s |\n", p.Summary(), p.Help))
	}
	for _, group := range command.AllFlags(true) {
		for _, f := range group {
			if f.Name == "help" {
				continue
			}
			rows = append(rows, fmt.Sprintf("| `%s` | %s |\n", f.String(), f.Help))
		}
	}
	if len(rows) > 0 {
		fmt.Fprintf(w, "| | |\n|---|---|\n%s\n", strings.Join(rows, ""))
	}
	w.WriteString("```sh\n")
	for line := range strings.Lines(strings.Trim(examples, "\n")) {
		w.WriteString(strings.TrimPrefix(line, "    "))
	}
	w.WriteString("\n```\n")
}
