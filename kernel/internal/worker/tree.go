package worker

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// below returns the processes below root, root not among them.
func below(root int) []int {
	first, ok := children(root)
	if !ok { // a system without these tables
		return descendants(root)
	}
	var all []int
	for next := first; len(next) > 0; {
		pid := next[0]
		all = append(all, pid)
		more, _ := children(pid)
		next = append(next[1:], more...)
	}
	return all
}

// runnable reports whether a thread of a process runs, or waits for a processor. A process that was stopped has none.
func runnable(pid int) bool {
	tasks, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	for _, task := range tasks {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/stat", pid, task.Name()))
		if err != nil {
			continue // the thread has ended
		}
		if s, err := parseStat(b); err == nil && s.state == 'R' {
			return true
		}
	}
	return false
}

// children returns the processes that the threads of a process have started and not waited for.
func children(pid int) (pids []int, ok bool) {
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return nil, os.IsNotExist(err)
	}
	for _, task := range tasks {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, task.Name()))
		if err != nil {
			continue // the thread has ended
		}
		ok = true
		for _, f := range bytes.Fields(b) {
			if n, err := strconv.Atoi(string(f)); err == nil {
				pids = append(pids, n)
			}
		}
	}
	return pids, ok
}

// newestProcess is the number that the system gave last to a process or a thread, 0 when it does not say.
func newestProcess() int {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	f := bytes.Fields(b)
	if len(f) < 5 {
		return 0
	}
	n, _ := strconv.Atoi(string(f[4]))
	return n
}

// resident returns the resident set of a process in bytes.
func resident(pid int) (int64, error) { return residentAt("/", pid) }

func residentAt(root string, pid int) (int64, error) {
	b, err := os.ReadFile(filepath.Join(root, "proc", strconv.Itoa(pid), "statm"))
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

// proportional returns the memory of a process in bytes, where a page that several share is divided among them. Of a process
// that may not be looked at it is the resident set.
func proportional(pid int) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if kib, ok := counter(b, "Pss:"); err == nil && ok {
		return kib << 10, nil
	}
	return resident(pid)
}

// workerOOM is what the guard makes the system's preference for ending a worker, and so for what it starts. No other process
// is likely to have it, and everybody may read it.
const workerOOM = "700"

// largest reports whether a kernel uses more than every other in a cgroup, other users' among them, and whether the worker of one
// is about to end.
func largest(root string, kernel int, in cgroup) (first, ending bool) {
	kernels := kernelsAt(root)
	own := kernels[kernel].used
	first = true
	for pid, k := range kernels {
		switch {
		case pid == kernel || !in.holds(root, pid):
		case k.ending:
			ending = true
		case k.used > own || k.used == own && pid > kernel:
			first = false
		}
	}
	return first, ending
}

// kernelUse is what is known of another kernel.
type kernelUse struct {
	used   int64
	ending bool // its worker, or a command, is about to end
}

// kernelsAt adds up the resident memory below the guards of each kernel. What other users' processes share cannot be seen.
func kernelsAt(root string) map[int]kernelUse {
	files, _ := filepath.Glob(filepath.Join(root, "proc/[0-9]*/stat"))
	parents, exiting := map[int]int{}, map[int]bool{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if s, err := parseStat(b); err == nil {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			parents[pid], exiting[pid] = s.parent, s.exiting
		}
	}
	kernels := map[int]kernelUse{}
	for pid := range parents {
		oom, err := os.ReadFile(filepath.Join(root, "proc", strconv.Itoa(pid), "oom_score_adj"))
		if err != nil || strings.TrimSpace(string(oom)) != workerOOM {
			continue
		}
		guard := pid
		for guard > 1 && !isGuard(root, guard) {
			guard = parents[guard]
		}
		if kernel := parents[guard]; guard > 1 && kernel != 0 {
			n, _ := residentAt(root, pid)
			k := kernels[kernel]
			k.used += n
			k.ending = k.ending || exiting[pid] && parents[pid] == guard
			kernels[kernel] = k
		}
	}
	return kernels
}

// isGuard reports whether a process is a guard, by its arguments.
func isGuard(root string, pid int) bool {
	b, err := os.ReadFile(filepath.Join(root, "proc", strconv.Itoa(pid), "cmdline"))
	args := strings.Split(string(b), "\x00")
	return err == nil && len(args) > 2 && args[1] == "guard"
}
