// Package worker starts the process that holds the reader's state, has it open and run compiled cells, and
// tells what it printed, showed and died of. It knows nothing of Jupyter, of Go source or of how a cell
// was compiled: a cell is a plugin's path and a symbol in it.
//
// There are three processes. The kernel starts a guard (its own binary in a hidden mode, GuardMain), the
// guard starts the worker (worker/host) and outlives it just long enough to end every process that the
// worker left behind. The kernel holds a pipe to the guard: when it closes, for whatever reason, everything
// below the guard is killed.
//
// The worker's file descriptors:
//
//	0  stdin: for each cell a new pipe of the worker's own, fed when a thread is seen to read it (stdin.go)
//	1  stdout } what user code prints; nothing else travels here
//	2  stderr }
//	3  commands from the kernel     } frames (worker/frame), closed in children
//	4  reports to the kernel        }
//	5  the runtime's crash text (debug.SetCrashOutput)
//
// Order. A display event is synchronous: the worker sends it and waits. The kernel, reading it, first hands
// on what lies in the stdout and stderr pipes at that moment (as FIONREAD tells, so that an endless writer
// cannot hold it up), then the event, then answers. So text printed before comes before and text printed
// after comes after, and the same holds for the end of a cell. No clock is involved.
//
// Goroutines, for each Worker: one reader (everything the worker says, and all calls of Handler.Text and
// Handler.Event), one that waits for the guard, and one for each line of input that is being asked for. All end
// with the worker. A Memory has one while anything runs that it supervises.
package worker

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"interleave/kernel/internal/events"
	"interleave/kernel/internal/worker/frame"
)

// Config says what to start. Path, Guard and Handler are required.
type Config struct {
	Path    string   // the worker program, built from worker/host
	Args    []string // its arguments, without its name
	Env     []string // its environment; nil means that of this process
	Dir     string   // where it starts; "" means here
	Guard   []string // the command whose main calls GuardMain with the arguments after these
	Handler Handler

	// Memory supervises what the worker and its children use; nil means that nothing does. Spared, when set, is told that
	// the children were killed for it and the worker was not.
	Memory *Memory
	Spared func(*Excess)

	// Late, when set, is told how a cell ended that had been abandoned. It is called by the reader goroutine.
	Late func(id uint64, e Ended)

	Logger *slog.Logger // nil means none
}

// Handler takes what the worker says, whichever cell or background goroutine says it. Text and Event are
// called by one goroutine, in order; while they block, the worker waits as soon as its pipes are full. The
// first call may come before Start has returned.
type Handler interface {
	// Text takes what was written to "stdout" or "stderr". It may begin and end inside a rune. b is only
	// lent until Text returns.
	Text(name string, b []byte)
	Event(e Event) // of every kind but Input and Stdin
	// Input asks the reader for a line, because display.Input was called or something waits on descriptor 0; an
	// error ends the file there, and ErrNoInput the cell as well. Calls come one at a time, from a goroutine of their own, after
	// everything printed before has been given to Text. ctx ends when the cell is cancelled or abandoned and
	// when the worker dies.
	Input(ctx context.Context, prompt string, password bool) (string, error)
}

// Event is an event as it arrives.
type Event = events.Event[json.RawMessage]

// Call is one run of a cell.
type Call struct {
	ID     uint64 // never used before in this worker
	Cell   string // the value of the pprof label "cell" of the goroutines it starts
	Plugin string // absolute path of the plugin
	Symbol string // a func()

	// Watch is what to record while the cell runs: Usage alone, an execution trace ("trace"), or a profile ("cpu",
	// "mutex", "block", "heap", "goroutine"), which is written to File, as a trace of runtime/trace or in pprof's
	// format; of mutex, block and heap also File + ".before". Background goroutines are in it too.
	Watch, File string
	Repeat      int // run the cell that often more and time each; Usage is that of all
}

// Ended tells how a cell ended by itself. Panic is nil when it returned.
type Ended struct {
	Panic   *Panic
	Loading time.Duration // opening the plugin, zero when it was loaded before
	Running time.Duration
	Left    bool // goroutines that it has started may go on; without it none does
	// Stirring tells that goroutines in the background run, or wait for nothing but a processor; see Worker.Stirring.
	Stirring bool
	Usage    *Usage // of a watched call
}

// Usage is what a watched call took.
type Usage = frame.Usage

// WatchUsage is the Watch that records nothing but Usage.
const WatchUsage = frame.WatchUsage

// Panic is how the cell's own goroutine ended when not by returning.
type Panic = frame.Panic

// LoadError is a plugin the worker could not open: Text is the dynamic linker's or the runtime's reason.
type LoadError struct {
	Plugin, Text string
}

func (e *LoadError) Error() string { return "load cell: " + e.Text }

var (
	// ErrAbandoned is what Run returns after Abandon.
	ErrAbandoned = errors.New("cell abandoned: it goes on in the background")
	// ErrClosed is returned for a worker that Close has ended.
	ErrClosed = errors.New("worker is closed")
)
