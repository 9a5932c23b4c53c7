package ops_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/python"
	"interleave/lessons/ops"
	"interleave/lessons/talk"
)

// BenchmarkGoroutinesOverSequential measures as many goroutines as there are cores against one, in turn, and says
// whether they reach 0.95 times the cores: "holds", "fails", or "inconclusive" on a busy machine. Its metric is the
// speed-up for each core.
func BenchmarkGoroutinesOverSequential(b *testing.B) {
	cores := runtime.GOMAXPROCS(0)
	const job = 300 * time.Millisecond
	variant := func(name string, workers int) measure.Variant {
		return measure.Variant{Name: name, CPUs: float64(workers), Run: func(ctx context.Context) (float64, error) {
			start := time.Now()
			n, err := ops.ByGroup(ctx, workers, job)
			return float64(n) / time.Since(start).Seconds() / 1000, err
		}}
	}
	for b.Loop() {
		r, err := measure.Interleave(b.Context(), measure.Plan{Rounds: 15, Unit: "k ops/s", Collect: true},
			variant("sequential", 1), variant("goroutines", cores))
		if err != nil {
			b.Fatal(err)
		}
		ratio, err := r.Ratio("sequential", "goroutines")
		if err != nil {
			b.Fatal(err)
		}
		logMedians(b, r.Samples)
		bound := 0.95 * float64(cores)
		b.Logf("goroutines / sequential on %d cores: %v; at least %.2f: %s", cores, ratio, bound, ratio.AtLeast(bound, r.Card.Verdict()))
		b.Log(r.Card.Short())
		b.ReportMetric(ratio.Median/float64(cores), "speedup/core")
	}
}

// BenchmarkGoAgainstPython measures the talk's five CPU programs in Python and in Go, in turn. Its metrics are the
// ratios of their speeds.
func BenchmarkGoAgainstPython(b *testing.B) {
	interpreter, err := python.Find(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Log(interpreter)
	for b.Loop() {
		v, err := ops.Compare(b.Context(), ops.Size{Rounds: 10, Job: 300 * time.Millisecond, Workers: ops.TalkWorkers}, interpreter)
		if err != nil {
			b.Fatal(err)
		}
		for _, p := range talk.ByWorkload(talk.CPU) {
			d, err := v.Duel(p.Model)
			if err != nil {
				b.Fatal(err)
			}
			ratio, err := d.Ratio()
			if err != nil {
				b.Fatal(err)
			}
			var medians [2]measure.Summary // a benchmark's log ends after ten lines: one for each program
			for i, side := range d.Sides {
				if medians[i], err = side.Summary(); err != nil {
					b.Fatal(err)
				}
			}
			b.Logf("%s: Python %v, Go (%s) %v k ops/s, Go / Python %v", p.Model, medians[0], d.Start.Name, medians[1], ratio)
			b.ReportMetric(ratio.Median, "Go/Python-"+string(p.Model))
		}
		b.Log(v.Result.Card.Short())
	}
}

func logMedians(b *testing.B, samples []measure.Sample) {
	b.Helper()
	for _, s := range samples {
		sum, err := s.Summary()
		if err != nil {
			b.Fatal(err)
		}
		b.Logf("%s: %v %s", s.Name, sum, s.Unit)
	}
}
