package measure

import (
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"time"
)

// machine reads the facts of a Linux machine from its proc and sys trees. On other systems the files are missing
// and every fact is unknown.
type machine struct{ root fs.FS }

// host is this machine. It is never reassigned; tests build a machine of their own.
var host = machine{os.DirFS("/")}

func (m machine) read(name string) string {
	b, err := fs.ReadFile(m.root, name)
	if err != nil {
		return ""
	}
	return string(b)
}

// field returns the value of the first "key : value" line.
func field(text, key string) string {
	for line := range strings.Lines(text) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

func (m machine) cpuModel() string { return field(m.read("proc/cpuinfo"), "model name") }
func (m machine) affinity() string { return field(m.read("proc/self/status"), "Cpus_allowed_list") }

func (m machine) load() float64 {
	first, _, _ := strings.Cut(m.read("proc/loadavg"), " ")
	if v, err := strconv.ParseFloat(first, 64); err == nil {
		return v
	}
	return -1
}

func (m machine) pressure() Pressure {
	p := Pressure{Avg10: -1, Total: -1}
	for line := range strings.Lines(m.read("proc/pressure/cpu")) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] != "some" {
			continue
		}
		for _, w := range words[1:] {
			key, value, _ := strings.Cut(w, "=")
			switch v, err := strconv.ParseFloat(value, 64); {
			case err != nil || v < 0:
			case key == "avg10":
				p.Avg10 = v
			case key == "total":
				p.Total = time.Duration(v) * time.Microsecond
			}
		}
	}
	return p
}

// tick is the unit of /proc/stat: USER_HZ is 100 on every Linux port that Go supports.
const tick = 10 * time.Millisecond

func (m machine) steal() time.Duration {
	first, _, _ := strings.Cut(m.read("proc/stat"), "\n")
	words := strings.Fields(first) // cpu user nice system idle iowait irq softirq steal ...
	if len(words) < 9 || words[0] != "cpu" {
		return -1
	}
	n, err := strconv.ParseInt(words[8], 10, 64)
	if err != nil {
		return -1
	}
	return time.Duration(n) * tick
}

// cpuMax returns the tightest CPU quota among this process's cgroup and the groups above it, 0 if there is none.
func (m machine) cpuMax() float64 {
	tightest := 0.0
	for line := range strings.Lines(m.read("proc/self/cgroup")) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		for dir := path.Clean("/" + parts[2]); ; dir = path.Dir(dir) {
			var q float64
			switch {
			case parts[0] == "0" && parts[1] == "": // version 2
				q = quota2(m.read(path.Join("sys/fs/cgroup", dir, "cpu.max")))
			case strings.Contains(","+parts[1]+",", ",cpu,"): // version 1
				base := path.Join("sys/fs/cgroup/cpu", dir)
				q = quota2(m.read(path.Join(base, "cpu.cfs_quota_us")) + " " + m.read(path.Join(base, "cpu.cfs_period_us")))
			}
			if q > 0 && (tightest == 0 || q < tightest) {
				tightest = q
			}
			if dir == "/" {
				break
			}
		}
	}
	return tightest
}

// quota2 reads "quota period" in microseconds; "max" and -1 mean that there is no quota.
func quota2(text string) float64 {
	words := strings.Fields(text)
	if len(words) != 2 {
		return 0
	}
	q, err := strconv.ParseFloat(words[0], 64)
	p, err2 := strconv.ParseFloat(words[1], 64)
	if err != nil || err2 != nil || !(q > 0) || !(p > 0) {
		return 0
	}
	return q / p
}
