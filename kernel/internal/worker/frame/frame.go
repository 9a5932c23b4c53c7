// Package frame is the language of the two control pipes between the kernel and its worker: frames of
// four bytes of length (big endian) and a JSON document. Commands go to the worker, reports come back.
//
// It knows neither processes nor file descriptors and starts no goroutine. Both ends treat what they read as
// bytes from outside: a length above Max or a document that does not fit is an error, never a panic.
package frame

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"interleave/kernel/internal/events"
)

// Max is the size of the largest frame's document in bytes.
const Max = 256 << 20

// header is the number of bytes before a document.
const header = 4

// ErrTooLarge reports a frame above Max.
var ErrTooLarge = errors.New("frame is larger than 256 MiB")

// The operations of a Command. Every command but Cancel, Look, CommCommand and Reply is answered: Run by Done, the others by
// a report Answer with the same Seq.
const (
	Hello       = "hello"   // the first command: Limit; answered by Ready
	Run         = "run"     // Cell, Label, Plugin, Symbol, Stdin, Watch, Name, Repeat
	Cancel      = "cancel"  // cancels the context of Cell
	Stack       = "stack"   // answered with the stacks of all goroutines
	Profile     = "profile" // Name of a runtime/pprof profile, Level as pprof's debug argument
	Ping        = "ping"
	Look        = "look"     // the worker looks how long its goroutines wait for a processor; not answered
	Stirring    = "stirring" // answered, behind what was printed before, with whether goroutines in the background stir
	Still       = "still"    // the worker sets no timer of its own until a second one, with Unset, comes
	Chdir       = "chdir"    // Name
	Setenv      = "setenv"   // Name, Value; Unset removes it
	CommCommand = "comm"     // Comm, a message of a client; not answered
	Stdin       = "stdin"    // Cell; something waits for descriptor 0; answered when it has got what it waits for
	Environ     = "environ"  // answered with the environment, variables parted by zero bytes
	Reply       = "reply"    // to an Emit: Value is the reader's line, Error refuses
)

// The operations of a Report.
const (
	Ready  = "ready"  // the worker takes commands
	Done   = "done"   // Cell ended: Panic or LoadError tell how, when not well
	Emit   = "emit"   // an Event; the worker waits for the Reply with the same Seq
	Answer = "answer" // to a command: Bytes, Error
)

// Command goes from the kernel to the worker.
type Command struct {
	Op     string       `json:"op"`
	Seq    uint64       `json:"seq,omitempty"`
	Cell   uint64       `json:"cell,omitempty"`
	Label  string       `json:"label,omitempty"`
	Plugin string       `json:"plugin,omitempty"`
	Symbol string       `json:"symbol,omitempty"`
	Name   string       `json:"name,omitempty"`
	Value  string       `json:"value,omitempty"`
	Unset  bool         `json:"unset,omitempty"`
	Stdin  bool         `json:"stdin,omitempty"` // Run: descriptor 0 is watched, see Stdin
	Level  int          `json:"level,omitempty"`
	Limit  int64        `json:"limit,omitempty"`
	Watch  string       `json:"watch,omitempty"`  // what is recorded while the cell runs
	Repeat int          `json:"repeat,omitempty"` // how often the cell is run and timed, after once for nothing
	Error  string       `json:"error,omitempty"`
	Comm   *events.Comm `json:"comm,omitempty"`
}

// Report goes from the worker to the kernel. V is that of its event.
type Report[V any] struct {
	Op        string           `json:"op"`
	Seq       uint64           `json:"seq,omitempty"`
	Cell      uint64           `json:"cell,omitempty"`
	Event     *events.Event[V] `json:"event,omitempty"`
	Panic     *Panic           `json:"panic,omitempty"`
	LoadError string           `json:"load_error,omitempty"`
	Loading   time.Duration    `json:"loading,omitempty"`
	Running   time.Duration    `json:"running,omitempty"`
	Left      bool             `json:"left,omitempty"`     // goroutines that the cell has started may go on
	Stirring  bool             `json:"stirring,omitempty"` // goroutines in the background run, or wait for nothing but a processor
	Behind    bool             `json:"behind,omitempty"`   // Answer: what was printed before it comes first
	Usage     *Usage           `json:"usage,omitempty"`    // of a watched cell
	Bytes     []byte           `json:"bytes,omitempty"`
	Error     string           `json:"error,omitempty"`
}

// WatchUsage is the Watch of a Run that records nothing but Usage.
const WatchUsage = "usage"

// Usage is what a watched cell took. All of it is the whole process's.
type Usage struct {
	Wall    time.Duration   `json:"wall"`
	CPU     time.Duration   `json:"cpu"`
	Bytes   uint64          `json:"bytes"`             // allocated
	Objects uint64          `json:"objects"`           // allocated
	GCs     uint64          `json:"gcs"`               // collections that ended
	Samples []time.Duration `json:"samples,omitempty"` // of a repeated cell
	Cut     bool            `json:"cut,omitempty"`     // the recording ended before the cell: it had become too large
	Failed  string          `json:"failed,omitempty"`  // why there is no recording
}

// Panic is how a cell's own goroutine ended when not by returning.
type Panic struct {
	Text    string `json:"text"`              // the value as the runtime prints it after "panic: "
	Type    string `json:"type,omitempty"`    // the value's type as by %T
	Runtime bool   `json:"runtime,omitempty"` // the value is a runtime.Error
	Goexit  bool   `json:"goexit,omitempty"`  // runtime.Goexit, no panic
	Init    bool   `json:"init,omitempty"`    // while the packages of the plugin were initialised
	Stack   []byte `json:"stack"`             // debug.Stack, uncut
}

// Marshal returns v as one frame. An error means that v does not fit: a value encoding/json refuses, or one
// above Max.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	b.Write(make([]byte, header))
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // an HTML table would grow by half
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	out := b.Bytes()
	if len(out)-header > Max {
		return nil, ErrTooLarge
	}
	binary.BigEndian.PutUint32(out, uint32(len(out)-header))
	return out, nil
}

// Read reads one frame into v. It returns io.EOF only between two frames.
func Read(r io.Reader, v any) error {
	var h [header]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(h[:])
	if n > Max {
		return ErrTooLarge
	}
	// A forged length must not allocate what never arrives.
	var doc bytes.Buffer
	if _, err := io.CopyN(&doc, r, int64(n)); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	return decode(doc.Bytes(), v)
}

// Decoder takes the bytes of a pipe as they come and gives the frames in them. The zero value is ready.
type Decoder struct {
	buf  []byte
	read int // bytes of buf already given out
}

// Feed adds bytes; p is copied.
func (d *Decoder) Feed(p []byte) {
	if d.read > 0 {
		d.buf = d.buf[:copy(d.buf, d.buf[d.read:])]
		d.read = 0
	}
	if len(d.buf) == 0 && cap(d.buf) > 4<<20 {
		d.buf = nil // one large picture must not stay for the session
	}
	d.buf = append(d.buf, p...)
}

// look is the frame of the command Look.
var look, _ = Marshal(Command{Op: Look})

// Look takes the next frame if it is the command Look, and reports whether it was. That command comes again and again while a
// cell runs, and what decoding it would allocate would be counted as the cell's.
func (d *Decoder) Look() bool {
	if !bytes.HasPrefix(d.buf[d.read:], look) {
		return false
	}
	d.read += len(look)
	return true
}

// Next decodes the next whole frame into v and reports whether there was one. After an error the stream is
// beyond repair.
func (d *Decoder) Next(v any) (bool, error) {
	rest := d.buf[d.read:]
	if len(rest) < header {
		return false, nil
	}
	n := binary.BigEndian.Uint32(rest)
	if n > Max {
		return false, ErrTooLarge
	}
	if len(rest) < header+int(n) {
		return false, nil
	}
	d.read += header + int(n)
	return true, decode(rest[header:header+int(n)], v)
}

func decode(doc []byte, v any) error {
	if err := json.Unmarshal(doc, v); err != nil {
		return fmt.Errorf("frame: %w", err)
	}
	return nil
}
