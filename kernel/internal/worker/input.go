package worker

import (
	"context"

	"interleave/kernel/internal/worker/frame"
)

func (w *Worker) reply(seq uint64, value string, err error) {
	c := frame.Command{Op: frame.Reply, Seq: seq, Value: value}
	if err != nil {
		c.Error = err.Error()
	}
	if err := w.send(c); err != nil {
		w.log.Debug("worker takes no reply", "err", err)
	}
}

// askLine asks the reader for a line, when its turn comes.
func (w *Worker) askLine(rep *report) {
	defer w.closed.Done()
	ctx, cancel := context.WithCancel(w.alive)
	defer cancel()
	w.mu.Lock()
	w.inputs[rep.Seq] = pendingInput{rep.Cell, cancel}
	w.mu.Unlock()
	w.input.Lock()
	var line string
	err := ctx.Err()
	if err == nil {
		line, err = w.config.Handler.Input(ctx, rep.Event.Prompt, rep.Event.Password)
	}
	w.input.Unlock()
	w.mu.Lock()
	delete(w.inputs, rep.Seq)
	w.mu.Unlock()
	if w.alive.Err() == nil {
		w.reply(rep.Seq, line, err)
	}
}

func (w *Worker) cancelInputs(cell uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.inputs {
		if p.cell == cell {
			p.cancel()
		}
	}
}
