package worker

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// markName is a variable in the environment of a guard and so of everything below it. Its value is no other guard's.
// When a guard is killed, what had got away from the worker belongs to nobody, and only the mark tells whose it was.
const markName = "INTERLEAVE_GUARD"

// mark returns env with a new mark, and the mark.
func mark(env []string) ([]string, string) {
	if env == nil {
		env = os.Environ()
	}
	m := markName + "=" + rand.Text()
	return append(append([]string{}, env...), m), m
}

// sweep kills the processes with a mark, whose guard has ended without a word. It returns how many it had to leave.
func sweep(mark string) int {
	for deadline := time.Now().Add(2500 * time.Millisecond); ; {
		found := withMark(mark)
		if len(found) == 0 {
			return 0
		}
		for _, pid := range found { // all are stopped before one is killed, so that none can fork behind our back
			unix.Kill(pid, unix.SIGSTOP)
		}
		for _, pid := range withMark(mark) {
			unix.Kill(pid, unix.SIGKILL)
		}
		if time.Now().After(deadline) {
			return len(withMark(mark))
		}
		time.Sleep(time.Millisecond) // killed processes take a moment to be gone
	}
}

// withMark lists the processes that have the mark and may be signalled. One that has ended has no environment any more.
func withMark(mark string) (pids []int) {
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, f := range files {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(f)))
		if err != nil || pid == os.Getpid() {
			continue
		}
		env, err := os.ReadFile(f)
		if err == nil && bytes.Contains(append([]byte{0}, env...), []byte("\x00"+mark+"\x00")) && unix.Kill(pid, 0) == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}
