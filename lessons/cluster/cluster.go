// Package cluster holds the experiment on more than one machine: the job of a process pool over a queue that outlives
// its workers, NATS JetStream (nats.io).
//
// Jobs are messages in a stream that gives each to one worker and keeps it until the worker acknowledges it. A worker
// stores the result first, under the job's name and only if there is none yet, and acknowledges then: one that dies in
// between, or before, loses nothing and doubles nothing, whenever that is. Nobody guarantees that a job *runs* once.
//
// The server is started for the time of a call, in a process of its own on the loopback interface, unless
// [Options].URL names one. Nothing of NATS is in this package: it runs the command lessons/cluster/node, which the
// go command builds the first time (half a minute). So cells that do not use it do not load it. Processes end before
// a call returns, at the latest with its context. No goroutine outlives a call.
package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"interleave/lessons/kit/child"
	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/pace"
)

// Options say where. The zero value is a server here, and as many workers as there are CPUs.
type Options struct {
	URL     string // of a NATS server with JetStream: "nats://host:4222"; of a cluster several, separated by commas
	Workers int    // processes on this machine; 0 stands for the number of CPUs, less than 0 for none
	// Run is the name under which workers of other machines join: "go run interleave/lessons/cluster/node join -url
	// URL -run NAME". "" stands for one that nobody else has.
	Run string
}

// Moment is when a worker is killed.
type Moment string

// The moments.
const (
	Never  Moment = ""
	Half   Moment = "half"   // half of a job's work is done
	Stored Moment = "stored" // the result is stored, and not acknowledged yet
)

// Event is one thing that happened to a job.
type Event struct {
	Job     string
	Attempt int    // how often the job had been delivered
	Worker  string // "worker 1"
	What    string // "started", "half", "stored", "found" (a result was there), "killed"
}

// Outcome is what became of a job.
type Outcome struct {
	Job      string
	Value    int // the square of the job's number, from 1
	Results  int // how often a result was written
	Attempts int // how often it was begun
}

// Report is what became of all of them.
type Report struct {
	Server   string // version
	Outcomes []Outcome
	Left     int     // messages in the queue in the end
	Twice    int     // jobs that were published twice, as by a producer who has not seen the confirmation
	Killed   []Event // by SIGKILL, at the moment that was asked for
	Events   []Event // of jobs that were begun more than once
	Wall     time.Duration
}

// Survive runs so many jobs of 20 ms and kills the worker that has one of them in the middle, at that moment.
func Survive(ctx context.Context, o Options, jobs int, at Moment) (*Report, error) {
	var r Report
	err := run(ctx, &r, append(o.args(), "-jobs", strconv.Itoa(jobs), "-at", string(at)), "survive")
	return &r, err
}

// ExactlyOnce is nil if each job has one result, and the right one; else it says which has not.
func (r *Report) ExactlyOnce() error {
	var errs []error
	for i, o := range r.Outcomes {
		if o.Results != 1 || o.Value != (i+1)*(i+1) {
			errs = append(errs, fmt.Errorf("job %s has %d results, the last is %d", o.Job, o.Results, o.Value))
		}
	}
	if r.Left > 0 {
		errs = append(errs, fmt.Errorf("%d jobs are still in the queue", r.Left))
	}
	return errors.Join(errs...)
}

// Point is one job length of a sweep: the wall time of so many jobs in ms, run by run, in each of these ways.
type Point struct {
	Length     time.Duration
	Jobs       int
	Goroutines []float64
	Pool       []float64 // of processes, see package process
	NATS       []float64

	// On machines of one CPU: a worker is bound to one, and so is this process with its server. Both are empty
	// where there is one CPU only.
	Alone []float64 // the first machine's pool: one process, on the CPU of this one
	Two   []float64 // over NATS: a worker on this machine, and one on a second
}

// Same is how many times as fast as by the pool it is over NATS on the same CPUs, round by round: NATS gains nothing
// there, and its server takes its share.
func (p Point) Same() []float64 { return quotients(p.Pool, p.NATS) }

// Second is how many times as fast as one machine of one CPU, without a queue, are two of them with one, round by
// round: above 1 the second machine pays. Between them is the loopback interface; a network costs more.
func (p Point) Second() []float64 { return quotients(p.Alone, p.Two) }

func quotients(above, below []float64) []float64 {
	var out []float64
	for i, v := range below {
		out = append(out, above[i]/v)
	}
	return out
}

// Sweep measures the same work in jobs of each length, by goroutines, by a pool of processes, by as many processes
// over NATS, and, where there are two CPUs, as if they were two machines, in turn. It is Linux that binds a process to a
// CPU. A run has 40 ms of work for each worker, 15 ms in fast mode, and two jobs at least.
func Sweep(ctx context.Context, o Options, lengths ...time.Duration) ([]Point, measure.Card, error) {
	var r struct {
		Points []Point
		Card   measure.Card
	}
	args := append(o.args(), "-rounds", strconv.Itoa(pace.Runs(10)), "-batch", pace.Pick(40*time.Millisecond, 15*time.Millisecond).String())
	for _, l := range lengths {
		args = append(args, "-length", l.String())
	}
	err := run(ctx, &r, args, "sweep")
	return r.Points, r.Card, err
}

func (o Options) args() []string {
	return []string{"-url", o.URL, "-workers", strconv.Itoa(o.Workers), "-run", o.Run}
}

// Prepare builds the command unless that is done.
func Prepare(ctx context.Context) error {
	if _, err := child.Build(ctx, command()); err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	return nil
}

func command() child.Command {
	return child.Command{Name: "cluster-node", Package: "interleave/lessons/cluster/node", Timeout: 5 * time.Minute}
}

// run has the command do something and reads its answer into v.
func run(ctx context.Context, v any, args []string, what string) error {
	dir, err := os.MkdirTemp("", "interleave-nats-") // made here, so that it goes even if the command is killed
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	defer os.RemoveAll(dir)
	c := command()
	c.Args = append([]string{what, "-dir", dir}, args...)
	out, err := child.Run(ctx, c)
	switch {
	case err != nil:
		return fmt.Errorf("cluster: %s: %w", what, err)
	case out.TimedOut:
		return fmt.Errorf("cluster: %s: not done after %v", what, c.Timeout)
	case out.Exit != 0:
		return fmt.Errorf("cluster: %s: %s", what, strings.TrimSpace(out.Stderr))
	}
	if err := json.Unmarshal([]byte(out.Stdout), v); err != nil {
		return fmt.Errorf("cluster: %s: %w", what, err)
	}
	return nil
}
