package magic

import (
	"os"
	"path/filepath"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/session"
	"interleave/kernel/internal/worker"
)

// recorded is what came of a recording.
type recorded struct {
	file  string
	ended worker.Ended // the zero value when the cell did not end by itself
}

// runWatched runs a cell under a recorder. look sees the recording, whether the cell ended well or not; the file may be
// missing, when the cell never ran. The cell's own fault goes before look's error.
func runWatched(h Host, what string, text *cell.Text, code string, look func(w recorded) error) *session.Fault {
	dir, err := h.Builder().Temp("watch")
	if err != nil {
		return h.Cells().Internal(err)
	}
	defer os.RemoveAll(dir)
	w := recorded{file: filepath.Join(dir, "recording")}
	var fault *session.Fault
	w.ended, fault = h.Run(text, code, Recording{What: what, File: w.file})
	if fault != nil && fault.Name == "CompileError" {
		return fault
	}
	err = look(w)
	if fault != nil {
		return fault
	}
	return faults.Command(err)
}

// ordinary runs Go text as an ordinary cell.
func ordinary(h Host, text *cell.Text, code string) *session.Fault {
	_, fault := h.Run(text, code, Recording{})
	return fault
}

// aside is Host.Aside for a step that gives something.
func aside[T any](h Host, doing string, step func() T) (result T, fault *session.Fault) {
	done := new(T)
	if fault := h.Aside(doing, func() { *done = step() }); fault != nil {
		return result, fault
	}
	return *done, nil
}
