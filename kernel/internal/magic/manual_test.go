package magic

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/template"

	"interleave/kernel/internal/kerneltest"
)

// manualEntry is one command as readme.md.tmpl takes it.
type manualEntry struct {
	Name, Args, Help, About, Example string
	Image                            *manualImage
}

type manualImage struct{ Title, File string }

var manualImages = map[string]*manualImage{
	"%%race":  {"The card of a race: both accesses side by side", "race.png"},
	"%%trace": {"A timeline of goroutines and processors", "trace.png"},
	"%%prof":  {"A flame graph and the lines below it", "prof.png"},
}

// TestManual holds kernel/README.md to the tables of commands.
func TestManual(t *testing.T) {
	var data struct {
		Modes, Commands []manualEntry
		CommandLine     string // is the business of TestCommandLineManual
	}
	for _, c := range Commands() {
		if c.Help == "" || c.About == "" || c.Example == "" {
			t.Fatalf("manual.md has no text for %s, or not all of it", c.Name)
		}
		m := manualEntry{c.Name, c.Args, strings.ToUpper(c.Help[:1]) + c.Help[1:] + ".", c.About,
			"    " + strings.ReplaceAll(c.Example, "\n", "\n    "), manualImages[c.Name]}
		if strings.HasPrefix(c.Name, "%%") {
			data.Modes = append(data.Modes, m)
		} else {
			data.Commands = append(data.Commands, m)
		}
	}
	name := filepath.Join("..", "..", "README.md")
	old, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(old), "<!-- command line -->\n")
	data.CommandLine, _, _ = strings.Cut(after, "<!-- end of the command line -->\n")
	tmpl, err := template.ParseFiles("testdata/readme.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := tmpl.Execute(&want, data); err != nil {
		t.Fatal(err)
	}
	if kerneltest.Update() {
		if err := os.WriteFile(name, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Error("kernel/README.md is not what magic/manual.md says: go test ./kernel/internal/magic -run Manual -update")
	}
	for _, im := range append([]*manualImage{{"", "watchdog.png"}}, manualImages["%%race"], manualImages["%%trace"], manualImages["%%prof"]) {
		if _, err := os.Stat(filepath.Join("..", "..", "images", im.File)); err != nil {
			t.Error(err)
		}
	}
}

// TestManualIsInOrder holds manual.md to the table of commands: the same names in the same order.
func TestManualIsInOrder(t *testing.T) {
	var want, got []string
	for _, c := range Commands() {
		want = append(want, c.Name)
	}
	for line := range strings.Lines(manual) {
		if heading, ok := strings.CutPrefix(line, "# "); ok {
			name, _, _ := strings.Cut(strings.TrimSpace(heading), " ")
			got = append(got, name)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("manual.md has %q, the table has %q", got, want)
	}
}
