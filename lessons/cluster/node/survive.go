package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"interleave/lessons/cluster"
	"interleave/lessons/kit/work"
)

// jobLength is how long a job of survive takes on a calm machine.
const jobLength = 20 * time.Millisecond

// survive runs jobs and kills a worker in the middle of one of them.
func survive(ctx context.Context, o options) (*cluster.Report, error) {
	q, err := openQueue(ctx, o)
	if err != nil {
		return nil, err
	}
	defer q.close()
	begin := time.Now()
	jobs := make([]message, o.jobs)
	for i := range jobs {
		jobs[i] = message{ID: fmt.Sprint("job.", i+1), N: i + 1, Rounds: work.Calibrate(time.Millisecond).Times(ms(jobLength)).Rounds()}
	}
	fatal := ""
	if len(jobs) > 0 {
		fatal = jobs[len(jobs)/2].ID
	}
	events := make(chan *nats.Msg, 10*o.jobs+100) // filled in the order in which the server answers
	sub, err := q.conn.ChanSubscribe(q.name+".events", events)
	if err != nil {
		return nil, err
	}
	if err := q.conn.Flush(); err != nil { // the server knows of the subscription
		return nil, err
	}
	workers := newCrew(ctx, place{URL: q.url, Run: q.name, Fatal: fatal, At: cluster.Moment(o.at)})
	defer workers.close()
	for range o.workers {
		if err := workers.hire(); err != nil {
			return nil, err
		}
	}
	if err := q.publishAll(ctx, jobs); err != nil {
		return nil, err
	}
	r := &cluster.Report{Server: q.conn.ConnectedServerVersion(), Twice: min(2, o.jobs)}
	if err := q.publishAll(ctx, jobs[:r.Twice]); err != nil {
		return nil, err
	}
	all, err := q.watchOver(ctx, workers, events, r)
	if err != nil {
		return nil, err
	}
	r.Wall = time.Since(begin)
	if err := sub.Unsubscribe(); err != nil {
		return nil, err
	}
	return r, q.outcomes(ctx, jobs, all, r)
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// watchOver kills and replaces the worker that has reached the moment, and returns all events when the queue is empty.
func (q *queue) watchOver(ctx context.Context, workers *crew, events chan *nats.Msg, r *cluster.Report) ([]cluster.Event, error) {
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	var all []cluster.Event
	for {
		select {
		case m := <-events:
			var e cluster.Event
			if err := json.Unmarshal(m.Data, &e); err != nil {
				return nil, fmt.Errorf("read event: %w", err)
			}
			all = append(all, e)
			if e.Job != workers.place.Fatal || e.What != string(workers.place.At) || len(r.Killed) > 0 || !workers.kill(e.Worker) {
				continue
			}
			e.What = "killed"
			r.Killed, all = append(r.Killed, e), append(all, e)
			if err := workers.hire(); err != nil {
				return nil, err
			}
		case <-look.C:
			info, err := q.stream.Info(ctx)
			if err != nil {
				return nil, fmt.Errorf("look at the queue: %w", err)
			}
			if info.State.Msgs > 0 || len(events) > 0 {
				continue
			}
			return all, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// outcomes reads what lies in the store.
func (q *queue) outcomes(ctx context.Context, jobs []message, all []cluster.Event, r *cluster.Report) error {
	begun := map[string]int{}
	for _, e := range all {
		if e.What == "started" {
			begun[e.Job]++
		}
	}
	for _, e := range all {
		if begun[e.Job] > 1 {
			r.Events = append(r.Events, e)
		}
	}
	for _, j := range jobs {
		out := cluster.Outcome{Job: j.ID, Attempts: begun[j.ID]}
		history, err := q.results.History(ctx, j.ID)
		if err != nil && !errors.Is(err, jetstream.ErrKeyNotFound) {
			return fmt.Errorf("read the result of %s: %w", j.ID, err)
		}
		for _, entry := range history {
			var v result
			if err := json.Unmarshal(entry.Value(), &v); err != nil {
				return fmt.Errorf("read the result of %s: %w", j.ID, err)
			}
			out.Results++
			out.Value = v.Value
		}
		r.Outcomes = append(r.Outcomes, out)
	}
	info, err := q.stream.Info(ctx)
	if err != nil {
		return fmt.Errorf("look at the queue: %w", err)
	}
	r.Left = int(info.State.Msgs)
	return nil
}
