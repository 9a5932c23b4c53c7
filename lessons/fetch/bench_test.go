package fetch_test

import (
	"testing"
	"time"

	"interleave/lessons/fetch"
	"interleave/lessons/kit/measure"
)

// BenchmarkConcurrentOverSequential measures nine requests at once against nine one after another, with a latency of
// 50 ms and a body of 1 kB, and says whether they are 8.5 times as fast: "holds", "fails", or "inconclusive" on a busy
// machine. Its metric is the speed-up.
func BenchmarkConcurrentOverSequential(b *testing.B) {
	for b.Loop() {
		m, err := fetch.Compare(b.Context(), fetch.Plan{
			Requests: fetch.Requests, Latencies: []time.Duration{50 * time.Millisecond}, Bodies: []int{1 << 10}, Rounds: 15})
		if err != nil {
			b.Fatal(err)
		}
		far := m.Far()
		for _, s := range []measure.Sample{far.Sequential, far.Concurrent} {
			sum, err := s.Summary()
			if err != nil {
				b.Fatal(err)
			}
			b.Logf("%s: %v %s", s.Name, sum, s.Unit)
		}
		speedUp, err := far.SpeedUp()
		if err != nil {
			b.Fatal(err)
		}
		b.Logf("speed-up %v; at least 8.5: %s", speedUp, speedUp.AtLeast(8.5, m.Card.Verdict()))
		b.Log(m.Card.Short())
		b.ReportMetric(speedUp.Median, "speedup")
	}
}

// BenchmarkGoAgainstPython measures the talk's four I/O programs in Python and in Go, in turn: at the talk's corner and
// with latency. Its metrics are the ratios of their times; a line of its log has the medians.
func BenchmarkGoAgainstPython(b *testing.B) {
	plan := fetch.DefaultRerunPlan()
	plan.Rounds = 10
	for b.Loop() {
		r, err := fetch.Rerun(b.Context(), plan)
		if err != nil {
			b.Fatal(err)
		}
		if r.Python == nil {
			b.Fatal(r.Note())
		}
		for j, job := range plan.Jobs {
			for _, one := range r.List {
				p, g := r.Sample(one.Program.Model, fetch.Python, false, job), r.Sample(one.Program.Model, fetch.Go, false, job)
				ratio, err := measure.Ratios(g, p)
				if err != nil {
					b.Fatal(err)
				}
				inPython, err := p.Summary()
				if err != nil {
					b.Fatal(err)
				}
				inGo, err := g.Summary()
				if err != nil {
					b.Fatal(err)
				}
				b.Logf("%s, %v: Python %v, Go %v ms, Python / Go %v", one.Program.Model, job, inPython, inGo, ratio)
				b.ReportMetric(ratio.Median, "Python/Go-"+string(one.Program.Model)+[]string{"-corner", "-latency"}[j])
			}
		}
		b.Logf("%s; %s", r.Machine(), r.Python)
	}
}
