package worker

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"
)

// die runs a cell that kills its worker.
func die(t *testing.T, w *Worker, symbol string) *Death {
	t.Helper()
	_, err := w.Run(deadline(t, 60*time.Second), cell(symbol))
	var d *Death
	if !errors.As(err, &d) {
		t.Fatalf("%s: got %v, want a death", symbol, err)
	}
	return d
}

func TestDeaths(t *testing.T) {
	const own = "own words\n"
	for _, c := range []struct {
		symbol string
		signal syscall.Signal
		exit   int
		reason string
		crash  string // the crash begins with it; empty: no crash text at all
		stack  string // and holds this
		stderr string
	}{
		{"DieGoroutine", 0, 2, "panic in a goroutine: in a goroutine", "panic: in a goroutine\n", ".DieGoroutine.func1", own},
		{"DieExit", 0, 3, "the program called os.Exit(3), or log.Fatal did", "", "", own},
		{"DieExit0", 0, 0, "the program called os.Exit(0)", "", "", own},
		{"DieLogFatal", 0, 1, "the program called os.Exit(1), or log.Fatal did", "", "", own + "DATE logged\n"},
		{"DieMaps", 0, 2, "fatal error: concurrent map writes", "fatal error: concurrent map writes\n", "DieMaps.func1", own},
		{"DieUnlock", 0, 2, "fatal error: sync: unlock of unlocked mutex", "fatal error: sync: unlock of unlocked mutex\n", "DieUnlock", own},
		{"DieStack", 0, 2, "stack overflow: a goroutine called itself too deep", "runtime: goroutine stack exceeds", ".deep(", own},
		{"DieSegv", 0, 2, "SIGSEGV: segmentation violation", "SIGSEGV: segmentation violation\n", "goroutine", own},
		{"DieKill", syscall.SIGKILL, -1, "it was killed from outside (signal 9, SIGKILL)", "", "", own},
		{"DieTerm", syscall.SIGTERM, -1, "it ended by signal 15 (terminated)", "", "", own},
		{"DieAbort", 0, 2, "SIGABRT: abort", "SIGABRT: abort\n", "goroutine", own},
		{"DieAddress", 0, 2, "fatal error: fault", "unexpected fault address 0xdead0000\nfatal error: fault\n[signal SIGSEGV", "DieAddress.func1", own},
		{"DieHuge", 0, 2, "out of memory: the system gave the runtime no more", "", "DieHuge", own},
		{"DieControl", syscall.SIGKILL, -1, "something wrote into its control pipe (frame is larger than 256 MiB)", "", "", own},
		{"DieForged", syscall.SIGKILL, -1, "something wrote into its control pipe (frame: invalid character '{' looking for beginning of object key string)", "", "", own},
		{"DieClosed", syscall.SIGKILL, -1, "it closed its control pipe", "", "", own},
	} {
		t.Run(c.symbol, func(t *testing.T) {
			w, rec := start(t, nil)
			d := die(t, w, c.symbol)
			if d.Signal != c.signal || d.ExitCode != c.exit || d.Reason != c.reason {
				t.Errorf("signal %d, exit %d, %q", d.Signal, d.ExitCode, d.Reason)
			}
			crash := string(d.Crash)
			if !strings.HasPrefix(crash, c.crash) || !strings.Contains(crash, c.stack) || (c.crash+c.stack == "") != (crash == "") {
				t.Errorf("crash is\n%s", crash)
			}
			stderr := rec.stream("stderr")
			if _, after, ok := strings.Cut(c.stderr, "DATE"); ok {
				if !strings.HasPrefix(stderr, own) || !strings.HasSuffix(stderr, after) {
					t.Errorf("stderr is %q", stderr)
				}
			} else if stderr != c.stderr {
				t.Errorf("stderr is %q, want %q", stderr, c.stderr)
			}
			if got := rec.stream("stdout"); got != "before. " {
				t.Errorf("stdout is %q", got)
			}
			if w.Death() != d || d.Excess != nil || d.OOM || d.Closed {
				t.Errorf("death is %+v", d)
			}
			if _, err := w.Run(deadline(t, time.Second), cell("Nothing")); !errors.Is(err, d) || !errors.Is(err, ErrNotTaken) {
				t.Errorf("a later run: %v", err)
			}
		})
	}
}

func TestDeathAmidNoise(t *testing.T) {
	w, rec := start(t, nil)
	d := die(t, w, "DieNoisy")
	if d.Reason != "panic in a goroutine: amid noise" {
		t.Errorf("reason is %q", d.Reason)
	}
	if got := rec.stream("stderr"); strings.Contains(got, "amid noise") || strings.Contains(got, "goroutine") {
		t.Errorf("the crash is in stderr as well: %q", strings.ReplaceAll(got, "noise\n", ""))
	}
}

func TestMemoryLimit(t *testing.T) {
	w, rec := start(t, func(c *Config) { c.Memory = NewMemory(400 << 20) })
	d := die(t, w, "Hog")
	if d.Excess == nil || d.Excess.Used <= 400<<20 || d.Signal != syscall.SIGKILL || !strings.Contains(d.Reason, "more than the limit of 400 MiB (INTERLEAVE_MEMORY)") {
		t.Errorf("got %+v", d)
	}
	t.Log(d.Reason)
	if got := rec.stream("stderr"); got != "own words\n" {
		t.Errorf("stderr is %q", got)
	}
}

// A worker that is killed while the system counts a process ended for want of memory was that process.
func TestOutOfMemory(t *testing.T) {
	w, _ := start(t, nil)
	w.ooms.system--
	if d := die(t, w, "DieKill"); !d.OOM || d.Reason != "the system ran out of memory and killed it" {
		t.Errorf("got %+v", d)
	}
}

func TestKillAndClose(t *testing.T) {
	w, _ := start(t, nil)
	ended := make(chan error)
	go func() {
		_, err := w.Run(deadline(t, 20*time.Second), cell("SpinAll"))
		ended <- err
	}()
	w.Kill()
	<-w.Done()
	if err := <-ended; !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
	if err := w.Ping(deadline(t, time.Second)); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

func TestStartFails(t *testing.T) {
	for _, c := range []struct {
		change func(*Config)
		text   string
	}{
		{func(c *Config) { c.Path = "/does/not/exist" }, "start /does/not/exist: no such file or directory"},
		{func(c *Config) { c.Guard = []string{"/does/not/exist"} }, "no such file or directory"},
		{func(c *Config) { c.Guard = []string{"/bin/true"} }, "the guard said nothing"},
		{func(c *Config) { c.Handler = nil }, "are required"},
		{func(c *Config) { c.Path = "/bin/sh"; c.Args = []string{"-c", "echo no such library >&2; exit 127"} }, "os.Exit(127)"},
	} {
		conf := testConfig(newRecorder())
		c.change(&conf)
		w, err := Start(deadline(t, 10*time.Second), conf)
		if err == nil {
			w.Close()
			t.Errorf("it started, want %q", c.text)
			continue
		}
		if !strings.Contains(err.Error(), c.text) {
			t.Errorf("got %q, want %q", err, c.text)
		}
		var d *Death
		if errors.As(err, &d) && string(d.Stderr) != "no such library\n" {
			t.Errorf("last words are %q", d.Stderr)
		}
	}
	conf := testConfig(newRecorder())
	conf.Guard = []string{"/bin/sh", "-c", "exec sleep 1000"}
	if _, err := Start(deadline(t, 300*time.Millisecond), conf); err == nil || !strings.Contains(err.Error(), "the guard said nothing") {
		t.Errorf("a guard that says nothing: %v", err)
	}
	conf = testConfig(newRecorder())
	conf.Path, conf.Args = "/bin/sleep", []string{"1000"}
	for patience := 300 * time.Millisecond; ; patience *= 2 { // the guard needs its time, too
		_, err := Start(deadline(t, patience), conf)
		if err != nil && strings.Contains(err.Error(), "no answer") {
			break
		}
		if err == nil || patience > 20*time.Second {
			t.Fatalf("a worker that says nothing: %v", err)
		}
	}
}

// What a limit of the system has caused is told as that.
func TestExplainedLimits(t *testing.T) {
	for crash, want := range map[string]string{
		"runtime: failed to create new OS thread (have 12 already; errno=11)\nfatal error: newosproc\n": "ulimit -u",
		"fatal error: newosproc\n\nruntime stack:\n":                                                    "ulimit -u",
		"fatal error: runtime: out of memory\n":                                                         "out of memory",
	} {
		if got := explain([]byte(crash), 2<<8); !strings.Contains(got, want) {
			t.Errorf("%q is told as %q", crash, got)
		}
	}
}
