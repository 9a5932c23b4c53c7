// Package bound holds the experiments and exercises of notebook 02: is a job bound by the CPU or by waiting?
//
// [Observe] runs a job under the execution tracer and gives the two lanes of the talk's figure, CPU and waiting, as
// the scheduler saw them, with their totals. Jobs that wait do so for a server on the loopback interface that takes
// its time; it is started and stopped by [Job.Run], whose goroutines end before it returns. Nothing is printed.
package bound

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/pace"
	"interleave/lessons/kit/timeline"
	"interleave/lessons/kit/work"
)

// Job computes and then asks a server, in rounds.
type Job struct {
	Rounds  int
	Compute time.Duration // of arithmetic in each round, about
	Wait    time.Duration // that the server takes for each answer
}

// CPUJob is 4 rounds of much arithmetic and little waiting; a third as long in fast mode.
func CPUJob() Job {
	return Job{4, pace.Pick(9*time.Millisecond, 3*time.Millisecond), time.Millisecond}
}

// IOJob is 4 rounds of little arithmetic and much waiting.
func IOJob() Job { return Job{4, time.Millisecond, pace.Pick(9*time.Millisecond, 3*time.Millisecond)} }

// Kind is what a job is bound by.
type Kind string

// The kinds.
const (
	CPU Kind = "cpu"
	IO  Kind = "io"
)

// Lanes is a job as the talk's figure draws it.
type Lanes struct {
	Name      string
	Wall      time.Duration
	CPU       []timeline.Span // when it ran
	IO        []timeline.Span // when it waited, with the reason
	Ready     []timeline.Span // when it could have run and did not: it had no P, or the runtime had stopped it
	Computing time.Duration   // total of CPU
	Waiting   time.Duration   // total of IO
	Reading   measure.Reading // of the whole process, all of its goroutines included
}

// WaitShare is the part of the wall time that the job waited, from 0 to 1.
func (l Lanes) WaitShare() float64 { return float64(l.Waiting) / float64(l.Wall) }

// Kind classifies by the evidence: a job that waits for half of its time or more is bound by I/O.
func (l Lanes) Kind() Kind {
	if l.WaitShare() >= 0.5 {
		return IO
	}
	return CPU
}

// Observe runs a job in a goroutine of its own under the tracer.
func Observe(name string, job func() error) (Lanes, error) {
	l := Lanes{Name: name}
	var fault error
	meter := measure.StartMeter()
	t, err := timeline.Record(func() {
		var wg sync.WaitGroup
		wg.Go(func() {
			timeline.Name(name)
			fault = job()
		})
		wg.Wait()
	})
	l.Reading = meter.Stop()
	if err == nil {
		err = fault
	}
	if err != nil {
		return l, fmt.Errorf("bound: %s: %w", name, err)
	}
	l.divide(*t.Lane(name))
	return l, nil
}

// divide puts the spans of the job's goroutine into the lanes.
func (l *Lanes) divide(lane timeline.Lane) {
	for _, s := range lane.Spans {
		switch {
		case s.State == timeline.Running:
			l.CPU = append(l.CPU, s)
			l.Computing += s.Length()
		case s.State == timeline.Runnable || stopped(s.Reason):
			l.Ready = append(l.Ready, s)
		default:
			l.IO = append(l.IO, s)
			l.Waiting += s.Length()
		}
		l.Wall = max(l.Wall, s.End-lane.Spans[0].Start) // from the first to the last moment of the job itself
	}
}

// stopped says whether a goroutine that waits for this reason does so for its own runtime: it was pre-empted so that
// its stack could be looked through, or has to help or to wait for the collector. None of that is I/O.
func stopped(reason string) bool {
	return reason == "preempted" || strings.Contains(reason, "gc ")
}

// Run observes the job with a server of its own.
func (j Job) Run(ctx context.Context, name string) (Lanes, error) {
	load := work.Calibrate(j.Compute)
	addr, stop, err := serve(ctx, j.Wait)
	if err != nil {
		return Lanes{}, fmt.Errorf("bound: %w", err)
	}
	defer stop()
	return Observe(name, func() error {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return err
		}
		defer conn.Close()
		answer := make([]byte, 1)
		for range j.Rounds {
			load.Do()
			if _, err := conn.Write(answer); err != nil {
				return err
			}
			if _, err := io.ReadFull(conn, answer); err != nil {
				return err
			}
		}
		return nil
	})
}

// serve answers each byte by a byte, after a while. Stop waits until the server has ended.
func serve(ctx context.Context, wait time.Duration) (addr string, stop func(), err error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		b := make([]byte, 1)
		for {
			if _, err := conn.Read(b); err != nil {
				return
			}
			time.Sleep(wait) // the latency of a real server
			if _, err := conn.Write(b); err != nil {
				return
			}
		}
	})
	return l.Addr().String(), func() { l.Close(); wg.Wait() }, nil
}
