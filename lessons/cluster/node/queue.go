package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// queue is the jobs and the results of one run.
type queue struct {
	name    string
	url     string // by which workers reach it
	conn    *nats.Conn
	js      jetstream.JetStream
	jobs    jetstream.Consumer
	results jetstream.KeyValue
	stream  jetstream.Stream // nil for a worker
	server  *embedded        // nil when it is somebody else's
}

// message is a job.
type message struct {
	ID     string // "survive.7": the key of its result, and what duplicates are told by
	N      int
	Rounds int // of arithmetic, see package work
}

// result is what is stored.
type result struct{ Value int }

// ackWait is after how long without a sign of life a job is given to somebody else. Workers give one three times as
// often.
const ackWait = 600 * time.Millisecond

func connect(url string) (*queue, error) {
	conn, err := nats.Connect(url, nats.Name("interleave"), nats.Timeout(10*time.Second))
	if err != nil {
		return nil, fmt.Errorf("connect to NATS (does a server listen there?): %w", err)
	}
	js, err := jetstream.New(conn)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("JetStream: %w", err)
	}
	return &queue{url: url, conn: conn, js: js}, nil
}

// openQueue makes the stream, the consumer and the bucket of a run, on a server of its own unless there is a URL.
func openQueue(ctx context.Context, o options) (q *queue, err error) {
	var own *embedded
	if o.url == "" {
		if own, err = startServer(o.dir); err != nil {
			return nil, err
		}
		o.url = own.url
	}
	q, err = connect(o.url)
	if err != nil {
		if own != nil {
			own.close()
		}
		return nil, err
	}
	q.server = own
	if q.name = o.run; q.name == "" {
		q.name = "interleave-" + rand.Text()
	}
	if err := q.create(ctx); err != nil {
		q.close()
		return nil, fmt.Errorf("JetStream (is it enabled on that server?): %w", err)
	}
	return q, nil
}

func (q *queue) create(ctx context.Context) (err error) {
	q.stream, err = q.js.CreateStream(ctx, jetstream.StreamConfig{
		Name: q.name, Subjects: []string{q.name + ".jobs"},
		Retention:  jetstream.WorkQueuePolicy, // a message goes when it is acknowledged
		Duplicates: 2 * time.Minute,           // a message with an id that was there is dropped
	})
	if err != nil {
		return fmt.Errorf("create stream %s: %w", q.name, err)
	}
	q.results, err = q.js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: q.name, History: 64})
	if err != nil {
		return fmt.Errorf("create bucket %s: %w", q.name, err)
	}
	q.jobs, err = q.stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: "workers", AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxDeliver: -1,
	})
	if err != nil {
		return fmt.Errorf("create consumer: %w", err)
	}
	return nil
}

// close ends the run: what it has made on the server goes, and the server, if it is its own.
func (q *queue) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if q.stream != nil { // errors leave something behind on a server that is somebody else's and cannot be reached
		_ = q.js.DeleteStream(ctx, q.name)
		_ = q.js.DeleteKeyValue(ctx, q.name)
	}
	q.conn.Close()
	if q.server != nil {
		q.server.close()
	}
}

// publish puts a job into the queue. The server tells a message by its id: a second one with the same is dropped.
func (q *queue) publish(m message) (jetstream.PubAckFuture, error) {
	data, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	return q.js.PublishAsync(q.name+".jobs", data, jetstream.WithMsgID(m.ID))
}

// publishAll puts jobs into the queue and waits until the server has all of them.
func (q *queue) publishAll(ctx context.Context, jobs []message) error {
	var futures []jetstream.PubAckFuture
	for _, m := range jobs {
		f, err := q.publish(m)
		if err != nil {
			return fmt.Errorf("publish job %s: %w", m.ID, err)
		}
		futures = append(futures, f)
	}
	for i, f := range futures {
		select {
		case <-f.Ok():
		case err := <-f.Err():
			return fmt.Errorf("publish job %s: %w", jobs[i].ID, err)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
