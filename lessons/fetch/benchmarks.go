package fetch

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/python"
	"interleave/lessons/talk"
)

// The languages, and what runs them.
const (
	Python = "Python"
	Free   = "Python, free-threaded" // the build; whether its lock is off, Benchmarks.Free tells
	Go     = "Go"
)

// Row is one program at one job.
type Row struct {
	Language string
	Started  bool // the pool was there before; otherwise its start is part of the time
	Job      Job
	Sample   measure.Sample // ms
	Rings    []float64      // what the talk recorded of it: the median, in ms
}

// Name labels the row: "Python, 50 ms x 1 kB".
func (r Row) Name() string {
	if r.Started {
		return r.Language + " (started), " + r.Job.String()
	}
	return r.Language + ", " + r.Job.String()
}

// Benchmark is one of the talk's four I/O benchmarks, in Python and in Go.
type Benchmark struct {
	Program talk.Program
	Python  string // what does it in Python
	Go      string // and in Go
	Rows    []Row
}

// Benchmarks is what [Rerun] measured.
type Benchmarks struct {
	Plan   RerunPlan
	Python *python.Interpreter // nil where there is none
	Free   *python.Interpreter // the free-threaded one; nil where there is none
	Start  string              // how Python's pool starts its processes: "fork", "forkserver" or "spawn"
	List   []Benchmark
	Card   measure.Card

	missing, missingFree error
}

// Note says which Pythons ran the programs, or that there is none here and what to do.
func (b *Benchmarks) Note() string {
	lines := make([]string, 0, 2)
	if b.Python == nil {
		lines = append(lines, "Python: NOT MEASURED HERE, "+b.missing.Error())
	} else {
		lines = append(lines, fmt.Sprintf("%v; its pool starts processes by %s", b.Python, b.Start))
	}
	if b.Free == nil {
		lines = append(lines, Free+": NOT MEASURED HERE, "+b.missingFree.Error())
	} else {
		lines = append(lines, b.Free.String())
	}
	return strings.Join(lines, "\n")
}

// Machine is the machine card in one line. Six processes on a few CPUs wait for a CPU in any case, so it is NOISY by
// the pressure in the rounds that need hardly any CPU: one request at a time, with latency.
func (b *Benchmarks) Machine() string {
	calm := b.Sample(talk.Sequential, Go, false, b.Plan.Jobs[len(b.Plan.Jobs)-1])
	if p := pressure(calm.Readings); p > measure.MaxPressure {
		return fmt.Sprintf("%s, NOISY: %.0f %% even when one request at a time was waited for", b.Card.Short(), p)
	}
	return b.Card.Short()
}

// pressure is the share of the time, in percent, in which tasks waited for a CPU; -1 if unknown.
func pressure(readings []measure.Reading) float64 {
	var wall, stall time.Duration
	for _, r := range readings {
		if r.Stall < 0 {
			return -1
		}
		wall, stall = wall+r.Wall, stall+r.Stall
	}
	if wall == 0 {
		return -1
	}
	return 100 * float64(stall) / float64(wall)
}

// Find returns the benchmark of a model.
func (b *Benchmarks) Find(m talk.Model) Benchmark {
	i := slices.IndexFunc(b.List, func(x Benchmark) bool { return x.Program.Model == m })
	return b.List[i] // all four are always there
}

// Sample returns the values of a model in a language at a job, empty if it was not measured.
func (b *Benchmarks) Sample(m talk.Model, language string, started bool, j Job) measure.Sample {
	for _, r := range b.Find(m).Rows {
		if r.Language == language && r.Started == started && r.Job == j {
			return r.Sample
		}
	}
	return measure.Sample{}
}

// Table is the medians of all rows, and how Go compares with Python at the same job.
func (b *Benchmarks) Table() (header []string, rows [][]string) {
	header = []string{"benchmark", "at", "Python (ms)", "Go (ms)", "Python / Go"}
	for _, one := range b.List {
		for _, goRow := range one.Rows {
			if goRow.Language != Go {
				continue
			}
			row := []string{way(one.Program.Model, goRow.Started), goRow.Job.String(), "not measured", summary(goRow.Sample), ""}
			if p := b.Sample(one.Program.Model, Python, goRow.Started, goRow.Job); len(p.Values) > 0 {
				row[2] = summary(p)
				if ratio, err := measure.Ratios(goRow.Sample, p); err == nil {
					row[4] = interval(ratio)
				}
			}
			rows = append(rows, row)
		}
	}
	return header, rows
}

// SpeedUps is each way against sequential in the same language, the quotient of the times, so that above 1 it wins:
// in the talk, where the recorded medians are divided, and here at each job.
func (b *Benchmarks) SpeedUps() (header []string, rows [][]string) {
	header = []string{"sequential /", "talk 2019"}
	languages := []string{Python, Go}
	if b.Free != nil {
		languages = []string{Python, Free, Go}
	}
	for _, language := range languages {
		for _, job := range b.Plan.Jobs {
			header = append(header, language+", "+job.String())
		}
	}
	for _, one := range b.List[1:] {
		recorded, err := measure.CompareAll(talk.Sample(one.Program), talk.Sample(b.List[0].Program))
		if err != nil {
			continue // recorded data, which a test reads
		}
		for _, started := range []bool{false, true} {
			if started && one.Program.Model != talk.MultiprocessingPool {
				continue
			}
			row := []string{way(one.Program.Model, started), fmt.Sprintf("%.2f", recorded[0].Ratio)}
			if !recorded[0].Significant {
				row[1] += " ~"
			}
			if started {
				row[1] = "not measured"
			}
			for _, language := range languages {
				for _, job := range b.Plan.Jobs {
					row = append(row, quotient(b.Sample(talk.Sequential, language, false, job),
						b.Sample(one.Program.Model, language, started, job)))
				}
			}
			rows = append(rows, row)
		}
	}
	return header, rows
}

// quotient is base / other round by round, with "~" when the interval contains 1.
func quotient(base, other measure.Sample) string {
	if len(base.Values) == 0 || len(other.Values) == 0 {
		return "not measured"
	}
	q, err := measure.Ratios(other, base)
	if err != nil {
		return err.Error()
	}
	text := interval(q)
	if q.Claimed && q.Lo <= 1 && q.Hi >= 1 {
		text += " ~"
	}
	return text
}

// way names a model for a row of a table.
func way(m talk.Model, started bool) string {
	switch {
	case started:
		return "pool, started before"
	case m == talk.MultiprocessingPool:
		return "pool of 6"
	}
	return string(m)
}

func summary(s measure.Sample) string {
	sum, err := s.Summary()
	if err != nil {
		return err.Error()
	}
	return strings.TrimSuffix(sum.String(), fmt.Sprintf(" n=%d", sum.N))
}

// interval writes a quotient of a few: "6.70 [5.83, 7.63]".
func interval(q measure.Summary) string {
	if !q.Claimed {
		return q.String()
	}
	return fmt.Sprintf("%.2f [%.2f, %.2f]", q.Median, q.Lo, q.Hi)
}
