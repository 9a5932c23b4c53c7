package process

import (
	"fmt"
	"os"
)

// trap is a file that lets the function "trip" end one worker.
type trap struct{ name string }

func newTrap() (trap, error) {
	f, err := os.CreateTemp("", "trap")
	if err != nil {
		return trap{}, fmt.Errorf("process: %w", err)
	}
	return trap{f.Name()}, f.Close()
}

func (t trap) remove() { os.Remove(t.name) }
