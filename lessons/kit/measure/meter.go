package measure

import (
	"context"
	"time"
)

// Reading is what the machine did while one value was taken.
type Reading struct {
	Wall time.Duration
	// CPU is the user and system time of this process and of the children it waited for; CPUKnown is false
	// where the system does not tell.
	CPU      time.Duration
	CPUKnown bool
	// Stall is how long some task of the machine waited for a CPU (PSI "some", total), -1 if unknown.
	Stall time.Duration
	// Steal is the time that a hypervisor took from all CPUs together, in steps of 10 ms, -1 if unknown.
	Steal time.Duration
}

// CPUsUsed is CPU time over wall time: 1 means that one CPU was busy throughout. It is 0 if unknown.
func (r Reading) CPUsUsed() float64 {
	if !r.CPUKnown || r.Wall <= 0 {
		return 0
	}
	return float64(r.CPU) / float64(r.Wall)
}

// plus adds the wall time and the stall of another reading, as far as it is known.
func (r Reading) plus(o Reading) Reading {
	if o.Stall >= 0 {
		r.Stall = max(0, r.Stall) + o.Stall
		r.Wall += o.Wall
	}
	return r
}

// pressure is the share of the time, in percent, in which some task waited for a CPU; -1 if unknown.
func (r Reading) pressure() float64 {
	if r.Stall < 0 || r.Wall <= 0 {
		return -1
	}
	return 100 * float64(r.Stall) / float64(r.Wall)
}

// Meter measures one [Reading]. It is not safe for concurrent use, and two meters running at once both count the
// CPU time of the whole process.
type Meter struct {
	start    time.Time
	cpu      time.Duration
	cpuKnown bool
	stall    time.Duration
	steal    time.Duration
}

// StartMeter starts a meter. Reading the counters takes some tens of microseconds, before the clock starts and
// after it stops.
func StartMeter() Meter {
	m := Meter{stall: host.pressure().Total, steal: host.steal()}
	m.cpu, m.cpuKnown = cpuTime()
	m.start = time.Now()
	return m
}

// Stop returns what happened since the start. It may be called again for a later reading.
func (m Meter) Stop() Reading {
	r := Reading{Wall: time.Since(m.start), Stall: -1, Steal: -1}
	if cpu, ok := cpuTime(); ok && m.cpuKnown {
		r.CPU, r.CPUKnown = cpu-m.cpu, true
	}
	if total := host.pressure().Total; total >= 0 && m.stall >= 0 {
		r.Stall = total - m.stall
	}
	if steal := host.steal(); steal >= 0 && m.steal >= 0 {
		r.Steal = steal - m.steal
	}
	return r
}

// settle waits until the machine is calm, for at most limit, and returns ctx's error if that ends first.
func settle(ctx context.Context, limit time.Duration) error {
	if limit <= 0 || host.pressure().Avg10 <= MaxPressure {
		return ctx.Err()
	}
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for host.pressure().Avg10 > MaxPressure {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-deadline.C:
			return nil
		case <-tick.C:
		}
	}
	return nil
}
