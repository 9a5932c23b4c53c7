// Package kerneltest drives a kernel the way a front end does: it starts the process, speaks the Jupyter
// protocol to it over real sockets, and turns what comes back into text for txtar transcripts. It is for
// tests, and knows nothing of how the kernel works.
//
// A [Client] owns one goroutine per connection; they end with [Client.Close]. A [Kernel] owns the process
// and one goroutine that waits for it.
package kerneltest
