package notebook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kernel is what a Runner needs of a kernel.
type Kernel interface {
	// Execute runs one cell and returns when the reply and the idle status have come. onMessage gets every
	// IOPub message of the cell, in order, also those that come after Execute has returned.
	Execute(ctx context.Context, code string, continueOnError bool, onMessage func(msgType string, content json.RawMessage)) (Reply, error)
	// Interrupt ends the running cell.
	Interrupt(ctx context.Context) error
	// LanguageInfo is what kernel_info_reply says of the language.
	LanguageInfo(ctx context.Context) (map[string]any, error)
}

// Reply is how a cell ended.
type Reply struct {
	Status         string // ok, error or aborted
	EName, EValue  string
	Traceback      []string
	ExecutionCount int
}

// Runner runs the code cells of notebooks one after another.
type Runner struct {
	Kernel  Kernel
	Timeout time.Duration // for each cell; 0 is no limit
	// Started and Ended frame each cell; i is its place among those run, from 1. Both may be nil.
	Started func(i, n int, c *Cell)
	Ended   func(i, n int, c *Cell, took time.Duration, err error)
}

// CellError is a cell that failed: its own error, or the time limit.
type CellError struct {
	Index   int // place among all cells of the notebook, from 1
	Count   int // In [Count]
	Source  string
	Reply   Reply
	Timeout time.Duration // the limit that was passed, 0 for an error of the cell's own
}

func (e *CellError) Error() string {
	where := fmt.Sprintf("cell %d (In [%d], %q)", e.Index, e.Count, firstLine(e.Source))
	if e.Timeout > 0 {
		return fmt.Sprintf("%s took longer than %v", where, e.Timeout)
	}
	return fmt.Sprintf("%s failed: %s: %s", where, e.Reply.EName, e.Reply.EValue)
}

// grace is how long a cell may take to end after its time limit's interrupt.
const grace = 10 * time.Second

// Run runs all code cells and puts their outputs and counts (1, 2, …) into the notebook. It stops at the
// first cell that fails, with a *CellError, unless that cell is tagged raises-exception; the cells after it
// are then empty. Cells tagged skip-execution are left as they are. Any other error is the kernel's.
func (r *Runner) Run(ctx context.Context, nb *Notebook) error {
	nb.FillIDs()
	if info, err := r.Kernel.LanguageInfo(ctx); err != nil {
		return fmt.Errorf("ask the kernel what it is: %w", err)
	} else if info != nil {
		nb.Metadata()["language_info"] = info
	}
	type ran struct {
		cell    *Cell
		index   int
		count   int
		outputs *Outputs
	}
	shown := NewDisplays()
	var cells []*ran
	for i, c := range nb.Cells {
		if c.Type() != "code" || c.Tagged("skip-execution") {
			continue
		}
		c.setRun(0, nil)
		if strings.TrimSpace(c.Source()) != "" {
			cells = append(cells, &ran{cell: c, index: i + 1, outputs: shown.Cell()})
		}
	}
	// Outputs go in at the end: a later cell may still update what an earlier one shows.
	defer func() {
		for _, c := range cells {
			c.cell.setRun(c.count, c.outputs.List())
		}
	}()
	for i, c := range cells {
		if r.Started != nil {
			r.Started(i+1, len(cells), c.cell)
		}
		c.count = i + 1
		start := time.Now()
		err := r.cell(ctx, c.cell, c.index, c.count, c.outputs)
		if r.Ended != nil {
			r.Ended(i+1, len(cells), c.cell, time.Since(start), err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// cell runs one cell. A cell that may fail and does is no error.
func (r *Runner) cell(ctx context.Context, c *Cell, index, count int, outputs *Outputs) error {
	mayFail := c.Tagged("raises-exception")
	limit, cancel := ctx, context.CancelFunc(func() {})
	if r.Timeout > 0 {
		limit, cancel = context.WithTimeout(ctx, r.Timeout+grace)
	}
	defer cancel()
	late := make(chan error, 1)
	if r.Timeout > 0 {
		timer := time.AfterFunc(r.Timeout, func() { late <- r.Kernel.Interrupt(limit) })
		defer timer.Stop()
	}
	reply, err := r.Kernel.Execute(limit, c.Source(), mayFail, outputs.Add)
	failed := &CellError{Index: index, Count: count, Source: c.Source(), Reply: reply}
	interrupted := false
	select {
	case ierr := <-late:
		interrupted = true
		err = errors.Join(err, ierr)
	default:
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case interrupted && (err != nil || reply.Status != "ok"):
		failed.Timeout = r.Timeout
		return failed
	case err != nil:
		return fmt.Errorf("cell %d (In [%d], %q): %w", index, count, firstLine(c.Source()), err)
	case outputs.Err() != nil:
		return fmt.Errorf("cell %d: %w", index, outputs.Err())
	case reply.Status != "ok" && !mayFail:
		return failed
	}
	return nil
}

func firstLine(source string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(source), "\n")
	if r := []rune(line); len(r) > 60 {
		line = string(r[:59]) + "…"
	}
	return line
}
