package engine

import (
	"os"
	"path/filepath"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/session"
	"interleave/kernel/internal/worker"
)

// watching is what a cell mode has recorded while the cell runs, and what came of it.
type watching struct {
	what   string // worker.Call.Watch
	file   string
	repeat int
	ended  worker.Ended // set when the cell has ended by itself
}

// runWatched runs a cell under a recorder. look sees the recording, whether the cell ended well or not; the file may be
// missing, when the cell never ran. The cell's own fault goes before look's error.
func (e *Engine) runWatched(r *run, what string, text *cell.Text, code string, look func(w *watching) error) *session.Fault {
	dir, err := e.builder.Temp("watch")
	if err != nil {
		return e.cells.Internal(err)
	}
	defer os.RemoveAll(dir)
	r.watch = &watching{what: what, file: filepath.Join(dir, "recording")}
	defer func() { r.watch = nil }()
	fault := e.runCode(r, text, code)
	if fault != nil && fault.Name == "CompileError" {
		return fault
	}
	err = look(r.watch)
	if fault != nil {
		return fault
	}
	return faults.Command(err)
}
