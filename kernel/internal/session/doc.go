// Package session is a kernel as its clients see it: it answers the requests of the Jupyter messaging
// protocol 5.5 and publishes what cells show. It numbers and queues cells, aborts the queue after an error,
// brackets every request with busy and idle, joins small writes into stream messages, keeps the history and
// the comms, and asks the reader for input.
//
// It knows nothing of sockets, signatures or frames, which lie behind [Transport], and nothing of Go code, which
// lies behind [Engine].
//
// # Lanes
//
// A request is served in the lane of its type, see routes: cells one after the other in the order they came,
// comm messages likewise in a lane of their own, everything else at once in a goroutine of its own. So
// completion, inspection and interrupts never wait for a cell, whichever channel they come by.
//
// # Goroutines
//
// [Session.Serve] starts one goroutine for each channel of the transport, one for cells, one for comm
// messages, one that reads the history file, and one for each request of the free lane. All but an engine
// that refuses to end its cell are gone when Serve returns. A timer of each cell's output flushes text that
// has waited long enough; it may fire after Serve returned, when a goroutine of the user's prints late.
package session
