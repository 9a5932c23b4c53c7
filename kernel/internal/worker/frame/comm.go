package frame

import "encoding/json"

// The operations of a Comm message.
const (
	CommRegister = "register" // the worker takes comms for Target
	CommOpen     = "open"     // ID, Target
	CommMessage  = "message"
	CommClose    = "close"
)

// Comm is one message of a comm, whichever way it goes. Data and Metadata are JSON objects or empty.
type Comm struct {
	Op       string          `json:"op"`
	ID       string          `json:"id,omitempty"`
	Target   string          `json:"target,omitempty"`
	Data     json.RawMessage `json:"data,omitempty"`
	Metadata json.RawMessage `json:"metadata,omitempty"`
	Buffers  [][]byte        `json:"buffers,omitempty"`
}
