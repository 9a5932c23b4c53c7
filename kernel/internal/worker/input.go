package worker

import (
	"context"
	"errors"

	"interleave/kernel/internal/events"
)

func (w *Worker) reply(seq uint64, value string, err error) {
	if err := w.send(answerTo(seq, value, err)); err != nil {
		w.log.Debug("worker takes no reply", "err", err)
	}
}

// askLine asks the reader for a line, when its turn comes.
func (w *Worker) askLine(rep *report) {
	defer w.closed.Done()
	ctx, cancel := context.WithCancel(w.alive)
	defer cancel()
	w.mu.Lock()
	stdin := rep.Event.Kind == events.Stdin
	w.inputs[rep.Seq] = pendingInput{rep.Cell, stdin, cancel}
	if r := w.runs[rep.Cell]; stdin && (r == nil || r.abandoned) {
		cancel() // it was seen to read in its last moment
	}
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
	if stdin && errors.Is(err, ErrNoInput) {
		w.refuse(rep.Cell, err)
	}
	if w.alive.Err() == nil {
		w.reply(rep.Seq, line, err)
	}
}

// cancelInputs cancels what a cell waits for; with stdinOnly only what it waits for on descriptor 0.
func (w *Worker) cancelInputs(cell uint64, stdinOnly bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.inputs {
		if p.cell == cell && (p.stdin || !stdinOnly) {
			p.cancel()
		}
	}
}
