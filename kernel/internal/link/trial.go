package link

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"interleave/kernel/internal/worker/frame"
)

// trialLimit is how long a trial may take: the worker waits for nobody, but plugins that are wrong may wait for ever.
const trialLimit = 2 * time.Minute

// trial runs plugins, in order, in the worker's program of a base, by the commands by which cells are run, and returns what they
// wrote. There is no guard: the worker ends when its commands do.
func (w *workshop) trial(ctx context.Context, b *base, plugins []string) (wrote string, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, trialLimit, fmt.Errorf("the cells did not end within %v", trialLimit))
	defer cancel()
	var out strings.Builder
	cmd := exec.CommandContext(ctx, filepath.Join(b.dir, workerName))
	cmd.Env = w.env
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second
	commands, reports, err := startTrial(cmd)
	if err != nil {
		return "", fmt.Errorf("start worker: %w", err)
	}
	err = runTrial(commands, reports, plugins)
	commands.Close()
	if ended := cmd.Wait(); errors.Is(err, io.EOF) || err == nil && ended != nil {
		err = fmt.Errorf("the worker ended: %w", ended)
	}
	reports.Close()
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return out.String(), err
}

// startTrial starts the worker's program with the descriptors that package worker describes.
func startTrial(cmd *exec.Cmd) (commands, reports *os.File, err error) {
	var theirs []*os.File
	defer func() {
		for _, f := range theirs {
			f.Close()
		}
		if err != nil {
			for _, f := range []*os.File{commands, reports} {
				if f != nil {
					f.Close()
				}
			}
		}
	}()
	r, commands, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	theirs = append(theirs, r)
	reports, wr, err := os.Pipe()
	if err != nil {
		return commands, nil, err
	}
	theirs = append(theirs, wr)
	crash, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0) // a crash is written to stderr as well
	if err != nil {
		return commands, reports, err
	}
	theirs = append(theirs, crash)
	cmd.ExtraFiles = theirs
	return commands, reports, cmd.Start()
}

// runTrial talks to the worker. The error is io.EOF when the worker ends.
func runTrial(commands io.Writer, reports io.Reader, plugins []string) error {
	send := func(c frame.Command) error {
		b, err := frame.Marshal(c)
		if err != nil {
			return err
		}
		if _, err := commands.Write(b); err != nil {
			return io.EOF // the reader of the pipe is gone
		}
		return nil
	}
	// await reads reports until one is what is waited for. Nobody looks at what cells show.
	await := func(what func(*frame.Report[json.RawMessage]) bool) (*frame.Report[json.RawMessage], error) {
		for {
			r := &frame.Report[json.RawMessage]{}
			if err := frame.Read(reports, r); err != nil {
				return nil, err
			}
			if what(r) {
				return r, nil
			}
			if r.Op == frame.Emit {
				if err := send(frame.Command{Op: frame.Reply, Seq: r.Seq}); err != nil {
					return nil, err
				}
			}
		}
	}
	if err := send(frame.Command{Op: frame.Hello}); err != nil {
		return err
	}
	if _, err := await(func(r *frame.Report[json.RawMessage]) bool { return r.Op == frame.Ready }); err != nil {
		return err
	}
	for i, path := range plugins {
		cell := uint64(i + 1)
		if err := send(frame.Command{Op: frame.Run, Cell: cell, Label: "trial", Plugin: path, Symbol: pluginSymbol}); err != nil {
			return err
		}
		r, err := await(func(r *frame.Report[json.RawMessage]) bool { return r.Op == frame.Done && r.Cell == cell })
		switch {
		case err != nil:
			return err
		case r.LoadError != "":
			return fmt.Errorf("cell %d was not loaded: %s", cell, r.LoadError)
		case r.Panic != nil:
			return fmt.Errorf("cell %d: panic: %s\n%s", cell, r.Panic.Text, r.Panic.Stack)
		}
	}
	return nil
}
