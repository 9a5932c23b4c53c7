// Package events is what a cell says besides its text: one type for the whole way from the display package, which
// makes events, through the pipes of the worker or of a child program, to the session, which publishes them.
//
// It knows neither pipes nor Jupyter's messages.
package events

import "encoding/json"

// Kind says what an Event asks the front end to do.
type Kind string

// The kinds of events.
const (
	Display Kind = "display" // add the bundle to the output
	Update  Kind = "update"  // replace every bundle shown under the same display id
	Result  Kind = "result"  // the value of the cell's last expression
	Clear   Kind = "clear"   // clear the cell's output
	Input   Kind = "input"   // ask the reader for a line of text
	Comms   Kind = "comm"    // Event.Comm, to the clients; only a worker may send it
	Stdin   Kind = "stdin"   // Input, for what reads descriptor 0; only the worker itself sends it
)

// Event is one thing a cell says besides its text. V is the type of the values in its bundle: any where events are
// made, json.RawMessage where they are read.
type Event[V any] struct {
	Kind Kind `json:"kind"`
	Bundle[V]
	Wait     bool   `json:"wait,omitempty"`     // Clear: wait for the next output before clearing
	Prompt   string `json:"prompt,omitempty"`   // Input
	Password bool   `json:"password,omitempty"` // Input: do not echo
	Comm     *Comm  `json:"comm,omitempty"`
}

// Bundle is one value in several forms, as in Jupyter's display_data: Data maps a MIME type to its content ([]byte is
// sent as base64, JSON types as objects), Transient may hold "display_id".
type Bundle[V any] struct {
	Data      map[string]V `json:"data,omitempty"`
	Metadata  map[string]V `json:"metadata,omitempty"`
	Transient map[string]V `json:"transient,omitempty"`
}

// Any returns b with values of any type. The contents are shared.
func (b Bundle[V]) Any() Bundle[any] {
	return Bundle[any]{Data: anyValues(b.Data), Metadata: anyValues(b.Metadata), Transient: anyValues(b.Transient)}
}

func anyValues[V any](m map[string]V) map[string]any {
	if m == nil {
		return nil
	}
	values := make(map[string]any, len(m))
	for k, v := range m {
		values[k] = v
	}
	return values
}

// Comm is one message of a comm, in either direction. Data and Metadata are JSON objects or empty.
type Comm struct {
	Op       string          `json:"op"`
	ID       string          `json:"id,omitempty"`
	Target   string          `json:"target,omitempty"`
	Data     json.RawMessage `json:"data,omitempty"`
	Metadata json.RawMessage `json:"metadata,omitempty"`
	Buffers  [][]byte        `json:"buffers,omitempty"`
}

// The operations of a Comm.
const (
	CommRegister = "register" // the worker takes comms for Target
	CommOpen     = "open"     // ID, Target
	CommMessage  = "message"
	CommClose    = "close"
)
