package engine_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/kerneltest"
)

// Nothing that a command has started outlives a kernel that is killed, not even what left its session.
func TestCommandsEndWithTheKernel(t *testing.T) {
	onBothWays(t, func(t *testing.T, mode string) {
		k := start(mode)(t)
		seconds := fmt.Sprint(1_000_000 + os.Getpid()) // to know our own sleeps
		alive := func() int {
			out, _ := exec.Command("pgrep", "-cfx", "sleep "+seconds).Output()
			n := 0
			fmt.Sscan(strings.TrimSpace(string(out)), &n)
			return n
		}
		_, err := k.StartExecute("!setsid sleep "+seconds+" & nohup sleep "+seconds+" & sleep "+seconds+"; true", kerneltest.ExecuteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		await(t, "three sleeps to start", func() bool { return alive() == 3 })
		k.Kill()
		await(t, "no sleep to be left", func() bool { return alive() == 0 })
	})
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited too long for %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// A script with the line ends of Windows runs as one without.
func TestScriptWithWindowsLineEnds(t *testing.T) {
	k := start("thin")(t)
	r, err := k.Execute(t.Context(), "%%bash\r\ncd /tmp\r\npwd\r\nif true; then\r\n\techo yes\r\nfi\r\n", kerneltest.ExecuteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := kerneltest.Text(r, kerneltest.TextOptions{}); !strings.Contains(got, "stdout: /tmp\nstdout: yes") {
		t.Errorf("got %s", got)
	}
}
