// Package fetch holds the experiments and exercises of notebook 09: what goroutines gain when a program waits for a
// server, and when they gain nothing.
//
// A [Server] answers after a latency with a body of a size, and serves so many requests at once. It listens on the
// loopback interface ([Listen]) or, for a bubble with a clock of its own, in memory ([InMemory]). [Compare] fetches
// one after another and all at once, over latencies and sizes; [Load] keeps so many requests at the server, from
// light load to beyond the knee; [Rerun] runs the four I/O programs of the talk, in Python and in Go, in turn.
//
// Clients read bodies to their end and check their size. Servers and clients run until they are closed; everything
// else that is started ends before the call returns. Nothing is printed.
package fetch
