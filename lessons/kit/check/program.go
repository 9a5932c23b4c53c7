package check

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	"interleave/lessons/kit/child"
)

// Program is an answer in Go that is judged as a process of its own: compiled, vetted, run under the race detector
// and run without. Its methods are checks, or parts of them.
type Program struct {
	Command child.Command // Race, Env and Timeout are set by the checks
	Want    string        // what it prints, without white space around it
}

// Go is the text of a file for [child.Command.Files]: the learner's, with a package clause before it unless he has
// written one, on the same line, so that the lines of errors are his.
func Go(answer string) string {
	if clause.MatchString(answer) {
		return answer
	}
	return "package main; " + answer
}

// clause is a line that begins with a package clause.
var clause = regexp.MustCompile(`(?m)^\s*package\s+\w`)

// deadline is how long a run may take before it is stuck.
const deadline = 20 * time.Second

// command is how the program is built and run.
func (p Program) command(race bool) child.Command {
	c := p.Command
	c.Race, c.Timeout = race, deadline
	c.Env = append([]string{"GORACE=atexit_sleep_ms=0"}, c.Env...)
	return c
}

// Compiles fails when the go command cannot build it, and shows what that said.
func (p Program) Compiles(ctx context.Context) error {
	_, err := child.Build(ctx, p.command(false))
	var c *child.CompileError
	if errors.As(err, &c) {
		return Show(c.Output, "the go command says:")
	}
	return err
}

// Vets fails when go vet has something to say, and shows it.
func (p Program) Vets(ctx context.Context) error {
	if err := p.Compiles(ctx); err != nil {
		return err
	}
	said, err := child.Vet(ctx, p.command(false))
	if err == nil && said != "" {
		return Show(said, "go vet says:")
	}
	return err
}

// raceExit is the exit status of a program in which the race detector has found something.
const raceExit = 66

// RaceFree fails when the race detector finds a data race, and shows its first report. A program that does not end
// well would show it only a part of itself, so about that nothing is said.
func (p Program) RaceFree(ctx context.Context) error {
	if err := p.Compiles(ctx); err != nil {
		return err
	}
	plain, err := child.Run(ctx, p.command(false))
	if err != nil {
		return err
	}
	if plain.Exit != 0 {
		return Inconclusive("the program does not end well, so the detector would see only a part of it")
	}
	out, err := child.Run(ctx, p.command(true))
	var c *child.CompileError
	switch {
	case errors.As(err, &c):
		return Inconclusive("this machine cannot build with the race detector: %s", c.Output)
	case err != nil:
		return err
	case out.Exit == raceExit:
		return Show(FirstRace(out.Stderr), "the race detector found a data race:")
	}
	return nil
}

// Prints fails when the program does not end by itself and well, or prints something else than wanted. It runs
// without the race detector: then the runtime reports a deadlock at once.
func (p Program) Prints(ctx context.Context) error {
	if err := p.Compiles(ctx); err != nil {
		return err
	}
	out, err := child.Run(ctx, p.command(false))
	switch {
	case err != nil:
		return err
	case out.TimedOut:
		return Show(out.Stderr, "the program did not end within %v", deadline)
	case out.Exit != 0:
		return Show(out.Stderr, "the program ended with status %d:", out.Exit)
	case strings.TrimSpace(out.Stdout) != p.Want:
		return Show(out.Stdout, "it should print %q, and prints:", p.Want)
	}
	return nil
}

// FirstRace is the first report of the race detector in what a program wrote to standard error.
func FirstRace(stderr string) string {
	_, after, found := strings.Cut(stderr, "WARNING: DATA RACE")
	if !found {
		return stderr
	}
	report, _, _ := strings.Cut(after, "==================")
	return "WARNING: DATA RACE" + report
}
