package measure

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func file(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }

func TestMachine(t *testing.T) {
	m := machine{fstest.MapFS{
		"proc/cpuinfo":              file("processor\t: 0\nmodel name\t: Example CPU @ 2 GHz\n"),
		"proc/self/status":          file("Name:\tx\nCpus_allowed_list:\t0-1,4\n"),
		"proc/loadavg":              file("1.25 0.5 0.1 1/99 1234\n"),
		"proc/pressure/cpu":         file("some avg10=7.50 avg60=1.00 avg300=0.10 total=1500000\nfull avg10=9.00 avg60=0.00 avg300=0.00 total=9\n"),
		"proc/stat":                 file("cpu  1 2 3 4 5 6 7 42 0 0\ncpu0 1 2 3 4 5 6 7 42 0 0\n"),
		"proc/self/cgroup":          file("0::/a/b\n"),
		"sys/fs/cgroup/a/cpu.max":   file("150000 100000\n"),
		"sys/fs/cgroup/a/b/cpu.max": file("max 100000\n"),
	}}
	if got := m.cpuModel(); got != "Example CPU @ 2 GHz" {
		t.Errorf("model %q", got)
	}
	if got := m.affinity(); got != "0-1,4" {
		t.Errorf("affinity %q", got)
	}
	if got := m.load(); got != 1.25 {
		t.Errorf("load %v", got)
	}
	if got := (m.pressure()); got != (Pressure{Avg10: 7.5, Total: 1500 * time.Millisecond}) {
		t.Errorf("pressure %+v", got)
	}
	if got := m.steal(); got != 420*time.Millisecond {
		t.Errorf("steal %v", got)
	}
	if got := m.cpuMax(); got != 1.5 {
		t.Errorf("quota %v: the group above limits this one", got)
	}
}

func TestMachineVersion1Quota(t *testing.T) {
	m := machine{fstest.MapFS{
		"proc/self/cgroup":                        file("4:memory:/x\n3:cpu,cpuacct:/x\n"),
		"sys/fs/cgroup/cpu/x/cpu.cfs_quota_us":    file("50000\n"),
		"sys/fs/cgroup/cpu/x/cpu.cfs_period_us":   file("100000\n"),
		"sys/fs/cgroup/cpu/cpu.cfs_quota_us":      file("-1\n"),
		"sys/fs/cgroup/cpu/cpu.cfs_period_us":     file("100000\n"),
		"sys/fs/cgroup/memory/x/cpu.cfs_quota_us": file("1\n"),
	}}
	if got := m.cpuMax(); got != 0.5 {
		t.Errorf("quota %v", got)
	}
}

// A system without proc, or with garbage in it, gives unknown facts and never a wrong or missing card.
func TestMachineUnknown(t *testing.T) {
	for _, text := range []string{"", "garbage", "some avg10=x total=", "cpu 1 2", "some avg10=-1 total=-2"} {
		m := machine{fstest.MapFS{
			"proc/pressure/cpu": file(text), "proc/stat": file(text), "proc/loadavg": file(text),
			"proc/self/cgroup": file(text), "proc/7/stat": file(text),
		}}
		if p := m.pressure(); p.Avg10 != -1 || p.Total != -1 {
			t.Errorf("%q: pressure %+v", text, p)
		}
		if m.steal() != -1 || m.load() != -1 || m.cpuMax() != 0 || len(m.processes()) != 0 || m.cpuModel() != "" {
			t.Errorf("%q: a fact was made up", text)
		}
	}
	c := Card{Load1: -1, Before: Pressure{-1, -1}, After: Pressure{-1, -1}, Reading: Reading{Stall: -1, Steal: -1}}
	if v := c.Verdict(); v.Noisy || !v.Unknown || !strings.Contains(c.String(), "PSI cpu avg10 after: unknown") {
		t.Errorf("verdict %v of\n%s", v, c)
	}
}

func TestVerdict(t *testing.T) {
	quiet := Card{Cores: 2, Reading: Reading{Wall: 20 * time.Second, CPU: 20 * time.Second, CPUKnown: true}}
	for _, tt := range []struct {
		name   string
		change func(*Card)
		want   string
	}{
		{"quiet", func(c *Card) {}, "quiet"},
		{"at the limit", func(c *Card) { c.Stall = time.Second; c.After.Avg10 = 5 }, "quiet"},
		{"pressure", func(c *Card) { c.Stall = 2 * time.Second }, "NOISY: tasks waited for a CPU in 10.0 % of the time"},
		{"pressure at the end", func(c *Card) { c.After.Avg10 = 9 }, "NOISY: PSI avg10 is 9.0 after the run"},
		{"the compiler before a short run", func(c *Card) { c.Wall = time.Second; c.Before.Avg10, c.After.Avg10 = 40, 36 }, "quiet"},
		{"pressure in the pauses", func(c *Card) {
			c.Crowded, c.Pauses = true, Reading{Wall: time.Second, Stall: 60 * time.Millisecond}
		}, "NOISY: tasks waited for a CPU in 6.0 % of the pauses, when nothing of this ran"},
		{"calm pauses", func(c *Card) {
			c.Stall, c.Crowded, c.Pauses = 9*time.Second, true, Reading{Wall: time.Second, Stall: 40 * time.Millisecond}
		}, "quiet"},
		{"its own pressure", func(c *Card) { c.Stall = 9 * time.Second; c.After.Avg10 = 40; c.Crowded = true }, "quiet"},
		{"starved", func(c *Card) { c.Uses = []Use{{"spin", 0.9, 1}} }, "NOISY: spin used 0.90 CPUs instead of 1.000"},
		{"helped", func(c *Card) { c.Uses = []Use{{"spin", 1.2, 1}} }, "NOISY: spin used 1.20 CPUs instead of 1.000"},
		{"as expected", func(c *Card) { c.Uses = []Use{{"spin", 0.96, 1}, {"fetch", 0.1, 0}} }, "quiet"},
		{"stolen", func(c *Card) { c.Steal = 4 * time.Second }, "NOISY: the hypervisor took 10.0 % of the CPU time"},
	} {
		c := quiet
		tt.change(&c)
		if got := c.Verdict().String(); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestBusy(t *testing.T) {
	stat := func(name string, ppid, ticks int) string {
		return strings.NewReplacer("NAME", name, "PPID", itoa(ppid), "TICKS", itoa(ticks)).Replace(
			"1 (NAME) R PPID 1 1 0 -1 4194304 1 0 0 0 TICKS 0 0 0 20 0 1 0 777 1 1")
	}
	before := machine{fstest.MapFS{
		"proc/900001/stat": file(stat("a) (b", 1, 100)), "proc/900002/stat": file(stat("python3", 1, 5)),
		"proc/900004/stat": file(stat("idle", 1, 5)),
	}}
	after := machine{fstest.MapFS{
		"proc/900001/stat": file(stat("a) (b", 1, 150)), "proc/900002/stat": file(stat("python3", 1, 105)),
		"proc/900002/cmdline": file("python3\x00-f\x00/run/kernel-1f.json\x00"),
		"proc/900003/stat":    file(stat("own child", 900005, 100)),
		"proc/900004/stat":    file(stat("idle", 1, 6)),
	}}
	got := busy(before.processes(), after.processes(), time.Second)
	want := []Process{{900002, "python3", 1, true}, {900001, "a) (b", 0.5, false}, {900003, "own child", 1, false}}
	if len(got) != 3 || got[0] != want[0] && got[0] != want[2] || got[2] != want[1] {
		t.Errorf("got %+v", got)
	}
	table := map[int]process{3: {parent: 2}, 2: {parent: 1}, 9: {parent: 9}}
	if !descends(table, 3, 1) || descends(table, 9, 1) || descends(table, 3, 7) {
		t.Error("descent is wrong")
	}
}

func itoa(n int) string { return strings.TrimSpace(known(float64(n), "%.0f")) }

// The card of the machine that runs the test names what is certain on every system.
func TestWatch(t *testing.T) {
	w := Watch()
	c := w.Card()
	if c.Cores < 1 || c.GOMAXPROCS < 1 || c.GoVersion == "" || c.Wall <= 0 || c.Short() == "" {
		t.Errorf("card %+v", c)
	}
	if header, rows := c.Table(); len(header) != 2 || len(rows) < 14 || rows[len(rows)-1][0] != "verdict" {
		t.Errorf("table %v %v", header, rows)
	}
}

// A process may be named as it likes.
func TestCardHTML(t *testing.T) {
	c := Card{Busy: []Process{{PID: 7, Name: "<script>", CPUs: 1}}}
	if h := c.HTML(); strings.Contains(h, "<script>") || !strings.Contains(h, "&lt;script&gt; (pid 7)") || !strings.HasPrefix(h, "<table>") {
		t.Errorf("wrote %s", h)
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add("1 (a) (b) R 1 1 1 0 -1 4194304 1 0 0 0 10 0 0 0 20 0 1 0 777 1 1")
	f.Add(")(")
	f.Fuzz(func(t *testing.T, text string) {
		parseStat(text)
		quota2(text)
		(machine{fstest.MapFS{"proc/pressure/cpu": file(text), "proc/self/cgroup": file(text)}}).cpuMax()
	})
}
