// Package client speaks the Jupyter protocol to a kernel as a front end does: it starts the process, connects
// to its sockets, sends requests and files what comes back under the request that caused it. The notebook
// runner and the tests use it; it knows nothing of how the kernel works.
//
// A [Client] owns one goroutine per connection; they end with [Client.Close]. A [Kernel] owns the process
// and one goroutine that waits for it.
package client
