package chart

import (
	"fmt"
	"os"

	"interleave/kernel/internal/stage"
)

// Tell prints notes about a chart below the cell that draws it. Outside of a notebook it is for the program to ask for them.
func Tell(notes []string) {
	if len(notes) == 0 || !stage.Connected() {
		return
	}
	for _, n := range notes {
		fmt.Fprintln(os.Stderr, "note: "+n)
	}
}
