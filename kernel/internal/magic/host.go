package magic

import (
	"context"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/compile"
	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/link"
	"interleave/kernel/internal/session"
	"interleave/kernel/internal/stack"
	"interleave/kernel/internal/worker"
)

// Host is the notebook as a command in one of its cells may use it. Package engine implements it.
type Host interface {
	Cell() session.Cell
	Out() session.Output
	Page(data map[string]any) // shows a bundle in the front end's pager
	Waits() Progress          // begins a line that says what the cell waits for
	Cells() *faults.Cells
	About() About
	Process() Process
	Modules() Modules
	Kernel() Kernel

	// The state. Change edits a copy, which becomes the state when edit returns nil.
	State() *compile.State
	Change(edit func(next *compile.State) error) error

	// The steps of a cell. Parse and Check change nothing, CheckProgram and Build fill caches.
	Parse(text *cell.Text, code string) (*cell.Syntax, *session.Fault)
	Check(syn *cell.Syntax) (*compile.Unit, *session.Fault)
	CheckProgram(syn *cell.Syntax, form compile.Form) (*compile.Program, *session.Fault)
	Build(u *compile.Unit) (link.Plugin, *session.Fault)
	// Call runs a plugin. The result is the zero value when the call did not end by itself.
	Call(p link.Plugin, rec Recording) (worker.Ended, *session.Fault)
	// Value runs a plugin and returns the value of its last expression instead of showing it.
	Value(p link.Plugin) (session.Bundle, *session.Fault)
	// Run takes Go text through all steps, as an ordinary cell.
	Run(text *cell.Text, code string, rec Recording) (worker.Ended, *session.Fault)
	// Aside does a step that cannot be interrupted beside the cell. After a fault it may still be going on, so it must not
	// change what the caller uses then.
	Aside(doing string, step func()) *session.Fault

	// Checker and Builder are nil before the kernel is open.
	Checker() *compile.Checker
	Builder() *link.Builder
}

// Progress is a line in a cell's output that says what the cell waits for. It shows nothing when the wait is short.
type Progress interface {
	Say(format string, args ...any)
	End()
}

// Recording is what is recorded while a cell runs. The zero value records nothing.
type Recording struct {
	What   string // worker.Call.Watch
	File   string
	Repeat int
}

// About is what a kernel knows of itself.
type About struct {
	Version string   // of the kernel
	Slides  []string // the command that makes slides of a notebook
	Dir     string   // the notebook's folder
}

// Process is where cells run, and what runs beside them.
type Process interface {
	Worker(ctx context.Context) (*worker.Worker, error) // the present one, started if need be
	Leaks(ctx context.Context) ([]stack.Goroutine, error)
	// Surroundings are the environment and the folder that cells have now.
	Surroundings(ctx context.Context) (env []string, dir string, err error)
	BaseEnv() []string // the kernel's own environment
	OwnEnv() []string  // the environment that a worker starts with
	Folder() string    // that cells run in, also when it is not there any more
	Standing() string  // the notebook's folder, or the nearest one above it that is there
	Left() string      // the folder that cells ran in before the present one, "" for none
	Moved(to, from string)
	SetVariable(name string, value *string) // for the workers to come; nil removes it
	// RunChild runs a command of a cell: its memory counts as the notebook's, and it ends with the kernel.
	RunChild(ctx context.Context, c worker.Command) (worker.Ending, error)
	// RunTool runs a compiler.
	RunTool(ctx context.Context, c worker.Command) (worker.Ending, error)
	Input(ctx context.Context, prompt string, password bool) (string, error) // asks the reader for a line
}

// Modules is what a notebook may import.
type Modules interface {
	Get(ctx context.Context, words []string) ([]link.Change, error)
	Holding(ctx context.Context) (link.Holding, error)
	Reset(ctx context.Context) ([]link.Change, error)
	SetAutoget(on bool)
}

// Kernel is whether cells can be compiled.
type Kernel interface {
	IsOpen() bool
	WhyClosed() string // in a sentence
	Reopen() bool      // tries again to open what has failed to
	Reset() error      // forgets everything and opens the kernel again
}
