package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/kerneltest"
	"interleave/kernel/internal/wire"
)

// small runs a command where a folder is a file system of a few kilobytes, which needs no privilege in a user namespace of its own.
func small(size, dir string, argv ...string) []string {
	return append([]string{"unshare", "-rm", "sh", "-c", `mount -t tmpfs -o size=` + size + ` tmpfs "$0" && exec "$@"`, dir}, argv...)
}

// runner runs cells, which must be answered before ctx ends, and returns what they show.
func runner(ctx context.Context, t *testing.T, k *kerneltest.Kernel) func(code string) string {
	return func(code string) string {
		t.Helper()
		r, err := k.Execute(ctx, code, kerneltest.ExecuteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return kerneltest.Text(r, kerneltest.TextOptions{})
	}
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
	run := runner(ctx, t, k)
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

// TestHistoryCannotBeWritten starts kernels where the history of earlier sessions cannot be added to. They show it with what is run now,
// and write when they can. A file that has become too large is halved even where there is no room to write it anew.
func TestHistoryCannotBeWritten(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	const large = 4<<20 + 100_000
	for _, c := range []struct {
		name, prepare, free string
		size                int
	}{
		{"full", `cat /dev/zero > "$dir/filler" 2>/dev/null || true`, "rm $dir/filler", 3000},
		{"full and too large", `cat /dev/zero > "$dir/filler" 2>/dev/null || true`, "rm $dir/filler", large},
		{"read-only", `mount -o remount,ro "$dir"`, "mount -o remount,rw $dir", 3000},
		{"read-only and too large", `mount -o remount,ro "$dir"`, "mount -o remount,rw $dir", large},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, earlier := t.TempDir(), filepath.Join(t.TempDir(), "history")
			var lines strings.Builder
			for n := 1; lines.Len() < c.size; n++ {
				fmt.Fprintf(&lines, `{"session":7,"line":%d,"in":"old %d %s"}`+"\n", n, n, strings.Repeat("x", 900))
			}
			if err := os.WriteFile(earlier, []byte(lines.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			script := `set -e; dir=$1; mkdir "$dir/interleave"; cp "$2" "$dir/interleave/history"; ` + c.prepare + `; exec "$0" serve "$3"`
			k := kerneltest.StartT(t, kerneltest.Spec{
				Argv: small("6m", dir, "sh", "-c", script, self, dir, earlier, "{connection_file}"), Env: []string{"XDG_DATA_HOME=" + dir},
			})
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			run := runner(ctx, t, k)
			contains(t, run("now := 1 + 1\nnow"), "result: 2")
			r, err := k.Request(ctx, wire.Shell, "history_request", map[string]any{"hist_access_type": "tail", "n": 100_000})
			if err != nil {
				t.Fatal(err)
			}
			last := strings.Count(lines.String(), "\n")
			contains(t, string(r.Reply.Content), fmt.Sprintf("old %d xxx", last), "now := 1 + 1")

			file := filepath.Join(dir, "interleave", "history")
			if c.name == "full and too large" {
				contains(t, run("![ $(wc -c < "+file+") -lt 3000000 ] && echo halved"), "stdout: halved")
			}
			run("!" + strings.ReplaceAll(c.free, "$dir", dir))
			run("later := 3")
			contains(t, run("!tail -n 4 "+file), `"in":"now := 1 + 1\nnow","out":"2"`, `"in":"later := 3"`)
			var entries, bytes int
			said := run("!echo $(grep -c old " + file + ") $(wc -c < " + file + ")")
			if _, err := fmt.Sscanf(said, "stdout: %d %d", &entries, &bytes); err != nil {
				t.Fatalf("%v: %q", err, said)
			}
			if halved := c.size > 4<<20; halved && (entries > last*2/3 || bytes > 3<<20) || entries < last/3 || !halved && entries != last {
				t.Errorf("of %d entries the file has %d, in %d bytes", last, entries, bytes)
			}
		})
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
