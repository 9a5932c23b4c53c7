package main

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"interleave/lessons/cluster"
	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/work"
	"interleave/lessons/process"
)

// swept is what sweep prints.
type swept struct {
	Points []cluster.Point
	Card   measure.Card
}

// most is how many jobs the work of each worker is cut into at most.
const most = 200

// sweep measures batches of jobs of each length in three ways.
func sweep(ctx context.Context, o options) (*swept, error) {
	if o.workers == 0 || len(o.lengths) == 0 {
		return nil, fmt.Errorf("node: sweep needs workers and lengths")
	}
	q, err := openQueue(ctx, o)
	if err != nil {
		return nil, err
	}
	defer q.close()
	workers := newCrew(ctx, place{URL: q.url, Run: q.name})
	defer workers.close()
	for range o.workers {
		if err := workers.hire(); err != nil {
			return nil, err
		}
	}
	pool, err := process.NewPool(ctx, o.workers)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	pair, err := openPair(ctx, q.url)
	if err != nil {
		return nil, err
	}
	defer pair.close()
	s := &swept{}
	var variants []measure.Variant
	runs := 0
	unit := work.Calibrate(time.Millisecond)
	for _, length := range o.lengths {
		n := max(2*o.workers, min(most*o.workers, int(o.batch/length)*o.workers))
		s.Points = append(s.Points, cluster.Point{Length: length, Jobs: n})
		args := make([]int, n)
		for i := range args {
			args[i] = unit.Times(ms(length)).Rounds()
		}
		variants = append(variants, timed("goroutines", length, func() error { process.InGoroutines(args); return nil }),
			timed("pool", length, func() error { _, err := process.Map[int](pool, "work", args); return err }),
			measure.Variant{Name: fmt.Sprint("NATS ", length), Run: func(ctx context.Context) (float64, error) {
				runs++
				return q.run(ctx, fmt.Sprint("run", runs), args)
			}})
		if pair != nil {
			variants = append(variants, pair.variants(length, args)...)
		}
	}
	// The workers are processes, and with this one they are more than there are CPUs.
	r, err := measure.Interleave(ctx, measure.Plan{Rounds: o.rounds, Crowded: true, Pause: 10 * time.Millisecond}, variants...)
	if err != nil {
		return nil, err
	}
	each := len(variants) / len(s.Points)
	for i := range s.Points {
		p, samples := &s.Points[i], r.Samples[i*each:]
		p.Goroutines, p.Pool, p.NATS = samples[0].Values, samples[1].Values, samples[2].Values
		if pair != nil {
			p.Alone, p.Two = samples[3].Values, samples[4].Values
		}
	}
	s.Card = r.Card
	return s, nil
}

func timed(name string, length time.Duration, run func() error) measure.Variant {
	return measure.Variant{Name: fmt.Sprint(name, " ", length), Run: func(context.Context) (float64, error) {
		start := time.Now()
		err := run()
		return ms(time.Since(start)), err
	}}
}

// run puts jobs into the queue and waits for their results: the time from the first job to the last result.
func (q *queue) run(ctx context.Context, name string, args []int) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	watcher, err := q.results.Watch(ctx, name+".*", jetstream.UpdatesOnly())
	if err != nil {
		return 0, fmt.Errorf("watch for results: %w", err)
	}
	defer watcher.Stop()
	jobs := make([]message, len(args))
	for i, rounds := range args {
		jobs[i] = message{ID: fmt.Sprint(name, ".", i), N: i, Rounds: rounds}
	}
	start := time.Now()
	if err := q.publishAll(ctx, jobs); err != nil {
		return 0, err
	}
	for range args {
		select {
		case <-watcher.Updates():
		case <-ctx.Done():
			return 0, fmt.Errorf("wait for results of %s: %w", name, ctx.Err())
		}
	}
	return ms(time.Since(start)), nil
}
