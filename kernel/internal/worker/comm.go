package worker

import (
	"interleave/kernel/internal/events"
	"interleave/kernel/internal/worker/frame"
)

// Comm hands a client's message to the worker. It does not wait until that is served.
func (w *Worker) Comm(m events.Comm) error {
	return w.send(frame.Command{Op: frame.CommCommand, Comm: &m})
}
