package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"interleave/kernel/internal/installation"
)

// fakeProgram is an installation whose program is a shell script.
func fakeProgram(t *testing.T, script string) *installation.Installation {
	t.Helper()
	path := filepath.Join(t.TempDir(), "interleave")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return &installation.Installation{Program: path}
}

// TestWarmPart: the steps of the program that prepares are shown as this program's, and its error is its own.
func TestWarmPart(t *testing.T) {
	inst := fakeProgram(t, `echo '{"Step":"compile packages","Done":1,"Total":9}'
echo '{"Note":"cells are linked thin"}'
case "$*" in *completion*) echo "interleave: no network: connect it" >&2; exit 1;; esac
`)
	var text bytes.Buffer
	w := newPreparation(t.Context(), newProgress(&text))
	if err := w.wait(w.start(warmPart(&inst, "cells", "/a folder", false))); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"compile packages ...\n", "cells are linked thin\n", "compile packages: done in"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
	if err := w.wait(w.start(warmPart(&inst, "completion", "/a folder", true))); err == nil || err.Error() != "no network: connect it" {
		t.Errorf("a part that fails: %v", err)
	}
	w.stop()
}

// TestWarmPartInterrupted: an interrupt ends the program and what it has started, though both sit in another process group.
func TestWarmPartInterrupted(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pids")
	// sh ignores the signal for what runs in the background, so the compiler's stand-in is another shell's.
	inst := fakeProgram(t, `sh -c 'echo $PPID $$ >'`+pids+`'; echo "{\"Step\":\"compile packages\"}"; exec sleep 600'
`)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	w := newPreparation(ctx, newProgress(&bytes.Buffer{}))
	j := w.start(warmPart(&inst, "cells", ".", true))
	var both []string
	for len(both) != 2 {
		time.Sleep(10 * time.Millisecond)
		text, _ := os.ReadFile(pids) // not there at first
		both = strings.Fields(string(text))
	}
	interrupt()
	if err := w.wait(j); !errors.Is(err, context.Canceled) {
		t.Errorf("wait = %v", err)
	}
	for _, s := range both {
		pid, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(time.Minute); syscall.Kill(pid, 0) == nil && !zombie(pid); {
			if time.Now().After(deadline) {
				t.Fatalf("process %d goes on", pid)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// zombie tells a process that has ended and that nobody has asked about yet.
func zombie(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return true
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(rest, "Z")
}
