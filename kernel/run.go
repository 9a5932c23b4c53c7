package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"interleave/kernel/internal/notebook"
)

type runCommand struct {
	Notebooks []string      `arg:"" name:"notebook" type:"existingfile" help:"Notebooks to run, each in a kernel of its own."`
	Inplace   bool          `xor:"where" help:"Write the outputs into the notebooks."`
	Output    string        `xor:"where" short:"o" placeholder:"PATH" help:"Write the result to this file or, if it is a folder, into it."`
	Timeout   time.Duration `default:"10m" help:"Longest time one cell may take; 0 for no limit."`
}

func (runCommand) Help() string {
	return `Each notebook runs from its first cell to its last, in its own folder. Without --inplace and --output nothing is written: the run is a check. A cell that fails ends its notebook and the exit status is 1; what ran is written all the same. Cells tagged raises-exception may fail, cells tagged skip-execution are not run.

Examples:

    interleave run notebooks/*.ipynb
    interleave run --inplace notebooks/05-race-condition.ipynb
    interleave run --output /tmp/done.ipynb --timeout 30s talk.ipynb
`
}

func (c *runCommand) Run(ctx context.Context, to streams) error {
	toFolder := false
	if c.Output != "" {
		info, err := os.Stat(c.Output)
		toFolder = err == nil && info.IsDir()
		if !toFolder && len(c.Notebooks) > 1 {
			return fmt.Errorf("--output %s must be an existing folder for %d notebooks", c.Output, len(c.Notebooks))
		}
	}
	renew(ctx, filepath.Dir(c.Notebooks[0]), to)
	failed := false
	for _, path := range c.Notebooks {
		target := c.Output
		switch {
		case c.Inplace:
			target = path
		case toFolder:
			target = filepath.Join(c.Output, filepath.Base(path))
		}
		if err := c.one(ctx, to, path, target); err != nil {
			if ctx.Err() != nil {
				return err
			}
			fmt.Fprintf(to.err, "%s: %v\n", path, err)
			failed = true
		}
	}
	if failed {
		return errSaid
	}
	return nil
}

// one runs the notebook at path and writes it to target, if there is one.
func (c *runCommand) one(ctx context.Context, to streams, path, target string) error {
	nb, err := notebook.Read(path)
	if err != nil {
		return err
	}
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return err
	}
	start := time.Now()
	kernel, err := startChild(ctx, folder)
	if err != nil {
		return err
	}
	defer kernel.close()
	p := newProgress(to.err)
	cells := 0
	runner := &notebook.Runner{Kernel: kernel, Timeout: c.Timeout}
	runner.Started = func(i, n int, cell *notebook.Cell) {
		cells = n
		p.show(fmt.Sprintf("%s: cell %d of %d", filepath.Base(path), i, n), 0, 0, "")
	}
	runner.Ended = func(int, int, *notebook.Cell, time.Duration, error) { p.end() }
	err = runner.Run(ctx, nb)
	if target != "" && ctx.Err() == nil {
		if unsaved := nb.Write(target); unsaved != nil {
			err = errors.Join(err, fmt.Errorf("%w: the outputs are not saved, and the file is as it was. Make room or leave to write there, or name another place with --output", unsaved))
		}
	}
	var cell *notebook.CellError
	if errors.As(err, &cell) {
		fmt.Fprintln(to.err, strings.Join(cell.Reply.Traceback, "\n"))
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(to.out, "%s: %d cells ran in %v\n", path, cells, time.Since(start).Round(100*time.Millisecond))
	return nil
}
