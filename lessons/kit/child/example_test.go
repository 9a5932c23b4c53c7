package child_test

import (
	"context"
	"fmt"

	"interleave/lessons/kit/child"
)

// GOMAXPROCS is read at the start of a process, so the experiment is a process.
func ExampleRun() {
	out, err := child.Run(context.Background(), child.Command{
		Name:   "procs",
		Source: "package main\n\nimport \"runtime\"\n\nfunc main() { print(runtime.GOMAXPROCS(0)) }\n",
		Env:    []string{"GOMAXPROCS=1"},
	})
	fmt.Println(out.Stderr, out.Exit, err)
	// Output: 1 0 <nil>
}
