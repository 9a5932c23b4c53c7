package engine

import (
	"context"
	"time"

	"interleave/kernel/internal/worker"
)

const (
	// settleTime is how long a cell's end waits at most for goroutines in the background that are about to print. The worker
	// gives them up after 20 ms of its processor time; more passes only where other programs use the machine.
	settleTime = 200 * time.Millisecond
	settleStep = time.Millisecond
)

// settle waits a moment for goroutines that the cell has started or woken, so that what they print at once is part of the
// cell's output for clients, such as nbclient, that listen no longer than a cell runs. Goroutines that are blocked or sleep
// are not waited for.
func (r *run) settle(w *worker.Worker, ended worker.Ended) {
	if !ended.Stirring || r.cell.Silent {
		return
	}
	ctx, cancel := context.WithTimeout(r.ctx, settleTime)
	defer cancel()
	for stirring := true; stirring; {
		select {
		case <-time.After(settleStep):
		case <-ctx.Done():
			return
		}
		var err error
		if stirring, err = w.Stirring(ctx); err != nil {
			return
		}
	}
}
