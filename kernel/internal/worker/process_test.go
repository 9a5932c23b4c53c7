package worker

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// testMark is a variable in the environment of a session's processes by which a test finds them, whoever their
// parent is by now.
const testMark = "INTERLEAVE_TEST_MARK"

func marked(value string) []int {
	var pids []int
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err == nil && bytes.Contains(b, []byte(testMark+"="+value)) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(f)))
			pids = append(pids, pid)
		}
	}
	return pids
}

// awaitSome waits until n processes run: a shell in the background takes its time.
func awaitSome(t *testing.T, value string, n int) {
	t.Helper()
	for began := time.Now(); len(marked(value)) < n; time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > 30*time.Second {
			t.Errorf("only %d processes run", len(marked(value)))
			return
		}
	}
}

func awaitNone(t *testing.T, value string) {
	t.Helper()
	began := time.Now()
	for time.Since(began) < 30*time.Second {
		if len(marked(value)) == 0 {
			t.Logf("none left after %v", time.Since(began))
			return
		}
		time.Sleep(5 * time.Millisecond) // processes of others: there is nothing to wait on
	}
	for _, pid := range marked(value) {
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		t.Errorf("left after 30 s: %d %q", pid, line)
		syscall.Kill(pid, syscall.SIGKILL)
	}
}

func TestNothingIsLeftAfterTheWorker(t *testing.T) {
	value := fmt.Sprint("worker-", os.Getpid())
	w, rec := start(t, func(c *Config) { c.Env = append(os.Environ(), testMark+"="+value) })
	do(t, w, "Grandchildren")
	if got := rec.stream("stdout"); got != "started" {
		t.Fatalf("got %q", got)
	}
	awaitSome(t, value, 7)
	syscall.Kill(w.PID(), syscall.SIGKILL)
	<-w.Done()
	if got := w.Death().Reason; got != "it was killed from outside (signal 9, SIGKILL)" {
		t.Errorf("reason is %q", got)
	}
	awaitNone(t, value)
}

// kernelMain is a kernel in a process of its own: it starts a worker with grandchildren, says so, and waits
// to be killed. With how "parent" it ends when its parent does.
func kernelMain(host, cells string) int {
	rec := newRecorder()
	c := testConfig(rec)
	c.Path = host
	w, err := Start(context.Background(), c)
	if err == nil {
		_, err = w.Run(context.Background(), Call{ID: 1, Plugin: cells, Symbol: "Grandchildren"})
	}
	fmt.Println(os.Getpid(), err, strings.Join(rec.lines(), ""))
	gone := make(chan bool)
	go WatchParent(context.Background(), os.Getppid(), func() { close(gone) })
	<-gone
	w.Close()
	return 0
}

// parentMain is a Jupyter: it starts the command it is given and waits to be killed.
func parentMain() int {
	cmd := exec.Command(os.Args[2], os.Args[3:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Run()
	return 0
}

func TestNothingIsLeftAfterTheKernel(t *testing.T) {
	for _, c := range []struct{ killed string }{{"kernel"}, {"jupyter"}} {
		t.Run(c.killed, func(t *testing.T) {
			value := fmt.Sprint(c.killed, "-", os.Getpid())
			args := []string{"kernel", built.host, built.cells}
			if c.killed == "jupyter" {
				args = append([]string{"parent", os.Args[0]}, args...)
			}
			cmd := exec.Command(os.Args[0], args...)
			cmd.Env = append(os.Environ(), testMark+"="+value)
			cmd.Stderr = os.Stderr
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(out).ReadString('\n')
			if err != nil || !strings.HasSuffix(line, "<nil> stdout started\n") {
				t.Errorf("the kernel said %q, %v", line, err)
			}
			awaitSome(t, value, 8)
			cmd.Process.Kill()
			out.Close()
			cmd.Wait()
			awaitNone(t, value)
		})
	}
}

func TestWatchParentNamedByJupyter(t *testing.T) {
	jupyter := exec.Command("sleep", "1000")
	if err := jupyter.Start(); err != nil {
		t.Fatal(err)
	}
	t.Setenv("JPY_PARENT_PID", strconv.Itoa(jupyter.Process.Pid))
	gone := make(chan bool)
	go WatchParent(deadline(t, time.Minute), os.Getppid(), func() { close(gone) })
	select {
	case <-gone:
		t.Error("gone while it lives")
	case <-time.After(parentPoll * 5 / 4): // one look at a living parent
	}
	jupyter.Process.Kill() // a zombie until Wait
	select {
	case <-gone:
	case <-time.After(30 * time.Second):
		t.Error("its end was not seen")
	}
	jupyter.Wait()
}

func TestGuardObeysSIGTERM(t *testing.T) {
	value := fmt.Sprint("guard-", os.Getpid())
	w, _ := start(t, func(c *Config) { c.Env = append(os.Environ(), testMark+"="+value) })
	do(t, w, "Grandchildren")
	syscall.Kill(w.guard.Process.Pid, syscall.SIGTERM)
	<-w.Done()
	awaitNone(t, value)
}

// A guard that is killed itself takes the worker along, and what had got away from the worker is found all the same.
func TestGuardKilled(t *testing.T) {
	value := fmt.Sprint("guard-killed-", os.Getpid())
	w, _ := start(t, func(c *Config) { c.Env = append(os.Environ(), testMark+"="+value) })
	do(t, w, "Grandchildren")
	awaitSome(t, value, 7)
	syscall.Kill(w.guard.Process.Pid, syscall.SIGKILL)
	<-w.Done()
	if got := w.Death().Reason; got != "its guard ended and took it along" {
		t.Errorf("reason is %q", got)
	}
	if left := marked(value); len(left) > 0 {
		t.Errorf("when the worker is said to be done, %v still run", left)
	}
	awaitNone(t, value)
}

// A worker that ends has run the cells it read the command for and no others.
func TestNotTaken(t *testing.T) {
	for _, c := range []struct {
		symbol   string
		stopped  bool // the worker, before it is given the cell
		notTaken bool
	}{{"Count", true, true}, {"Receive", false, false}} {
		t.Run(c.symbol, func(t *testing.T) {
			w, _ := start(t, nil)
			do(t, w, "Count")
			if c.stopped {
				syscall.Kill(w.PID(), syscall.SIGSTOP)
				for s, err := readStat(w.PID()); err == nil && s.state != 'T'; s, err = readStat(w.PID()) {
				}
			}
			ended := make(chan error, 1)
			before := w.countSent()
			go func() {
				_, err := w.Run(deadline(t, 60*time.Second), cell(c.symbol))
				ended <- err
			}()
			for w.countSent() == before {
				runtime.Gosched()
			}
			for !c.stopped { // until it runs
				if b, err := w.Dump(deadline(t, 10*time.Second)); err != nil {
					t.Fatal(err)
				} else if strings.Contains(string(b), "."+c.symbol+"(") {
					break
				}
			}
			syscall.Kill(w.PID(), syscall.SIGKILL)
			err := <-ended
			var death *Death
			if !errors.As(err, &death) || errors.Is(err, ErrNotTaken) != c.notTaken {
				t.Errorf("%v", err)
			}
			if _, err := w.Run(t.Context(), cell("Count")); !errors.Is(err, ErrNotTaken) {
				t.Errorf("a cell after the end: %v", err)
			}
		})
	}
}

func (w *Worker) countSent() int64 {
	w.sending.Lock()
	defer w.sending.Unlock()
	return w.sent
}

func TestParseStat(t *testing.T) {
	for _, c := range []struct {
		text string
		want stat
		ok   bool
	}{
		{"7 (a) b) c) S 3 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4242 5 6", stat{'S', 3, false, 4242}, true},
		{"7 (a) R 3 1 1 0 -1 4194564 1 2 3 4 5 6 7 8 20 0 1 0 4242 5 6", stat{'R', 3, true, 4242}, true},
		{"", stat{}, false},
		{")", stat{}, false},
		{"7 (a) S x 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4242 5 6", stat{}, false},
		{"7 (a) S 3", stat{}, false},
	} {
		got, err := parseStat([]byte(c.text))
		if got != c.want || (err == nil) != c.ok {
			t.Errorf("%q: %+v, %v", c.text, got, err)
		}
	}
}

// FuzzParseStat: a program may name itself as it likes.
func FuzzParseStat(f *testing.F) {
	for _, s := range []string{"7 (a) b) c) S 3 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4242 5 6", "", ")", "7 (a) S 3", "7 ((()) ) S x"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := parseStat(b); err == nil && bytes.LastIndexByte(b, s.state) < bytes.LastIndexByte(b, ')') {
			t.Errorf("%q: %+v", b, s)
		}
	})
}
