package worker

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// watchMemory kills the worker at its limit. It looks more often the nearer the limit is: a process that
// touches new memory on two cores gains some 8 GiB a second.
func (w *Worker) watchMemory() {
	defer w.closed.Done()
	const gain = 8 << 30 // bytes per second
	for {
		rss, err := residentMemory(w.pid)
		if err != nil {
			<-w.done
			return
		}
		if rss > w.limit {
			w.kill(&Death{MemoryLimit: true, Reason: memoryReason(w.limit, rss)})
			<-w.done
			return
		}
		room := time.Duration(float64(w.limit-rss) / gain * float64(time.Second))
		select {
		case <-w.done:
			return
		case <-time.After(min(max(room, 10*time.Millisecond), 200*time.Millisecond)):
		}
	}
}

// residentMemory returns the resident set of one process in bytes.
func residentMemory(pid int) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, err
	}
	f := bytes.Fields(b)
	if len(f) < 2 {
		return 0, fmt.Errorf("/proc/%d/statm is empty", pid)
	}
	pages, err := strconv.ParseInt(string(f[1]), 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// DefaultMemoryLimit is three quarters of what this process may use: the machine's memory or the limit of
// the cgroup it runs in, whichever is less. It is -1 when neither can be read.
func DefaultMemoryLimit() int64 { return defaultMemoryLimit("/") }

func defaultMemoryLimit(root string) int64 {
	most := int64(math.MaxInt64)
	if b, err := os.ReadFile(filepath.Join(root, "proc/meminfo")); err == nil {
		if kib, ok := counter(b, "MemTotal:"); ok {
			most = min(most, kib<<10)
		}
	}
	for _, dir := range cgroups(root, "self") {
		for _, name := range []string{"memory.max", "memory.limit_in_bytes"} {
			b, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				continue
			}
			if n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64); err == nil && n > 0 {
				most = min(most, n)
			}
		}
	}
	if most == math.MaxInt64 {
		return -1
	}
	return most / 4 * 3
}

// cgroups returns the folders of the memory cgroups of a process, innermost first, for version 2 and 1.
func cgroups(root, pid string) []string {
	b, err := os.ReadFile(filepath.Join(root, "proc", pid, "cgroup"))
	if err != nil {
		return nil
	}
	var dirs []string
	for line := range strings.Lines(string(b)) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3) // number:controllers:path
		if len(f) != 3 {
			continue
		}
		mount := "sys/fs/cgroup"
		if f[1] == "memory" {
			mount += "/memory"
		} else if f[1] != "" {
			continue
		}
		for p := path.Clean("/" + f[2]); ; p = path.Dir(p) {
			dirs = append(dirs, filepath.Join(root, mount, p))
			if p == "/" {
				break
			}
		}
	}
	return dirs
}

// counter finds "name value" in one of the kernel's tables.
func counter(table []byte, name string) (int64, bool) {
	for line := range bytes.Lines(table) {
		f := bytes.Fields(line)
		if len(f) >= 2 && string(f[0]) == name {
			n, err := strconv.ParseInt(string(f[1]), 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}

// oomCounters are the system's counts of processes ended for want of memory: a worker that was killed while
// one of them grew was most likely that process.
type oomCounters struct {
	cgroup int64 // of the innermost memory cgroup
	system int64
}

func readOOMCounters(pid int) (c oomCounters) {
	for _, dir := range cgroups("/", strconv.Itoa(pid)) {
		if b, err := os.ReadFile(filepath.Join(dir, "memory.events")); err == nil {
			c.cgroup, _ = counter(b, "oom_kill")
			break
		}
	}
	if b, err := os.ReadFile("/proc/vmstat"); err == nil {
		c.system, _ = counter(b, "oom_kill")
	}
	return c
}

func (c oomCounters) grewTo(now oomCounters) bool {
	return now.cgroup > c.cgroup || now.system > c.system
}
