// Command host is the worker: the process that opens compiled cells, runs them and holds the reader's
// variables. It is nothing but a call of package inmate, and must stay so. A program that is linked against the
// base library defines type descriptors and interface tables of its own, the runtime finds those first, and
// the library's code, which compares with the library's, would take a value's type for another.
package main

import "interleave/kernel/internal/worker/inmate"

func main() { inmate.Main() }
