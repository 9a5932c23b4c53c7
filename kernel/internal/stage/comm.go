package stage

import (
	"sync/atomic"

	"interleave/kernel/internal/events"
)

var (
	hosted atomic.Bool // this process is a worker, not a child with inherited pipes: clients' messages reach it
	onComm atomic.Pointer[func(events.Comm)]
)

// OnComm sets what takes the messages that clients send over comms. take must not block. It fails where none
// can arrive.
func OnComm(take func(events.Comm)) error {
	if !hosted.Load() {
		return ErrNotConnected
	}
	onComm.Store(&take)
	return nil
}

// DeliverComm hands over a client's message. Only the worker calls it.
func DeliverComm(m events.Comm) {
	if take := onComm.Load(); take != nil {
		(*take)(m)
	}
}
