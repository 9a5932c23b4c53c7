package worker

import (
	"bytes"
	"fmt"
	"strings"
	"syscall"
)

// Death says how a worker ended. It is the error of every call that was under way and of all later ones.
type Death struct {
	Signal   syscall.Signal // 0 when it exited by itself
	ExitCode int            // -1 after a signal
	Reason   string         // plain English, one line
	Crash    []byte         // the runtime's words and stacks, uncut; empty when it had none
	Stderr   []byte         // the last of what it wrote to stderr before it was ready; empty afterwards

	Excess *Excess // why it was ended for its memory, else nil
	OOM    bool    // the system ran out of memory and chose it
	Closed bool    // by Close or Kill
}

func (d *Death) Error() string { return "worker died: " + d.Reason }

// Is lets errors.Is find ErrClosed in the death of a worker that Close or Kill has ended.
func (d *Death) Is(target error) bool { return target == ErrClosed && d.Closed }

// faults are the beginnings of lines in a crash text, the telling ones first.
var faults = []struct{ line, reason string }{
	{"fatal error: stack overflow", "stack overflow: a goroutine called itself too deep"},
	{"fatal error: all goroutines are asleep - deadlock!", "all goroutines are asleep: deadlock"},
	{"fatal error: runtime: out of memory", "out of memory: the system gave the runtime no more"},
	{"fatal error: out of memory", "out of memory: the system gave the runtime no more"},
	{"runtime: failed to create new OS thread", noThreads},
	{"fatal error: newosproc", noThreads},
	{"runtime: out of memory", "out of memory: the system gave the runtime no more"},
	{"SIG", ""},
	{"fatal error: ", ""},
	{"panic: ", ""},
}

const noThreads = "the system allows no more threads: end some processes, or raise the limit (ulimit -u, or that of the container)"

// explain finds the one-line reason in the runtime's own words, else in the status the process left.
func explain(crash []byte, status syscall.WaitStatus) string {
	for _, f := range faults {
		line, ok := lineWith(crash, f.line)
		switch {
		case !ok:
		case f.reason != "":
			return f.reason
		case f.line == "panic: ":
			return "panic in a goroutine: " + strings.TrimPrefix(line, f.line)
		default:
			return line
		}
	}
	switch {
	case status.Signaled() && status.Signal() == syscall.SIGKILL:
		return "it was killed from outside (signal 9, SIGKILL)"
	case status.Signaled():
		return fmt.Sprintf("it ended by signal %d (%v)", int(status.Signal()), status.Signal())
	case status.ExitStatus() == 0:
		return "the program called os.Exit(0)"
	default:
		return fmt.Sprintf("the program called os.Exit(%d), or log.Fatal did", status.ExitStatus())
	}
}

func lineWith(text []byte, prefix string) (string, bool) {
	for line := range bytes.Lines(text) {
		if bytes.HasPrefix(line, []byte(prefix)) {
			return strings.TrimSpace(string(line)), true
		}
	}
	return "", false
}
