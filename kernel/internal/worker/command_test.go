package worker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func shell(script string) []string { return []string{"/bin/sh", "-c", script} }

func command(h Handler, argv ...string) Command {
	return Command{Argv: argv, Env: os.Environ(), Guard: []string{os.Args[0], "guard"}, Handler: h}
}

func TestCommandEndings(t *testing.T) {
	for name, tt := range map[string]struct {
		script string
		ask    syscall.Signal
		want   Ending
	}{
		"success":             {"echo hello", 0, Ending{}},
		"status":              {"exit 3", 0, Ending{Code: 3}},
		"signal":              {"kill -TERM $$", 0, Ending{Code: -1, Signal: syscall.SIGTERM}},
		"too long":            {"exec sleep 60", syscall.SIGINT, Ending{Code: -1, Signal: syscall.SIGINT, TimedOut: true}},
		"too long, deaf":      {"trap '' INT QUIT; echo deaf; exec sleep 60", syscall.SIGINT, Ending{Code: -1, Signal: syscall.SIGKILL, TimedOut: true}},
		"too long, not asked": {"trap 'exit 3' INT; exec sleep 60", 0, Ending{Code: -1, Signal: syscall.SIGKILL, TimedOut: true}},
		"asked for stacks":    {"exec sleep 60", syscall.SIGQUIT, Ending{Code: -1, Signal: syscall.SIGQUIT, TimedOut: true}},
	} {
		t.Run(name, func(t *testing.T) {
			rec := newRecorder()
			c := command(rec, shell(tt.script)...)
			c.Ask = tt.ask
			if tt.want.TimedOut {
				c.Timeout = 50 * time.Millisecond
			}
			got, err := c.Run(t.Context())
			for strings.Contains(tt.script, "echo deaf") && err == nil && rec.stream("stdout") == "" && c.Timeout < time.Minute {
				c.Timeout *= 2 // the shell had not come so far
				got, err = c.Run(t.Context())
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.Wall <= 0 {
				t.Errorf("took %v", got.Wall)
			}
			got.Wall = 0
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
	if _, err := command(newRecorder(), "/no/such/program").Run(t.Context()); err == nil {
		t.Error("no error for a program that is not there")
	}
}

func TestCommandStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	rec := newRecorder()
	ended := make(chan Ending, 1)
	go func() {
		e, err := command(rec, shell("setsid sleep 60 & echo $!; wait")...).Run(ctx)
		if err != nil {
			t.Error(err)
		}
		ended <- e
	}()
	rec.await(t, func() bool { return rec.stream("stdout") != "" })
	cancel()
	if e := <-ended; !e.Stopped {
		t.Errorf("%+v", e)
	}
	gone(t, rec.stream("stdout"))
}

// TestCommandLeavesNothing starts processes that outlive their parent and hold its output open.
func TestCommandLeavesNothing(t *testing.T) {
	rec := newRecorder()
	e, err := command(rec, shell("sleep 60 & echo $!; (setsid sleep 60 & echo $!)")...).Run(t.Context())
	if err != nil || e.Code != 0 {
		t.Fatalf("%+v, %v", e, err)
	}
	pids := strings.Fields(rec.stream("stdout"))
	if len(pids) != 2 {
		t.Fatalf("processes %q", pids)
	}
	for _, pid := range pids {
		gone(t, pid)
	}
}

// commandMain is a kernel that runs a command and is killed meanwhile.
func commandMain() int {
	c := command(printer{}, shell("setsid sleep 60 & echo $!; echo $$; wait")...)
	c.Run(context.Background())
	return 0
}

type printer struct{ Handler }

func (printer) Text(_ string, b []byte) { os.Stdout.Write(b) }

func TestCommandEndsWithTheKernel(t *testing.T) {
	cmd := exec.Command(os.Args[0], "command")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pids [2]string
	if _, err := fmt.Fscan(out, &pids[0], &pids[1]); err != nil {
		t.Fatal(err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	gone(t, pids[0])
	gone(t, pids[1])
}

// gone fails if a process does not end soon.
func gone(t *testing.T, pid string) {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(pid))
	if err != nil {
		t.Fatalf("%q is no process", pid)
	}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if s, err := readStat(n); errors.Is(err, os.ErrNotExist) || err == nil && s.state == 'Z' {
			return
		}
	}
	t.Errorf("process %d is still there", n)
}

func TestCommandShows(t *testing.T) {
	for what, want := range map[string]string{
		"input":   "Ada <nil>",
		"parent":  "cannot display: connection with Jupyter not available <nil> read 0",
		"garbage": "true",
	} {
		rec := newRecorder()
		rec.answer(func(_ context.Context, prompt string, password bool) (string, error) {
			if prompt != "name? " || password {
				t.Errorf("asked %q, %v", prompt, password)
			}
			return "Ada", nil
		})
		e, err := command(rec, built.shows, what).Run(t.Context())
		if got := rec.stream("stdout"); err != nil || e.Code != 0 || strings.ReplaceAll(got, "Ada<nil>", "Ada <nil>") != want {
			t.Errorf("%s: %+v, %v, stdout %q, want %q; stderr %q", what, e, err, got, want, rec.stream("stderr"))
		}
	}
}

// TestCommandShowsInOrder is about text before and after what is shown.
func TestCommandShowsInOrder(t *testing.T) {
	rec := newRecorder()
	if e, err := command(rec, built.shows, "order").Run(t.Context()); err != nil || e.Code != 0 {
		t.Fatalf("%+v, %v, %q", e, err, rec.lines())
	}
	lines := rec.lines()
	if len(lines) != 600 {
		t.Fatalf("%d pieces, want 600", len(lines))
	}
	for i := range 200 {
		three := slices.Clone(lines[3*i : 3*i+2])
		slices.Sort(three) // two pipes have no order
		three = append(three, lines[3*i+2])
		if want := []string{fmt.Sprintf("stderr e%d ", i), fmt.Sprintf("stdout a%d ", i), fmt.Sprintf(`display "%d"`, i)}; !slices.Equal(three, want) {
			t.Fatalf("got %q, want %q", three, want)
		}
	}
}

// TestCommandSeesDeadlock has the runtime find a deadlock in a program that has displayed.
func TestCommandSeesDeadlock(t *testing.T) {
	rec := newRecorder()
	c := command(rec, built.shows, "deadlock")
	c.Timeout = 20 * time.Second
	e, err := c.Run(t.Context())
	if err != nil || e.Code != 2 || !strings.Contains(rec.stream("stderr"), "all goroutines are asleep") {
		t.Errorf("%+v, %v, %q", e, err, rec.lines())
	}
}

// TestCommandDescriptors is about what a command has open: the standard three, and two for display.
func TestCommandDescriptors(t *testing.T) {
	rec := newRecorder()
	if _, err := command(rec, "/bin/ls", "/proc/self/fd").Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := slices.DeleteFunc(strings.Fields(rec.stream("stdout")), func(fd string) bool { return len(fd) > 1 }) // what this process was given
	if !slices.Equal(got, []string{"0", "1", "2", "3", "4", "5"}) {                                             // 5 is ls's own
		t.Errorf("descriptors %q", got)
	}
}
