package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestWarmStart: what lab --prepare has made is all that a later start needs. That one asks no network and compiles nothing.
func TestWarmStart(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	gocommand, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	scratch := t.TempDir()
	log := filepath.Join(scratch, "log")
	script := "#!/bin/sh\necho \"$@\" >>" + log + "\nexec " + gocommand + " \"$@\"\n"
	if err := os.WriteFile(filepath.Join(scratch, "go"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	prepare := func(env ...string) (text, commands string) {
		t.Helper()
		os.Remove(log)
		cmd := exec.CommandContext(ctx, self, "lab", "--prepare", "../notebooks")
		cmd.Env = append(append(os.Environ(), "XDG_DATA_HOME="+filepath.Join(scratch, "data"), "PATH="+scratch+":"+os.Getenv("PATH")), env...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("lab --prepare: %v\n%s", err, out)
		}
		said, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		return string(out), string(said)
	}
	if text, _ := prepare(); !strings.Contains(text, "build the kernel: done") {
		t.Errorf("the first start says\n%s", text)
	}
	const nowhere = "http://127.0.0.1:1"
	text, commands := prepare("GOPROXY=off", "PIP_INDEX_URL="+nowhere, "PIP_RETRIES=0", "HTTP_PROXY="+nowhere, "HTTPS_PROXY="+nowhere)
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "go1.") && !strings.HasPrefix(line, "linking: ") {
			t.Errorf("the second start says %s", line)
		}
	}
	for line := range strings.Lines(commands) {
		verb, args, _ := strings.Cut(strings.TrimSpace(line), " ")
		if verb == "build" || verb == "get" || verb == "install" || verb == "run" || strings.HasPrefix(args, "download") || strings.Contains(args, "-export ") {
			t.Errorf("the second start runs go %s", line)
		}
	}
}
