package engine_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/kerneltest"
	"interleave/kernel/internal/link"
)

// TestVersionSaysWhy: %version names the Go that compiles cells and why it is that one, and all go commands of the kernel are that one,
// while shell commands keep the user's PATH.
func TestVersionSaysWhy(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	old := t.TempDir() // comes first, and is too old
	if err := os.WriteFile(filepath.Join(old, "go"), []byte("#!/bin/sh\necho '{\"GOVERSION\": \"go1.19.8\"}'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	k := kerneltest.StartT(t, kerneltest.Spec{Argv: []string{self, "serve", "{connection_file}"}, Env: []string{"PATH=" + old + ":" + os.Getenv("PATH"), "INTERLEAVE_LINK=thin"}})
	said := func(code string) string {
		t.Helper()
		r, err := k.Execute(within(t, 5*time.Minute), code, kerneltest.ExecuteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return kerneltest.Text(r, kerneltest.TextOptions{})
	}
	tool, err := link.FindToolchain(t.Context(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	about := said("%version")
	for _, want := range []string{"built with " + runtime.Version(), tool.Version + " " + tool.Root + ": " + old + "/go is go1.19.8, older than " + link.Oldest, "linking: thin", "they run " + old + "/go"} {
		if !strings.Contains(about, want) {
			t.Errorf("%%version says %q, without %q", about, want)
		}
	}
	for code, want := range map[string]string{
		"!go env -json":                         "go1.19.8",
		"import \"runtime\"\nruntime.Version()": tool.Version,
		"%%program\npackage main\n\nimport \"runtime\"\n\nfunc main() { println(runtime.Version()) }":                                                                                   tool.Version,
		"%%test\nimport (\n\t\"runtime\"\n\t\"testing\"\n)\n\nfunc TestV(t *testing.T) {\n\tif runtime.Version() != \"" + tool.Version + "\" {\n\t\tt.Error(runtime.Version())\n\t}\n}": "1 passed",
	} {
		if got := said(code); !strings.Contains(got, want) {
			t.Errorf("%s\ngives %s, want %s", code, got, want)
		}
	}
}
