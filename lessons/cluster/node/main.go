// Command node is one process of the experiment on more than one machine, see package cluster.
//
//	node survive [-url URL] [-run NAME] [-workers N] [-jobs N] [-at half|stored]   runs jobs, prints a report
//	node sweep   [-url URL] [-workers N] [-rounds N] [-batch D] -length D …        measures, prints the values
//	node join    -url URL -run NAME                                                works for a run until interrupted
//	node serve                                                                     a server, until standard input ends
//
// Reports are JSON. Workers are this command, started again; they end with it.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"interleave/lessons/cluster"
	"interleave/lessons/process"
)

// options are the flags of all commands.
type options struct {
	url, run, dir         string
	workers, jobs, rounds int
	at                    string
	lengths               []time.Duration
	batch                 time.Duration
}

func main() {
	process.Register("consume", consumeJob)
	process.Main()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("node: survive, sweep, join or serve?")
	}
	o, err := flags(args)
	if err != nil {
		return err
	}
	var report any
	switch args[0] {
	case "survive":
		report, err = survive(ctx, o)
	case "sweep":
		report, err = sweep(ctx, o)
	case "join":
		return join(ctx, o)
	case "serve":
		return serve(o)
	default:
		return fmt.Errorf("node: %q is not survive, sweep, join or serve", args[0])
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(report)
}

func flags(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet(args[0], flag.ContinueOnError)
	f.StringVar(&o.url, "url", "", "of a NATS server with JetStream; one is started if it is empty")
	f.StringVar(&o.run, "run", "", "name of the run, for workers that join")
	f.StringVar(&o.dir, "dir", "", "where the server that is started keeps its files; a folder for the time it runs if empty")
	f.IntVar(&o.workers, "workers", 0, "processes here; 0 is the number of CPUs, less is none")
	f.IntVar(&o.jobs, "jobs", 20, "how many")
	f.IntVar(&o.rounds, "rounds", 10, "of each length")
	f.DurationVar(&o.batch, "batch", 40*time.Millisecond, "work of each worker in a run")
	f.StringVar(&o.at, "at", "", "when to kill a worker: half or stored")
	f.Func("length", "of a job; more than once", func(s string) error {
		d, err := time.ParseDuration(s)
		if err == nil && d <= 0 {
			return fmt.Errorf("a job takes some time")
		}
		o.lengths = append(o.lengths, d)
		return err
	})
	if err := f.Parse(args[1:]); err != nil {
		return o, err
	}
	if o.workers == 0 {
		o.workers = runtime.NumCPU()
	}
	o.workers = max(0, o.workers)
	switch cluster.Moment(o.at) {
	case cluster.Never, cluster.Half, cluster.Stored:
		return o, nil
	}
	return o, fmt.Errorf("node: -at %q is neither %s nor %s", o.at, cluster.Half, cluster.Stored)
}

// serve is a server for others, as the tests need one. It says its URL.
func serve(o options) error {
	s, err := startServer(o.dir)
	if err != nil {
		return err
	}
	defer s.close()
	fmt.Println(s.url)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
