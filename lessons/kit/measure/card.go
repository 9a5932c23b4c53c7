package measure

import (
	"fmt"
	"runtime"
	"strings"
	"time"
)

// MaxPressure is the CPU pressure, in percent of the time, above which a run is NOISY.
const MaxPressure = 5.0

// MaxDeviation is the relative deviation of the CPUs used from the CPUs expected above which a run is NOISY.
const MaxDeviation = 0.05

// Card is the machine card: where, and in whose company, numbers were taken. Facts that the system does not tell
// have the value given with each field; nothing is guessed.
type Card struct {
	Taken      time.Time
	GoVersion  string
	OS, Arch   string
	CPUModel   string  // "" if unknown
	Cores      int     // logical CPUs that this process may use
	Affinity   string  // list of those CPUs, such as "0-1"; "" if unknown
	GOMAXPROCS int     // when the card was finished
	CPUMax     float64 // cgroup quota in CPUs; 0 if there is none
	Load1      float64 // mean number of ready tasks in the last minute, at the end; -1 if unknown

	Before, After Pressure // CPU pressure at the two ends
	Reading                // over all of the measured time
	Uses          []Use    // CPUs that each variant used
	Crowded       bool     // the experiment itself caused the pressure; see [Plan]
	Pauses        Reading  // wall time and stall of the pauses between rounds; see [Plan]
	Busy          []Process
}

// Pressure is what /proc/pressure/cpu says ("some": at least one task waited for a CPU).
type Pressure struct {
	Avg10 float64       // percent of the last ten seconds, decaying; -1 if unknown
	Total time.Duration // since boot; -1 if unknown
}

// Use is the CPUs that a variant kept busy.
type Use struct {
	Variant  string
	Used     float64
	Expected float64 // 0: no expectation
}

// Process is another process that used over 5 % of a CPU while the measurement ran.
type Process struct {
	PID    int
	Name   string
	CPUs   float64 // CPU time over wall time
	Kernel bool    // it looks like the kernel of another notebook
}

// WindowPressure is the share of the measured time, in percent, in which some task waited for a CPU: the number
// of which PSI's avg10 is a decaying average. It is -1 if unknown.
func (c Card) WindowPressure() float64 { return c.pressure() }

// StealShare is the share of all CPU time, in percent, that a hypervisor took away; -1 if unknown.
func (c Card) StealShare() float64 {
	if c.Steal < 0 || c.Wall <= 0 || c.Cores == 0 {
		return -1
	}
	return 100 * float64(c.Steal) / (float64(c.Wall) * float64(c.Cores))
}

// Watcher measures what goes on between [Watch] and Card.
type Watcher struct {
	meter  Meter
	before Pressure
	procs  map[int]process
}

// Watch starts to observe the machine; Card of the result gives the machine card of the time since.
func Watch() Watcher {
	return Watcher{before: host.pressure(), procs: host.processes(), meter: StartMeter()}
}

// Card returns the machine card of the time since [Watch].
func (w Watcher) Card() Card {
	reading := w.meter.Stop()
	return Card{
		Taken: time.Now(), GoVersion: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		CPUModel: host.cpuModel(), Cores: runtime.NumCPU(), Affinity: host.affinity(),
		GOMAXPROCS: runtime.GOMAXPROCS(0), CPUMax: host.cpuMax(), Load1: host.load(),
		Before: w.before, After: host.pressure(), Reading: reading,
		Busy: busy(w.procs, host.processes(), reading.Wall),
	}
}

// Verdict says whether the machine was quiet. It labels; the data stay.
type Verdict struct {
	Noisy   bool
	Unknown bool     // this system does not report CPU pressure
	Reasons []string // why it is noisy
}

// Verdict judges a card. A run is NOISY if tasks waited for a CPU in more than [MaxPressure] percent of the
// measured time, or of its last ten seconds; if a variant used over [MaxDeviation] more or fewer CPUs than
// expected; or if a hypervisor took more than [MaxPressure] percent. Pressure from before the run does not count
// when the run's own is known: in a notebook it is the compiler's.
func (c Card) Verdict() Verdict {
	var v Verdict
	window := c.WindowPressure()
	v.Unknown = window < 0 && c.After.Avg10 < 0
	if p := c.Pauses.pressure(); c.Crowded && p > MaxPressure {
		v.add("tasks waited for a CPU in %.1f %% of the pauses, when nothing of this ran", p)
	}
	if !c.Crowded {
		switch {
		case window > MaxPressure:
			v.add("tasks waited for a CPU in %.1f %% of the time", window)
		case c.After.Avg10 > MaxPressure && (window < 0 || c.Wall >= 10*time.Second):
			v.add("PSI avg10 is %.1f after the run", c.After.Avg10)
		}
	}
	for _, u := range c.Uses {
		if u.Expected > 0 && (u.Used < u.Expected*(1-MaxDeviation) || u.Used > u.Expected*(1+MaxDeviation)) {
			v.add("%s used %.2f CPUs instead of %s", u.Variant, u.Used, Format(u.Expected))
		}
	}
	if s := c.StealShare(); s > MaxPressure {
		v.add("the hypervisor took %.1f %% of the CPU time", s)
	}
	return v
}

func (v *Verdict) add(format string, args ...any) {
	v.Noisy = true
	v.Reasons = append(v.Reasons, fmt.Sprintf(format, args...))
}

// String writes the verdict as "quiet", "unknown: ..." or "NOISY: reason; reason".
func (v Verdict) String() string {
	switch {
	case v.Noisy:
		return "NOISY: " + strings.Join(v.Reasons, "; ")
	case v.Unknown:
		return "unknown: this system does not report CPU pressure"
	}
	return "quiet"
}
