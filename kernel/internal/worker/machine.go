package worker

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// machine is where memory is looked for: the whole machine, and the cgroups that bound this process. Its zero value knows
// nothing and bounds nothing.
type machine struct {
	root    string
	total   int64    // of the machine or of the narrowest cgroup; 0 when not known
	cgroups []cgroup // that may bound this process, innermost first
}

// cgroup is a memory cgroup: its folder, and how /proc/PID/cgroup names it.
type cgroup struct{ dir, controllers, path string }

func readMachine(root string) machine {
	m := machine{root: root, cgroups: memoryCgroups(root), total: math.MaxInt64}
	if b, err := os.ReadFile(filepath.Join(root, "proc/meminfo")); err == nil {
		if kib, ok := counter(b, "MemTotal:"); ok {
			m.total = min(m.total, kib<<10)
		}
	}
	for _, g := range m.cgroups {
		if n, ok := cgroupLimit(g.dir); ok {
			m.total = min(m.total, n)
		}
	}
	if m.total == math.MaxInt64 {
		m.total = 0
	}
	return m
}

// share is the most that one notebook may use: three quarters, -1 when not known.
func (m machine) share() int64 {
	if m.total == 0 {
		return -1
	}
	return m.total / 4 * 3
}

// reserve is what is to stay free: a twentieth, but not less than 64 MiB, nor more than 1 GiB.
func (m machine) reserve() int64 { return min(max(m.total/20, 64<<20), 1<<30) }

// worthwhile is what a notebook must use before ending it helps a full machine.
func (m machine) worthwhile() int64 { return max(m.total/16, 128<<20) }

// available is what can be used before something must be ended: memory that is free or holds copies of files, and swap. of is
// the cgroup that has so little left, none for the machine.
func (m machine) available() (left int64, of cgroup) {
	left = math.MaxInt64
	if b, err := os.ReadFile(filepath.Join(m.root, "proc/meminfo")); err == nil {
		if kib, ok := counter(b, "MemAvailable:"); ok {
			swap, _ := counter(b, "SwapFree:")
			left = (kib + swap) << 10
		}
	}
	for _, g := range m.cgroups {
		if n, ok := cgroupAvailable(g.dir); ok && n < left {
			left, of = n, g
		}
	}
	return left, of
}

// holds reports whether a process is in a cgroup or below it. All are in none.
func (g cgroup) holds(root string, pid int) bool {
	if g == (cgroup{}) {
		return true
	}
	b, _ := os.ReadFile(filepath.Join(root, "proc", strconv.Itoa(pid), "cgroup"))
	for line := range strings.Lines(string(b)) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(f) == 3 && f[1] == g.controllers && strings.HasPrefix(strings.TrimSuffix(f[2], "/")+"/", strings.TrimSuffix(g.path, "/")+"/") {
			return true
		}
	}
	return false
}

// cgroupLimit is the limit that a folder of version 1 or 2 sets. memory.high counts: from there on processes are slowed down
// to a crawl.
func cgroupLimit(dir string) (limit int64, ok bool) {
	for _, name := range []string{"memory.max", "memory.high", "memory.limit_in_bytes"} {
		if n, is := number(filepath.Join(dir, name)); is && n > 0 && (!ok || n < limit) {
			limit, ok = n, true
		}
	}
	return limit, ok
}

// cgroupAvailable is what may still be used below a folder. Copies of files that have not been used lately are given up first,
// and half of the others can be.
func cgroupAvailable(dir string) (int64, bool) {
	limit, ok := cgroupLimit(dir)
	if !ok {
		return 0, false
	}
	used, ok := number(filepath.Join(dir, "memory.current"))
	prefix := ""
	if !ok {
		if used, ok = number(filepath.Join(dir, "memory.usage_in_bytes")); !ok {
			return 0, false
		}
		prefix = "total_"
	}
	var inactive, active, slab int64
	if b, err := os.ReadFile(filepath.Join(dir, "memory.stat")); err == nil {
		inactive, _ = counter(b, prefix+"inactive_file")
		active, _ = counter(b, prefix+"active_file")
		slab, _ = counter(b, prefix+"slab_reclaimable")
	}
	return max(limit-used+inactive+active/2+slab/2, 0), true
}

// memoryCgroups returns the memory cgroups of this process and those above, innermost first, for versions 1 and 2.
func memoryCgroups(root string) []cgroup {
	b, err := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	if err != nil {
		return nil
	}
	mounts := cgroupMounts(root)
	var list []cgroup
	for line := range strings.Lines(string(b)) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3) // number:controllers:path
		if len(f) != 3 || f[1] != "" && f[1] != "memory" {
			continue
		}
		at, ok := mounts[f[1]]
		if !ok {
			continue
		}
		for p := filepath.Clean("/" + f[2]); ; p = filepath.Dir(p) {
			inside, is := strings.CutPrefix(p, strings.TrimSuffix(at.of, "/")) // a container may see the tree from its own folder on
			if !is {
				inside = p
			}
			list = append(list, cgroup{filepath.Join(root, at.dir, inside), f[1], p})
			if p == "/" || inside == "" {
				break
			}
		}
	}
	return list
}

// mount is where a tree of cgroups is: the folder of of it is shown at dir.
type mount struct{ dir, of string }

// cgroupMounts finds the trees of version 2 (""), and of version 1 for memory ("memory").
func cgroupMounts(root string) map[string]mount {
	mounts := map[string]mount{}
	b, err := os.ReadFile(filepath.Join(root, "proc/self/mountinfo"))
	if err != nil {
		return map[string]mount{"": {"/sys/fs/cgroup", "/"}, "memory": {"/sys/fs/cgroup/memory", "/"}}
	}
	for line := range strings.Lines(string(b)) {
		before, after, ok := strings.Cut(line, " - ") // number parent device root folder options… - type source options
		f, g := strings.Fields(before), strings.Fields(after)
		if !ok || len(f) < 5 || len(g) < 3 {
			continue
		}
		name := ""
		switch {
		case g[0] == "cgroup2":
		case g[0] == "cgroup" && strings.Contains(","+g[2]+",", ",memory,"):
			name = "memory"
		default:
			continue
		}
		if _, is := mounts[name]; !is {
			mounts[name] = mount{f[4], f[3]}
		}
	}
	return mounts
}

// number reads a file that holds one. "max" is none.
func number(file string) (int64, bool) {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	return n, err == nil
}

// counter finds "name value" in one of the system's tables.
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
