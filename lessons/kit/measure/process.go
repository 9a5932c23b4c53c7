package measure

import (
	"cmp"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// process is one row of the process table.
type process struct {
	pid, parent int
	name        string
	started     string // ticks since boot: tells a reused pid apart
	cpu         time.Duration
	kernel      bool
}

// processes returns the process table, without what could not be read.
func (m machine) processes() map[int]process {
	table := make(map[int]process)
	entries, err := fs.ReadDir(m.root, "proc")
	if err != nil {
		return table
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if p, ok := parseStat(m.read(path.Join("proc", e.Name(), "stat"))); ok {
			p.pid = pid
			p.kernel = looksLikeKernel(m.read(path.Join("proc", e.Name(), "cmdline")))
			table[pid] = p
		}
	}
	return table
}

// parseStat reads /proc/PID/stat. The name stands in parentheses and may itself contain some, so the fields are
// counted from the last one.
func parseStat(text string) (process, bool) {
	open, shut := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || shut < open {
		return process{}, false
	}
	words := strings.Fields(text[shut+1:]) // from field 3, the state
	if len(words) < 20 {
		return process{}, false
	}
	parent, err := strconv.Atoi(words[1])
	user, err2 := strconv.ParseInt(words[11], 10, 64)
	system, err3 := strconv.ParseInt(words[12], 10, 64)
	if err != nil || err2 != nil || err3 != nil {
		return process{}, false
	}
	return process{
		parent: parent, name: text[open+1 : shut], started: words[19],
		cpu: time.Duration(user+system) * tick,
	}, true
}

// looksLikeKernel tells a notebook kernel by the connection file that Jupyter passes to it.
func looksLikeKernel(cmdline string) bool {
	for arg := range strings.SplitSeq(cmdline, "\x00") {
		base := path.Base(arg)
		if strings.HasPrefix(base, "kernel-") && strings.HasSuffix(base, ".json") || base == "ipykernel_launcher" {
			return true
		}
	}
	return false
}

// busy lists the processes that used over 5 % of a CPU between two tables, the busiest first. This process and
// its descendants are left out: they are the experiment.
func busy(before, after map[int]process, wall time.Duration) []Process {
	if wall <= 0 {
		return nil
	}
	var list []Process
	for pid, p := range after {
		cpu := p.cpu
		if old, ok := before[pid]; ok && old.started == p.started {
			cpu -= old.cpu
		}
		used := float64(cpu) / float64(wall)
		if cpu > tick && used > 0.05 && !descends(after, pid, os.Getpid()) {
			list = append(list, Process{PID: pid, Name: p.name, CPUs: used, Kernel: p.kernel})
		}
	}
	slices.SortFunc(list, func(a, b Process) int {
		return cmp.Or(cmp.Compare(b.CPUs, a.CPUs), cmp.Compare(a.PID, b.PID))
	})
	return list
}

// descends tells whether pid is root or one of its descendants. The walk is bounded, for the table is no snapshot.
func descends(table map[int]process, pid, root int) bool {
	for range 64 {
		if pid == root {
			return true
		}
		p, ok := table[pid]
		if !ok || pid == p.parent {
			return false
		}
		pid = p.parent
	}
	return false
}
