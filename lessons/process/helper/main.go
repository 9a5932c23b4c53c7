// Command helper is a worker process for notebooks, where a cell cannot start itself again. It knows the functions
// that package process registers, and ends with its parent.
package main

import (
	"fmt"
	"os"

	"interleave/lessons/process"
)

func main() {
	process.Main()
	fmt.Fprintln(os.Stderr, "helper: this command is started by package interleave/lessons/process and does nothing by itself")
	os.Exit(2)
}
