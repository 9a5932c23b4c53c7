package session

import (
	"context"

	"interleave/kernel/internal/events"
)

// Engine is what a session needs of the thing that runs code. A session calls Execute for one cell at a
// time; every other method may be called at any time, also while a cell runs, and answers promptly.
type Engine interface {
	// Execute runs one cell. When it returns, everything the cell printed or showed up to its end has been
	// given to out, in order. Goroutines that outlive the cell may go on calling out afterwards.
	Execute(ctx context.Context, c Cell, out Output) Outcome
	// Interrupt ends the running cell, if there is one; Execute then returns a Fault named Interrupted.
	// It does not wait.
	Interrupt()
	// IsComplete looks at syntax only. Status is complete, incomplete, invalid or unknown; indent belongs to
	// incomplete.
	IsComplete(code string) (status, indent string)
	// Complete and Inspect take a cursor in Unicode code points.
	Complete(ctx context.Context, code string, cursor int) Completion
	Inspect(ctx context.Context, code string, cursor, detail int) Inspection
	// Info is what kernel_info_reply says of the language.
	Info() Info
	// Close ends every process the engine started.
	Close() error
}

// Cell is one execute_request as the engine sees it.
type Cell struct {
	Code            string
	Count           int    // the number shown as In [Count]
	ID              string // the front end's id of the cell, may be empty
	Silent          bool
	UserExpressions map[string]string
	// Input asks the reader for a line; nil when the client cannot be asked (allow_stdin is false). Its error is a *NotAskedError when the
	// client cannot be reached.
	Input func(ctx context.Context, prompt string, password bool) (string, error)
}

// Output takes what a cell shows, in order. Implementations are safe for concurrent use. The maps of a
// bundle are owned by the Output once given; values are what encoding/json takes, json.RawMessage included.
type Output interface {
	Stream(name string, text []byte) // name is stdout or stderr; text may end inside a rune; text is not kept
	Display(b Bundle)
	Update(b Bundle) // b.Transient holds display_id
	Result(b Bundle)
	Clear(wait bool)
}

// Bundle is one value in several MIME types.
type Bundle = events.Bundle[any]

// Outcome is how a cell ended. Fault is nil when it ended well.
type Outcome struct {
	Fault       *Fault
	Payload     []map[string]any           // page, set_next_input, ask_exit
	Expressions map[string]ExpressionValue // one for each of Cell.UserExpressions; empty after a fault
}

// ExpressionValue is one user expression: a bundle, or the fault it ended in.
type ExpressionValue struct {
	Bundle Bundle
	Fault  *Fault
}

// Fault is an error of the user's code. Name is one of CompileError, Panic, Interrupted, WorkerDied,
// CommandError, InputError, DisplayError; tools match it. Traceback is ANSI text, a line or more each.
type Fault struct {
	Name      string
	Value     string
	Traceback []string
}

// Completion answers complete_request; Start and End are code points.
type Completion struct {
	Matches    []Match
	Start, End int
}

// Match is one proposal. Type is what front ends draw an icon for: function, variable, struct, interface,
// module, field, method, constant, keyword, or empty.
type Match struct {
	Text, Type, Signature string
}

// Inspection answers inspect_request.
type Inspection struct {
	Found bool
	Data  map[string]any
}

// Info describes the implementation and the language.
type Info struct {
	Implementation, Version string
	GoVersion               string // "1.26.8"
	Banner                  string
	HelpLinks               []HelpLink
}

// HelpLink is one entry of the front end's Help menu.
type HelpLink struct {
	Text string `json:"text"`
	URL  string `json:"url"`
}
