package fetch

import (
	"context"
	"net/http"
	"sync"
	"time"

	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/pace"
)

// LoadPlan is what [Load] measures.
type LoadPlan struct {
	Job      Job
	Capacity int   // of the server: requests served at once
	AtOnce   []int // requests at the server, queue included; ascending
	Window   time.Duration
	Rounds   int
	Progress func(measure.Progress)
}

// DefaultLoadPlan is a server of 16 places that takes 5 ms for 1 kB, with 1 to 256 requests, counted for 100 ms, 7
// rounds; in fast mode up to 64, for 40 ms, 6 rounds.
func DefaultLoadPlan() LoadPlan {
	return LoadPlan{
		Job: Job{5 * time.Millisecond, 1 << 10}, Capacity: 16,
		AtOnce: pace.Pick([]int{1, 2, 4, 8, 16, 32, 64, 128, 256}, []int{1, 4, 16, 64}),
		Window: pace.Pick(100*time.Millisecond, 40*time.Millisecond), Rounds: pace.Runs(7),
	}
}

// Light is the throughput of one request at a time, in requests/s: one over the latency.
func (p LoadPlan) Light() float64 { return 1 / p.Job.Latency.Seconds() }

// Most is the most that the server can do, in requests/s: its places over the latency.
func (p LoadPlan) Most() float64 { return float64(p.Capacity) / p.Job.Latency.Seconds() }

// Point is what so many requests at once gave, round by round.
type Point struct {
	AtOnce     int
	Throughput []float64 // requests/s
	Response   []float64 // ms, the mean of the requests that ended in the window
}

// Little is throughput x response time, round by round. Little's law says that it is the number of requests at the
// server: AtOnce. (Little: A Proof for the Queuing Formula L = λW, 1961.)
func (p Point) Little() []float64 {
	list := make([]float64, len(p.Throughput))
	for i, x := range p.Throughput {
		list[i] = x * p.Response[i] / 1000
	}
	return list
}

// Curve is throughput and response time by the number of requests at once.
type Curve struct {
	Plan   LoadPlan
	Points []Point
	Card   measure.Card
}

// Load measures a plan against a server of its own, on the loopback interface: for each number as many goroutines
// send one request after another, so that this number is always at the server. Numbers take turns round by round;
// the first round opens the connections and is dropped.
func Load(ctx context.Context, plan LoadPlan) (*Curve, error) {
	server, err := Listen(ctx, plan.Capacity)
	if err != nil {
		return nil, err
	}
	defer server.Close()
	most := 1
	for _, n := range plan.AtOnce {
		most = max(most, n)
	}
	client := NewClient(most)
	defer client.CloseIdleConnections()
	c := &Curve{Plan: plan, Points: make([]Point, len(plan.AtOnce))}
	var variants []measure.Variant
	for i, n := range plan.AtOnce {
		p := &c.Points[i]
		p.AtOnce = n
		variants = append(variants, measure.Variant{Name: measure.Format(float64(n)), Run: func(ctx context.Context) (float64, error) {
			l := load{client: client, url: server.URL(plan.Job), n: n, ramp: plan.ramp(n), window: plan.Window}
			throughput, response, err := l.run(ctx)
			p.Response = append(p.Response, response)
			return throughput, err
		}})
	}
	r, err := measure.Interleave(ctx, measure.Plan{Rounds: plan.Rounds, Unit: "requests/s", Progress: plan.Progress}, variants...)
	if err != nil {
		return nil, err
	}
	for i, s := range r.Samples {
		c.Points[i].Throughput = s.Values
		c.Points[i].Response = c.Points[i].Response[1:] // the warm-up
	}
	c.Card = r.Card
	return c, nil
}

// ramp is how long the first requests take, which all come at the same moment: as many waves as the server needs.
func (p LoadPlan) ramp(n int) time.Duration {
	waves := 1
	if p.Capacity > 0 {
		waves = (n + p.Capacity - 1) / p.Capacity
	}
	return p.Job.Latency * time.Duration(waves+1)
}

// load keeps n requests at a server and counts those that end in a window after the ramp. On a machine so busy that
// fewer than n end in it, the window is longer.
type load struct {
	client       *http.Client
	url          string
	n            int
	ramp, window time.Duration
}

// tally is what ended in the window. It is safe for concurrent use.
type tally struct {
	mu         sync.Mutex
	begin, end time.Time
	n          int // at least
	ended      int
	waited     time.Duration
	last       time.Time
}

// add counts a request, and reports whether to go on.
func (t *tally) add(start, end time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if end.Before(t.begin) {
		return true
	}
	if !end.Before(t.end) && t.ended >= t.n {
		return false
	}
	t.ended++
	t.waited += end.Sub(start)
	t.last = end
	return true
}

// run returns requests/s and the mean response time in ms.
func (l load) run(ctx context.Context) (throughput, response float64, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	begin := time.Now().Add(l.ramp)
	t := tally{begin: begin, end: begin.Add(l.window), n: l.n}
	var wg sync.WaitGroup
	for range l.n {
		wg.Go(func() {
			start := time.Now()
			for more := true; more; {
				if _, err := Get(ctx, l.client, l.url); err != nil {
					cancel(err)
					return
				}
				now := time.Now()
				more = t.add(start, now)
				start = now
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return 0, 0, context.Cause(ctx)
	}
	window := max(l.window, t.last.Sub(begin))
	response = float64(t.waited) / float64(t.ended) / float64(time.Millisecond)
	return float64(t.ended) / window.Seconds(), response, nil
}
