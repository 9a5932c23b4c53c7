package program

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain makes the test binary the parent that dies, for TestParentDies.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "parent" {
		Run(context.Background(), Command{Argv: []string{"/bin/sh", "-c", "echo $$; exec sleep 60"}, Stdout: os.Stdout})
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func shell(script string) []string { return []string{"/bin/sh", "-c", script} }

func TestEndings(t *testing.T) {
	for name, tt := range map[string]struct {
		script string
		want   Ending
	}{
		"success":  {"echo hello", Ending{}},
		"status":   {"exit 3", Ending{Code: 3}},
		"signal":   {"kill -TERM $$", Ending{Code: -1, Signal: syscall.SIGTERM}},
		"too long": {"trap '' QUIT; exec sleep 60", Ending{Code: -1, Signal: syscall.SIGKILL, TimedOut: true}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			c := Command{Argv: shell(tt.script), Stdout: &out, Stderr: &out, Patience: 20 * time.Millisecond}
			if tt.want.TimedOut {
				c.Timeout = 50 * time.Millisecond
			}
			got, err := Run(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			got.Wall, got.CPU = 0, 0
			if got != tt.want {
				t.Errorf("got %+v, want %+v\n%s", got, tt.want, out.String())
			}
		})
	}
}

func TestMissingProgram(t *testing.T) {
	if _, err := Run(t.Context(), Command{Argv: []string{"/no/such/program"}}); err == nil {
		t.Error("no error")
	}
}

// firstLine cancels once the child has said something, and keeps it.
type firstLine struct {
	text   strings.Builder
	cancel func()
}

func (f *firstLine) Write(b []byte) (int, error) {
	f.text.Write(b)
	f.cancel()
	return len(b), nil
}

func TestStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out := &firstLine{cancel: cancel}
	got, err := Run(ctx, Command{Argv: shell("sleep 60 & echo $!; wait"), Stdout: out})
	if err != nil || !got.Stopped {
		t.Fatalf("%+v, %v", got, err)
	}
	gone(t, strings.TrimSpace(out.text.String()))
}

// TestLeftBehind starts a process that outlives its parent and holds the output open.
func TestLeftBehind(t *testing.T) {
	var out bytes.Buffer
	began := time.Now()
	got, err := Run(t.Context(), Command{Argv: shell("sleep 60 & echo $!"), Stdout: &out})
	if err != nil || got.Code != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	if d := time.Since(began); d > 10*time.Second {
		t.Errorf("took %v", d)
	}
	gone(t, strings.TrimSpace(out.String()))
}

func TestParentDies(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "parent")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid string
	fmt.Fscan(out, &pid)
	cmd.Process.Kill()
	cmd.Wait()
	gone(t, pid)
}

// gone fails if a process does not end soon.
func gone(t *testing.T, pid string) {
	t.Helper()
	n, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatalf("%q is no process", pid)
	}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", n))
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
	}
	t.Errorf("process %d is still there", n)
}
