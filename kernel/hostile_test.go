package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/kerneltest"
)

// small runs a command where a folder is a file system of a few kilobytes, which needs no privilege in a user namespace of its own.
func small(size, dir string, argv ...string) []string {
	return append([]string{"unshare", "-rm", "sh", "-c", `mount -t tmpfs -o size=` + size + ` tmpfs "$0" && exec "$@"`, dir}, argv...)
}

// TestHistoryOnAFullDisk fills the disk that the history lies on: cells run, and what could not be written is, once there is room.
func TestHistoryOnAFullDisk(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	k := kerneltest.StartT(t, kerneltest.Spec{Argv: small("64k", dir, self, "serve", "{connection_file}"), Env: []string{"XDG_DATA_HOME=" + dir}})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	run := func(code string) string {
		t.Helper()
		r, err := k.Execute(ctx, code, kerneltest.ExecuteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return kerneltest.Text(r, kerneltest.TextOptions{})
	}
	contains(t, run("first := 1\nfirst"), "result: 1")
	filler := filepath.Join(dir, "filler")
	contains(t, run("!cat /dev/zero > "+filler), "No space left")
	for range 3 {
		contains(t, run("second := 2 // "+strings.Repeat("x", 3000)+"\nsecond"), "result: 2")
	}
	run("!rm " + filler)
	contains(t, run("third := 3\nthird"), "result: 3")
	said := run("!cat $(find " + dir + " -name history)")
	contains(t, said, `"in":"first := 1\nfirst"`, `"in":"second := 2 // xxx`, `"in":"third := 3\nthird"`)
	if n := strings.Count(said, `"in":"second`); n != 3 {
		t.Errorf("of 3 cells %d are in the history", n)
	}
}

// TestRunOnAFullDisk runs a notebook in place where it cannot be saved: the old one stays as it is, nothing lies beside it, and
// the error says what to do.
func TestRunOnAFullDisk(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, original := t.TempDir(), filepath.Join(t.TempDir(), "n.ipynb")
	writeNotebook(t, original, "6 * 7")
	script := `cp "$2" "$1/n.ipynb"; cat /dev/zero > "$1/filler" 2>/dev/null
"$0" run --inplace "$1/n.ipynb"; echo "status $?"; cmp "$2" "$1/n.ipynb" && echo the same; ls -A "$1"`
	argv := small("64k", dir, "sh", "-c", script, self, dir, original)
	out, err := exec.CommandContext(t.Context(), argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
	contains(t, string(out), "no space left on device", "Make room", "status 1", "the same\nfiller\nn.ipynb\n")
}
