// Package wire is the transport of the Jupyter messaging protocol 5.5, seen from the kernel: it reads the
// connection file, listens on the five sockets, verifies what comes in and signs what goes out. It knows
// nothing of Go cells, of what a message type means, or of busy and idle.
//
// # The ZMTP layer
//
// github.com/go-zeromq/zmq4 is used as a codec only: a zmq4.Conn is opened over each accepted connection
// and its RecvMsg and SendMsg are called by one goroutine each. Listening, queueing, subscriptions,
// routing and closing are done here, because the sockets of that library can be stopped or crashed by any
// peer that connects. A [guard] sits between the network and the codec; it sees every frame header before
// the codec does, refuses what is too large before memory is taken for it, checks the metadata of READY,
// and answers the commands (PING, SUBSCRIBE, CANCEL) itself.
//
// # Use
//
//	conn, err := wire.ReadConnection(path, log)
//	srv, err := wire.Listen(ctx, conn, wire.Options{Logger: log})
//	defer srv.Close(ctx)
//	for req := range srv.Shell() {
//		srv.Publish(&req.Header, "status", map[string]any{"execution_state": "busy"}, nil)
//		req.Reply("kernel_info_reply", content)
//		srv.Publish(&req.Header, "status", map[string]any{"execution_state": "idle"}, nil)
//	}
//
// # Delivery
//
// A published message reaches every peer that subscribed before it was published, or the peer is
// disconnected; nothing is dropped in between. Each peer has a queue bounded in bytes. When the queue of a
// peer that still reads is full, Publish waits for it; when that peer has read nothing for
// [Options.StallAlone] (or, if another subscriber keeps up, [Options.StallShared]), it is disconnected.
// Status messages never wait. A reply never waits: a client whose unread replies exceed
// [Options.QueueBytes] is disconnected.
//
// # Goroutines
//
// A [Server] owns one goroutine per listener and two per connection, a reader and a writer. All end before
// [Server.Close] returns.
package wire
