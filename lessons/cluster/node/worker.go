package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"interleave/lessons/cluster"
	"interleave/lessons/kit/work"
	"interleave/lessons/process"
)

// place is what a worker needs to know. The job that is to cost a worker its life is only for the experiment: the
// first who has it stops at the moment that is asked for, says so, and waits to be killed.
type place struct {
	URL, Run, Worker string
	Fatal            string // id of that job
	At               cluster.Moment
}

// consumeJob is the registered function: it works until the process is ended.
func consumeJob(config string) (bool, error) {
	var p place
	if err := json.Unmarshal([]byte(config), &p); err != nil {
		return false, err
	}
	return true, consume(context.Background(), p)
}

// join is a worker in its own right. It waits for the run to begin, and for the next of that name when it has ended.
func join(ctx context.Context, o options) error {
	if o.url == "" || o.run == "" {
		return errors.New("node: join needs -url and -run")
	}
	host, _ := os.Hostname() // only a name to show
	for ctx.Err() == nil {
		err := consume(ctx, place{URL: o.url, Run: o.run, Worker: fmt.Sprintf("%s/%d", host, os.Getpid())})
		if err != nil && !gone(err) {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
	return nil
}

// gone tells a run that has not begun yet, or has ended.
func gone(err error) bool {
	return errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrConsumerNotFound) ||
		errors.Is(err, jetstream.ErrBucketNotFound) || errors.Is(err, jetstream.ErrConsumerDeleted) ||
		errors.Is(err, jetstream.ErrNoHeartbeat) || errors.Is(err, jetstream.ErrMsgIteratorClosed) || errors.Is(err, context.Canceled)
}

// consume does jobs, one at a time.
func consume(ctx context.Context, p place) error {
	q, err := connect(p.URL)
	if err != nil {
		return err
	}
	defer q.conn.Close()
	if q.results, err = q.js.KeyValue(ctx, p.Run); err != nil {
		return err
	}
	if q.jobs, err = q.js.Consumer(ctx, p.Run, "workers"); err != nil {
		return err
	}
	messages, err := q.jobs.Messages(jetstream.PullMaxMessages(1)) // no stock of jobs that others could do
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, messages.Stop)()
	for {
		m, err := messages.Next()
		if err != nil {
			return err
		}
		if err := q.do(ctx, p, m); err != nil {
			return err
		}
	}
}

// do does a job: work, store, acknowledge, in this order.
func (q *queue) do(ctx context.Context, p place, m jetstream.Msg) error {
	var job message
	if err := json.Unmarshal(m.Data(), &job); err != nil {
		return m.TermWithReason("not a job: " + err.Error()) // it would come back for ever
	}
	meta, err := m.Metadata()
	if err != nil {
		return err
	}
	say := func(what string) error {
		data, err := json.Marshal(cluster.Event{Job: job.ID, Attempt: int(meta.NumDelivered), Worker: p.Worker, What: what})
		if err != nil {
			return err
		}
		return q.conn.Publish(p.Run+".events", data)
	}
	reach := func(at cluster.Moment) error {
		if job.ID != p.Fatal || at != p.At || meta.NumDelivered > 1 {
			return nil
		}
		if err := errors.Join(say(string(at)), q.conn.Flush()); err != nil {
			return err
		}
		select {} // SIGKILL is on its way
	}
	if p.Fatal != "" {
		if err := say("started"); err != nil {
			return err
		}
	}
	stop := signsOfLife(m)
	defer stop()
	work.Rounds(job.Rounds / 2).Do()
	if err := reach(cluster.Half); err != nil {
		return err
	}
	work.Rounds(job.Rounds - job.Rounds/2).Do()
	data, err := json.Marshal(result{job.N * job.N})
	if err != nil {
		return err
	}
	what := "stored"
	if _, err := q.results.Create(ctx, job.ID, data); errors.Is(err, jetstream.ErrKeyExists) {
		what = "found" // somebody has stored it before and could not say so any more
	} else if err != nil {
		return fmt.Errorf("store the result of %s: %w", job.ID, err)
	}
	if err := reach(cluster.Stored); err != nil {
		return err
	}
	if p.Fatal != "" {
		if err := say(what); err != nil {
			return err
		}
	}
	return m.Ack()
}

// signsOfLife tells the server now and then that the job is being worked on, until stop.
func signsOfLife(m jetstream.Msg) (stop func()) {
	done := make(chan bool)
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(ackWait / 3)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				_ = m.InProgress() // if it does not get through, somebody else does the job, too
			case <-done:
				return
			}
		}
	})
	return func() { close(done); wg.Wait() }
}

// crew is the workers of this process.
type crew struct {
	ctx     context.Context
	place   place
	mu      sync.Mutex
	workers map[string]*process.Process
	started int
	waiting sync.WaitGroup
}

func newCrew(ctx context.Context, p place) *crew {
	return &crew{ctx: ctx, place: p, workers: map[string]*process.Process{}}
}

// hire starts a worker.
func (c *crew) hire() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.started++
	p := c.place
	p.Worker = fmt.Sprint("worker ", c.started)
	config, err := json.Marshal(p)
	if err != nil {
		return err
	}
	w, err := process.Start(c.ctx)
	if err != nil {
		return err
	}
	c.workers[p.Worker] = w
	c.waiting.Go(func() {
		a := w.Call(process.Job{Func: "consume", Arg: string(config)})
		if a.Err != nil && !errors.Is(a.Err, process.ErrCrashed) {
			fmt.Fprintf(os.Stderr, "%s: %v\n", p.Worker, a.Err)
		}
	})
	return nil
}

// kill ends a worker by SIGKILL; false if there is none of that name.
func (c *crew) kill(name string) bool {
	c.mu.Lock()
	w := c.workers[name]
	delete(c.workers, name)
	c.mu.Unlock()
	if w != nil {
		w.Kill()
		w.Close()
	}
	return w != nil
}

// close ends all of them.
func (c *crew) close() {
	c.mu.Lock()
	var names []string
	for name := range c.workers {
		names = append(names, name)
	}
	c.mu.Unlock()
	for _, name := range names {
		c.kill(name)
	}
	c.waiting.Wait()
}
