package process

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/pace"
)

// Fetching is an I/O job: so many requests to a server in this process.
type Fetching struct {
	Requests int
	Latency  time.Duration // before the server answers
	Body     int           // bytes of each answer
	Workers  int           // processes
	Runs     int           // of each variant
	Bodies   bool          // leaves the variant out in which bodies do not come back, see [LengthsOnly]
}

// Corner is the talk's I/O job: nine requests without latency for large bodies, and six processes. The talk's
// bodies were two videos and a page whose sizes are not known; here all have 8 MiB.
func Corner() Fetching {
	return Fetching{Requests: 9, Body: pace.Pick(8<<20, 1<<20), Workers: 6, Runs: pace.Runs(10)}
}

// Waiting is the same with small bodies from a server that is 50 ms away; 20 ms in fast mode.
func Waiting() Fetching {
	return Fetching{Requests: 9, Latency: pace.Pick(50*time.Millisecond, 20*time.Millisecond), Body: 1 << 10, Workers: 6, Runs: pace.Runs(10)}
}

// Breakdown is where the wall time of a variant went, in milliseconds, run by run.
type Breakdown struct {
	Name  string
	Start []float64 // until the processes were there
	Work  []float64 // fetching: the mean over the workers
	Rest  []float64 // the rest until all answers were here: sending them on, and workers without work
}

// Totals are the wall times.
func (b Breakdown) Totals() []float64 {
	out := make([]float64, len(b.Work))
	for i := range out {
		out[i] = b.Start[i] + b.Work[i] + b.Rest[i]
	}
	return out
}

// LengthsOnly is the variant of [Fetching.Compare] in which a started pool sends back how long the bodies are.
const LengthsOnly = "pool, lengths only"

// Compare runs the job one request after another, in goroutines, in new processes (as the talk timed them, with
// their start), and in a pool that was started before the clock, in turn. Processes send the bodies back; the last
// variant is the started pool once more, which sends back only how long they are.
func (f Fetching) Compare(ctx context.Context) ([]Breakdown, measure.Card, error) {
	var card measure.Card
	if err := Prepare(ctx); err != nil {
		return nil, card, err
	}
	url, stop, err := serveBodies(ctx, f.Latency, f.Body)
	if err != nil {
		return nil, card, err
	}
	defer stop()
	started, err := NewPool(ctx, f.Workers)
	if err != nil {
		return nil, card, err
	}
	defer started.Close()
	urls := make([]string, f.Requests)
	for i := range urls {
		urls[i] = url
	}
	list := []Breakdown{{Name: Sequential}, {Name: Goroutines}, {Name: NewProcesses}, {Name: StartedPool}, {Name: LengthsOnly}}
	var variants []measure.Variant
	if f.Bodies {
		list = list[:len(list)-1]
	}
	for i, run := range []func() (parts, error){
		func() (parts, error) { return inside(urls, 1) },
		func() (parts, error) { return inside(urls, len(urls)) },
		func() (parts, error) { return fresh(ctx, urls, f.Workers) },
		func() (parts, error) { return pooled(started, "fetch", urls) },
		func() (parts, error) { return pooled(started, "length", urls) },
	}[:len(list)] {
		variants = append(variants, measure.Variant{Name: list[i].Name, Run: func(context.Context) (float64, error) {
			begin := time.Now()
			p, err := run()
			wall := time.Since(begin)
			b := &list[i]
			b.Start, b.Work = append(b.Start, ms(p.start)), append(b.Work, ms(p.work))
			b.Rest = append(b.Rest, ms(max(0, wall-p.start-p.work)))
			return ms(wall), err
		}})
	}
	r, err := measure.Interleave(ctx, crowded(f.Runs, ""), variants...)
	if err != nil {
		return nil, card, fmt.Errorf("process: %w", err)
	}
	for i := range list { // the first round was to warm up
		list[i].Start, list[i].Work, list[i].Rest = list[i].Start[1:], list[i].Work[1:], list[i].Rest[1:]
	}
	return list, r.Card, nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// parts are the parts of a wall time that are known; the rest is what remains.
type parts struct{ start, work time.Duration }

// inside fetches in this process, so many at a time.
func inside(urls []string, workers int) (parts, error) {
	work := make([]time.Duration, workers)
	errs := make([]error, workers)
	bodies := make([][]byte, len(urls))
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(urls) && errs[w] == nil; i += workers {
				start := time.Now()
				bodies[i], errs[w] = fetch(urls[i])
				work[w] += time.Since(start)
			}
		})
	}
	wg.Wait()
	var p parts
	for w := range workers {
		if errs[w] != nil {
			return p, errs[w]
		}
		p.work += work[w] / time.Duration(workers)
	}
	return p, nil
}

// fresh starts a pool for the job.
func fresh(ctx context.Context, urls []string, workers int) (parts, error) {
	begin := time.Now()
	pool, err := NewPool(ctx, workers)
	if err != nil {
		return parts{}, err
	}
	defer pool.Close()
	start := time.Since(begin)
	p, err := pooled(pool, "fetch", urls)
	p.start = start
	return p, err
}

// pooled fetches by a pool; what comes back is what the function gives.
func pooled(pool *Pool, function string, urls []string) (parts, error) {
	futures := make([]<-chan Answer, len(urls))
	for i, url := range urls {
		futures[i] = pool.ApplyAsync(function, url)
	}
	var p parts
	for _, future := range futures {
		a := <-future
		if a.Err != nil {
			return p, a.Err
		}
		p.work += a.Busy / time.Duration(pool.Size())
	}
	return p, nil
}

// serveBodies serves a body of so many bytes after a latency. Stop ends the server and waits for that.
func serveBodies(ctx context.Context, latency time.Duration, size int) (url string, stop func(), err error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("process: %w", err)
	}
	body := bytes.Repeat([]byte("interleave"), size/10+1)[:size]
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(latency):
			w.Write(body)
		case <-r.Context().Done():
		}
	})}
	var wg sync.WaitGroup
	wg.Go(func() { server.Serve(l) })
	return "http://" + l.Addr().String(), func() {
		server.Close()
		wg.Wait()
		http.DefaultClient.CloseIdleConnections()
	}, nil
}
