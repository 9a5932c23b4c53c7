package fetch

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/pace"
)

// Requests is how many the talk's programs made.
const Requests = 9

// Plan is what [Compare] measures: each latency with each size of body.
type Plan struct {
	Requests  int             // in one go
	Latencies []time.Duration // ascending
	Bodies    []int           // bytes, ascending
	Rounds    int             // kept; the first is dropped
	Progress  func(measure.Progress)
}

// DefaultPlan is 9 requests, latencies from 0 to 50 ms, bodies from 1 to 8192 kB, 10 rounds; in fast mode up to
// 5 ms, to 1024 kB and 6 rounds.
func DefaultPlan() Plan {
	ms := pace.Pick([]int{0, 1, 5, 20, 50}, []int{0, 1, 5})
	kB := pace.Pick([]int{1, 256, 8192}, []int{1, 128, 1024})
	p := Plan{Requests: Requests, Rounds: pace.Runs(10)}
	for _, l := range ms {
		p.Latencies = append(p.Latencies, time.Duration(l)*time.Millisecond)
	}
	for _, b := range kB {
		p.Bodies = append(p.Bodies, b<<10)
	}
	return p
}

// Cell is one latency and size: how long the requests took one after another, and all at once, in ms.
type Cell struct {
	Job
	Sequential, Concurrent measure.Sample
}

// SpeedUps are the quotients sequential / concurrent, round by round: above 1 goroutines win.
func (c Cell) SpeedUps() []float64 {
	list := make([]float64, len(c.Sequential.Values))
	for i, v := range c.Sequential.Values {
		list[i] = v / c.Concurrent.Values[i]
	}
	return list
}

// SpeedUp is the median of [Cell.SpeedUps] with its interval.
func (c Cell) SpeedUp() (measure.Summary, error) { return measure.Ratios(c.Concurrent, c.Sequential) }

// Map is what was measured: a row for each size, a column for each latency.
type Map struct {
	Plan Plan
	Rows [][]Cell
	Card measure.Card
}

// Compare measures a plan against a server of its own, on the loopback interface. Sequential and concurrent
// alternate, cell by cell and round by round. The parts of the machine card that count CPUs count client and server
// together: they share the process.
func Compare(ctx context.Context, plan Plan) (*Map, error) {
	server, err := Listen(ctx, 0)
	if err != nil {
		return nil, err
	}
	defer server.Close()
	client := NewClient(plan.Requests)
	defer client.CloseIdleConnections()
	m := &Map{Plan: plan}
	var variants []measure.Variant
	for _, body := range plan.Bodies {
		for _, latency := range plan.Latencies {
			job := Job{latency, body}
			variants = append(variants,
				run(job.String()+sequentially, Sequential, server, client, plan.Requests, job),
				run(job.String()+concurrently, Concurrent, server, client, plan.Requests, job))
		}
	}
	r, err := measure.Interleave(ctx, measure.Plan{Rounds: plan.Rounds, Collect: true, Progress: plan.Progress}, variants...)
	if err != nil {
		return nil, err
	}
	m.Card = r.Card
	for b, body := range plan.Bodies {
		var row []Cell
		for l, latency := range plan.Latencies {
			i := 2 * (b*len(plan.Latencies) + l)
			row = append(row, Cell{Job{latency, body}, r.Samples[i], r.Samples[i+1]})
		}
		m.Rows = append(m.Rows, row)
	}
	return m, nil
}

// What the variants of a job are called, after the job.
const (
	sequentially = ", one after another"
	concurrently = ", all at once"
)

// CPUs is how many CPUs client and server together kept busy on a cell, one after another and all at once; 0 if
// the system does not tell.
func (m *Map) CPUs(c Cell) (sequential, concurrent float64) {
	for _, u := range m.Card.Uses {
		switch u.Variant {
		case c.Job.String() + sequentially:
			sequential = u.Used
		case c.Job.String() + concurrently:
			concurrent = u.Used
		}
	}
	return sequential, concurrent
}

// run is a variant that fetches the job so often, in ms.
func run(name string, get func(context.Context, *http.Client, []string) ([]int64, error),
	s *Server, c *http.Client, requests int, job Job) measure.Variant {
	urls := s.URLs(requests, job)
	return measure.Variant{Name: name, Run: func(ctx context.Context) (float64, error) {
		start := time.Now()
		sizes, err := get(ctx, c, urls)
		took := time.Since(start)
		for _, n := range sizes {
			if n != int64(job.Body) && err == nil {
				err = fmt.Errorf("fetch: a body of %d bytes instead of %d", n, job.Body)
			}
		}
		return float64(took) / float64(time.Millisecond), err
	}}
}

// SpeedUps are those of all cells, as a heat map takes them: [row][column].
func (m *Map) SpeedUps() [][][]float64 {
	var all [][][]float64
	for _, row := range m.Rows {
		var list [][]float64
		for _, c := range row {
			list = append(list, c.SpeedUps())
		}
		all = append(all, list)
	}
	return all
}

// Columns label the columns.
func (m *Map) Columns() (list []string) {
	for _, l := range m.Plan.Latencies {
		list = append(list, Milliseconds(l))
	}
	return list
}

// Names label the rows.
func (m *Map) Names() (list []string) {
	for _, b := range m.Plan.Bodies {
		list = append(list, Bytes(b))
	}
	return list
}

// Corner is where the talk measured: no latency, the largest body.
func (m *Map) Corner() Cell { return m.Rows[len(m.Rows)-1][0] }

// Far is the opposite: the longest latency, the smallest body.
func (m *Map) Far() Cell { return m.Rows[0][len(m.Rows[0])-1] }
