package worker

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// plantFiles writes files below a folder that stands for /.
func plantFiles(t *testing.T, files map[string]string) (root string) {
	t.Helper()
	root = t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestMachine(t *testing.T) {
	const meminfo = "MemTotal:        8388608 kB\nMemFree: 1 kB\nMemAvailable:    4194304 kB\nSwapFree: 1048576 kB\n"
	const v1 = "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
	const v2 = "41 31 0:38 / /sys/fs/cgroup rw,relatime shared:1 - cgroup2 cgroup2 rw\n"
	for _, c := range []struct {
		name             string
		files            map[string]string
		total, available int64
	}{
		{"a machine", map[string]string{"proc/meminfo": meminfo}, 8 << 30, 5 << 30},
		{"nothing known", nil, 0, math.MaxInt64},
		{"a cgroup", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a/b\n", "proc/self/mountinfo": v2,
			"sys/fs/cgroup/a/b/memory.max": "4294967296\n", "sys/fs/cgroup/a/b/memory.current": "2147483648\n",
			"sys/fs/cgroup/a/b/memory.stat": "anon 1\ninactive_file 1048576\nactive_file 2097152\nslab_reclaimable 4194304\n",
		}, 4 << 30, 2<<30 + 4<<20},
		{"the cgroup above", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max": "max\n", "sys/fs/cgroup/a/memory.max": "4294967296\n", "sys/fs/cgroup/a/memory.current": "4294967297\n",
		}, 4 << 30, 0},
		{"processes are slowed down", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a\n", "proc/self/mountinfo": v2, "sys/fs/cgroup/a/memory.current": "1073741824\n",
			"sys/fs/cgroup/a/memory.max": "4294967296\n", "sys/fs/cgroup/a/memory.high": "2147483648\n",
		}, 2 << 30, 1 << 30},
		{"version 1", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "5:cpu:/x\n4:memory:/a\n", "proc/self/mountinfo": v1,
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n", "sys/fs/cgroup/memory/memory.usage_in_bytes": "1048576\n",
			"sys/fs/cgroup/memory/a/memory.limit_in_bytes": "4294967296\n", "sys/fs/cgroup/memory/a/memory.usage_in_bytes": "3221225472\n",
			"sys/fs/cgroup/memory/a/memory.stat": "inactive_file 7\ntotal_inactive_file 1048576\n",
		}, 4 << 30, 1<<30 + 1<<20},
		{"mounted elsewhere, both versions", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "4:memory,hugetlb:/no\n3:memory:/a\n0::/\n",
			"proc/self/mountinfo":            "1 1 0:1 / /cg/two rw - cgroup2 none rw\n2 1 0:1 / /cg/one rw - cgroup none rw,memory\nshort - x\n",
			"cg/one/a/memory.limit_in_bytes": "1073741824\n", "cg/two/memory.max": "2147483648\n",
		}, 1 << 30, 5 << 30},
		{"a container that sees its own folder alone", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "4:memory:/docker/c1/sub\n",
			"proc/self/mountinfo":                        "2 1 0:1 /docker/c1 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "1073741824\n", "sys/fs/cgroup/memory/memory.usage_in_bytes": "1073741000\n",
		}, 1 << 30, 824},
		{"a container that does not see its own folder", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "4:memory:/docker/c1\n", "proc/self/mountinfo": v1,
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "1073741824\n",
		}, 1 << 30, 5 << 30},
		{"garbage", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "\n::\n0::../../..\n0\n", "proc/self/mountinfo": "\n - \nx - cgroup2\n" + v2,
			"sys/fs/cgroup/memory.max": "-7\n", "sys/fs/cgroup/memory.high": "many\n",
		}, 8 << 30, 5 << 30},
	} {
		m := readMachine(plantFiles(t, c.files))
		available, _ := m.available()
		if m.total != c.total || available != c.available {
			t.Errorf("%s: total %d, available %d, want %d and %d", c.name, m.total, available, c.total, c.available)
		}
	}
	m := readMachine("/")
	if left, _ := m.available(); m.total <= 0 || left <= 0 || left > 1<<60 {
		t.Errorf("this machine: %+v, %d", m, left)
	}
}

func TestShares(t *testing.T) {
	for _, c := range []struct{ total, share, reserve, worthwhile int64 }{
		{0, -1, 64 << 20, 128 << 20},
		{512 << 20, 384 << 20, 64 << 20, 128 << 20},
		{8 << 30, 6 << 30, 8 << 30 / 20, 512 << 20},
		{64 << 30, 48 << 30, 1 << 30, 4 << 30},
	} {
		m := machine{total: c.total}
		if m.share() != c.share || m.reserve() != c.reserve || m.worthwhile() != c.worthwhile {
			t.Errorf("of %d: %d, %d, %d, want %+v", c.total, m.share(), m.reserve(), m.worthwhile(), c)
		}
	}
	for _, c := range []struct {
		room       int64
		most, want time.Duration
	}{
		{-1, usualPace, 10 * time.Millisecond},
		{0, usualPace, 10 * time.Millisecond},
		{1 << 30, usualPace, 125 * time.Millisecond},
		{8 << 30, usualPace, usualPace},
		{pressed, calmPace, usualPace - 1},
		{1 << 30, calmPace, 125 * time.Millisecond},
		{4 << 30, calmPace, 500 * time.Millisecond},
		{80 << 30, calmPace, calmPace},
	} {
		if got := pace(c.room, c.most); got != c.want {
			t.Errorf("%d bytes are left: the next look is after %v, want %v", c.room, got, c.want)
		}
	}
}

// TestMemoryCalm has nothing happen for a while: looks are rare then, until a cell begins.
func TestMemoryCalm(t *testing.T) {
	w, _ := start(t, nil)
	m := w.config.Memory
	until := func(slow bool) {
		t.Helper()
		for began := time.Now(); m.slow.Load() != slow; time.Sleep(time.Millisecond) { // nothing tells
			if time.Since(began) > time.Minute {
				t.Fatalf("slow is not %v", slow)
			}
		}
	}
	for range 2 {
		until(true)
		if _, err := w.Run(deadline(t, 20*time.Second), cell("Nothing")); err != nil {
			t.Fatal(err)
		}
		until(false)
	}
}

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		name   string
		uses   []use
		full   bool
		part   int
		worker bool
	}{
		{"the worker alone", []use{{101, 0}}, false, 0, true},
		{"the worker is over the limit, and so is its child", []use{{101, 200}}, false, 0, true},
		{"the worker with its child", []use{{60, 50}}, false, 0, false},
		{"the larger command", []use{{60, 10}, {0, 20}, {0, 30}}, false, 2, false},
		{"children before variables, though small", []use{{99, 0}, {0, 2}}, false, 1, false},
		{"the worker is over the limit beside a command", []use{{0, 200}, {101, 0}}, false, 1, true},
		{"full: the worker uses most", []use{{60, 10}, {0, 20}}, true, 0, true},
		{"full: a command uses most", []use{{20, 10}, {0, 60}}, true, 1, false},
		{"full: children use most", []use{{20, 30}, {0, 25}}, true, 0, false},
	} {
		if part, worker := choose(c.uses, 100, c.full); part != c.part || worker != c.worker {
			t.Errorf("%s: %d, %v", c.name, part, worker)
		}
	}
}

func TestExcessText(t *testing.T) {
	for want, x := range map[string]Excess{
		"It used 1.25 GiB of memory, more than the limit of 1 GiB (INTERLEAVE_MEMORY). To raise the limit, start Jupyter with INTERLEAVE_MEMORY=3GiB in its environment": {
			Used: 5 << 28, Other: 90 << 20, Limit: 1 << 30, Given: true, Left: -1},
		"It used 1.01 GiB of memory, more than the limit of 1 GiB (three quarters of the memory of this machine or container). To raise the limit, start Jupyter with INTERLEAVE_MEMORY=3GiB in its environment": {
			Used: 1<<30 + 1, Limit: 1 << 30, Left: -1},
		"It used 200 MiB of memory and the rest of the notebook 301 MiB, together more than the limit of 500 MiB (INTERLEAVE_MEMORY). To raise the limit, start Jupyter with INTERLEAVE_MEMORY=1100MiB in its environment": {
			Used: 200 << 20, Other: 301<<20 - 1, Limit: 500 << 20, Given: true, Left: -1},
		"It used 5 GiB of memory, more than any other notebook, and this machine or container had only 100 MiB left. Use less memory, or end other programs and notebooks": {
			Used: 5 << 30, Limit: 6 << 30, Left: 100 << 20},
	} {
		if got := x.Text("It"); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// processFiles are the files in which a process is seen.
func processFiles(files map[string]string, pid, parent, exiting int, cmdline, oom string, mib int64, cgroup string) {
	dir := fmt.Sprintf("proc/%d/", pid)
	files[dir+"stat"] = fmt.Sprintf("%d (a b) S %d 0 0 0 0 %d%s\n", pid, parent, 4*exiting, strings.Repeat(" 0", 30))
	files[dir+"cmdline"] = strings.ReplaceAll(cmdline, " ", "\x00") + "\x00"
	files[dir+"oom_score_adj"] = oom + "\n"
	files[dir+"statm"] = fmt.Sprintf("9999 %d 3 4 5 6 7\n", mib<<20/int64(os.Getpagesize()))
	files[dir+"cgroup"] = "0::" + cgroup + "\n"
}

// TestLargest is about who must go when the machine, or a cgroup, is full.
func TestLargest(t *testing.T) {
	files := map[string]string{}
	processFiles(files, 10, 1, 0, "/k serve f", "0", 5000, "/a") // a kernel, whose own memory does not count
	processFiles(files, 11, 10, 0, "/k guard /w", "0", 4000, "/a")
	processFiles(files, 12, 11, 0, "/w", "700", 300, "/a")
	processFiles(files, 13, 12, 0, "python3", "700", 100, "/a")
	processFiles(files, 14, 10, 0, "/k guard /bin/bash -c x", "0", 1, "/a") // a command of the same
	processFiles(files, 15, 14, 0, "/bin/bash -c x", "700", 50, "/a")
	processFiles(files, 20, 1, 0, "/k serve f", "0", 1, "/b/c")
	processFiles(files, 21, 20, 0, "/k guard /w", "0", 1, "/b/c")
	processFiles(files, 22, 21, 0, "/w", "700", 460, "/b/c")
	processFiles(files, 30, 1, 0, "/k serve f", "0", 1, "/a/deep")
	processFiles(files, 31, 30, 0, "/k guard /w", "0", 1, "/a/deep")
	processFiles(files, 32, 31, 0, "/w", "700", 450, "/a/deep")
	processFiles(files, 40, 1, 0, "somebody else", "700", 9000, "/a")
	processFiles(files, 50, 1, 0, "/k serve f", "0", 1, "/z")
	processFiles(files, 51, 50, 0, "/k guard /w", "0", 1, "/z")
	processFiles(files, 52, 51, 0, "/w", "700", 100, "/z")
	processFiles(files, 53, 52, 1, "an ended child that nobody has waited for", "700", 0, "/z")
	root := plantFiles(t, files)
	for kernel, want := range map[int]int64{10: 450 << 20, 20: 460 << 20, 30: 450 << 20, 40: 0} {
		if got := kernelsAt(root)[kernel].used; got != want {
			t.Errorf("kernel %d uses %d, want %d", kernel, got, want)
		}
	}
	for _, c := range []struct {
		kernel        int
		in            string
		first, ending bool
	}{
		{10, "", false, false}, {20, "", true, false}, {30, "", false, false},
		{10, "/a", false, false}, {30, "/a", true, false}, // of two equal ones the later
		{30, "/a/deep", true, false}, {20, "/b", true, false}, {50, "/z", true, false},
	} {
		g := cgroup{path: c.in}
		if first, ending := largest(root, c.kernel, g); first != c.first || ending != c.ending {
			t.Errorf("%+v: %v, %v", c, first, ending)
		}
	}
	// The largest is about to end: another is the first now, and may wait for what that gives back.
	processFiles(files, 22, 21, 1, "/w", "700", 0, "/b/c")
	if first, ending := largest(plantFiles(t, files), 30, cgroup{}); !first || !ending {
		t.Errorf("while the largest ends: %v, %v", first, ending)
	}
}

// TestRunnable stops a process that computes, and lets it go on.
func TestRunnable(t *testing.T) {
	cmd := exec.Command("sh", "-c", "while :; do :; done")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	for _, c := range []struct {
		signal syscall.Signal
		want   bool
	}{{syscall.SIGCONT, true}, {syscall.SIGSTOP, false}, {syscall.SIGCONT, true}} {
		if err := cmd.Process.Signal(c.signal); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(20 * time.Second); runnable(cmd.Process.Pid) != c.want; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("after %v: %v", c.signal, !c.want)
			}
		}
	}
}

// TestBelow compares the quick way to find processes with the thorough one.
func TestBelow(t *testing.T) {
	w, rec := start(t, nil)
	if _, err := w.Run(deadline(t, 20*time.Second), cell("StartChildren")); err != nil {
		t.Fatal(err)
	}
	rec.await(t, func() bool { return rec.stream("stdout") != "" })
	guard := w.guard.Process.Pid
	got, want := below(guard), descendants(guard)
	if len(got) < 2 || len(got) != len(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if newestProcess() <= 0 {
		t.Error("the system does not say which process is its newest")
	}
	if n, err := proportional(w.PID()); err != nil || n <= 0 {
		t.Errorf("%d, %v", n, err)
	}
}

// TestFull has a machine that is nearly out of memory: the largest notebook's worker ends.
func TestFull(t *testing.T) {
	m := NewMemory(0)
	m.machine = machine{root: plantFiles(t, map[string]string{"proc/meminfo": "MemAvailable: 51200 kB\n"}), total: 1 << 30}
	w, _ := start(t, func(c *Config) { c.Memory = m })
	d := die(t, w, "Hog")
	if d.Excess == nil || d.Excess.Left != 50<<20 || !strings.Contains(d.Reason, "had only 50 MiB left") {
		t.Errorf("got %+v, %+v", d, d.Excess)
	}
}

// allocates is a command that uses an amount of memory, in MiB, and prints the number of another process it has started.
func allocates(mib int) []string {
	return shell("setsid sleep 1000 & echo $!; " + holds(mib))
}

// swallow is a command of the shell that fills an amount of memory, in MiB, and ends.
func swallow(mib int) string {
	return fmt.Sprintf("head -c %dm /dev/zero | tail -c %[1]dm >/dev/null", mib)
}

// holds is a command of the shell that fills an amount of memory, in MiB, and keeps it: nobody reads what it writes.
func holds(mib int) string {
	return fmt.Sprintf("head -c %dm /dev/zero | tail -c %[1]dm | sleep 1000", mib)
}

// TestCommandMemory has commands use more than the limit.
func TestCommandMemory(t *testing.T) {
	for _, c := range []struct {
		name string
		argv []string
	}{
		{"itself", allocates(2000)},
		{"a child in a session of its own", shell("setsid sleep 1000 & echo $!; setsid sh -c '" + holds(2000) + "' & wait")},
		{"several", shell("sleep 1000 & echo $!; for i in 1 2 3; do " + holds(200) + " & done; wait; exit 3")},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := newRecorder()
			cmd := command(rec, c.argv...)
			cmd.Memory = NewMemory(300 << 20)
			e, err := cmd.Run(t.Context())
			if err != nil || e.Excess == nil {
				t.Fatalf("%+v, %v", e, err)
			}
			if x := e.Excess; x.Used <= x.Limit || x.Limit != 300<<20 || !x.Given || x.Left >= 0 || e.Signal != syscall.SIGKILL {
				t.Errorf("%+v: %+v", e, x)
			}
			gone(t, rec.stream("stdout"))
		})
	}
	cmd := command(newRecorder(), shell(swallow(100)+"; exit 3")...)
	cmd.Memory = NewMemory(300 << 20)
	if e, err := cmd.Run(t.Context()); err != nil || e.Excess != nil || e.Code != 3 {
		t.Errorf("a command within the limit: %+v, %v", e, err)
	}
}

// TestCommandKilled is about endings that may be the system's, for want of memory.
func TestCommandKilled(t *testing.T) {
	for _, c := range []struct {
		e    Ending
		want bool
	}{
		{Ending{Code: -1, Signal: syscall.SIGKILL}, true},
		{Ending{Code: 137}, true},
		{Ending{Code: 1}, false},
		{Ending{Code: -1, Signal: syscall.SIGTERM}, false},
		{Ending{Code: -1, Signal: syscall.SIGKILL, TimedOut: true}, false},
		{Ending{Code: -1, Signal: syscall.SIGKILL, Stopped: true}, false},
		{Ending{Code: -1, Signal: syscall.SIGKILL, Excess: &Excess{}}, false},
	} {
		if got := c.e.killed(); got != c.want {
			t.Errorf("%+v: %v", c.e, got)
		}
	}
	root := plantFiles(t, map[string]string{
		"proc/vmstat": "oom_kill 3\n", "proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.events": "oom 9\noom_kill 5\n",
	})
	now := readOOMCounters(root)
	for before, want := range map[oomCounters]bool{{5, 3}: false, {4, 3}: true, {5, 2}: true} {
		if before.grewTo(now) != want {
			t.Errorf("%+v, then %+v", before, now)
		}
	}
}

// TestChildrenMemory has the children of a cell use more than the limit, which the worker does not: they alone end.
func TestChildrenMemory(t *testing.T) {
	told := make(chan *Excess, 10)
	w, rec := start(t, func(c *Config) {
		c.Memory = NewMemory(300 << 20)
		c.Spared = func(x *Excess) { told <- x }
	})
	if _, err := w.Run(deadline(t, 60*time.Second), cell("GreedyChild")); err != nil {
		t.Fatal(err)
	}
	rec.await(t, func() bool { return strings.Contains(rec.stream("stdout"), "signal: killed") })
	if x := <-told; x.Used+x.Other <= x.Limit || x.Used < x.Other {
		t.Errorf("%+v", x)
	}
	if err := w.Ping(deadline(t, 20*time.Second)); err != nil {
		t.Errorf("the worker: %v", err)
	}
	gone(t, strings.Fields(rec.stream("stdout"))[0])
}

// TestMemoryTogether has a worker and a command that are over the limit together.
func TestMemoryTogether(t *testing.T) {
	m := NewMemory(400 << 20)
	w, _ := start(t, func(c *Config) { c.Memory = m })
	if _, err := w.Run(deadline(t, 60*time.Second), cell("Hoard")); err != nil {
		t.Fatal(err)
	}
	rec := newRecorder()
	cmd := command(rec, allocates(300)...)
	cmd.Memory = m
	e, err := cmd.Run(t.Context())
	if err != nil || e.Excess == nil || e.Excess.Used > 400<<20 || e.Excess.Other < 200<<20 {
		t.Fatalf("%+v, %+v, %v", e, e.Excess, err)
	}
	gone(t, rec.stream("stdout"))
	if err := w.Ping(deadline(t, 20*time.Second)); err != nil {
		t.Errorf("the worker: %v", err)
	}
}
