package engine

import (
	"bytes"
	"os"
	"path/filepath"
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
	for _, h := range helpRows() {
		if h.about == "" || h.example == "" {
			t.Errorf("%s has no paragraph or no example", h.name)
		}
		m := manualEntry{h.name, h.args, strings.ToUpper(h.help[:1]) + h.help[1:] + ".", h.about, "    " + strings.ReplaceAll(h.example, "\n", "\n    "), manualImages[h.name]}
		if strings.HasPrefix(h.name, "%%") {
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
		t.Error("kernel/README.md is not what the tables of commands say: go test ./kernel/internal/engine -run Manual -update")
	}
	for _, im := range append([]*manualImage{{"", "watchdog.png"}}, manualImages["%%race"], manualImages["%%trace"], manualImages["%%prof"]) {
		if _, err := os.Stat(filepath.Join("..", "..", "images", im.File)); err != nil {
			t.Error(err)
		}
	}
}
