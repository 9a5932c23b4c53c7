package worker

import "interleave/kernel/internal/worker/frame"

// Comm is one message of a comm: from the worker in an Event, to it by Worker.Comm.
type Comm = frame.Comm

// The operations of a Comm.
const (
	CommRegister = frame.CommRegister
	CommOpen     = frame.CommOpen
	CommMessage  = frame.CommMessage
	CommClose    = frame.CommClose
)

// Comm hands a client's message to the worker. It does not wait until that is served.
func (w *Worker) Comm(m Comm) error { return w.send(frame.Command{Op: frame.CommCommand, Comm: &m}) }
