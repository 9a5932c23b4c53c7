package faults

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"interleave/kernel/internal/address"
	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/compile"
	"interleave/kernel/internal/revision"
	"interleave/kernel/internal/session"
	"interleave/kernel/internal/stack"
	"interleave/kernel/internal/words"
	"interleave/kernel/internal/worker"
)

// MostErrors is how many errors of one cell are shown.
const MostErrors = 50

// Compile shows the errors of a cell, each with its line and a caret.
func (c *Cells) Compile(list []compile.Diagnostic) *session.Fault {
	f := &session.Fault{Name: "CompileError"}
	for i, d := range list {
		if i == MostErrors {
			f.Traceback = append(f.Traceback, fmt.Sprintf("… and %s", words.Plural(len(list)-i, "more error")))
			break
		}
		line, column := d.Text.Position(d.Offset)
		at := fmt.Sprintf("%s:%d:%d", c.Name(d.Text), line, column)
		message := c.Told(d.Message)
		if i == 0 {
			f.Value = at + ": " + message
		}
		source, column := cell.Excerpt(d.Text.Line(line), column)
		f.Traceback = append(f.Traceback, fmt.Sprintf("\x1b[1m%s:\x1b[0m \x1b[31m%s\x1b[0m\n    %s\n    %s\x1b[1;32m^\x1b[0m",
			at, message, source, cell.Caret(source, column)))
	}
	if n := len(list) - 1; n > 0 {
		f.Value += fmt.Sprintf(" (and %d more)", n)
	}
	return f
}

var compilerLine = regexp.MustCompile(address.FilePattern + `:(\d+)(?::(\d+))?: (.*)`)

// Compiler shows what only the compiler found. Columns are those of the generated line, so none is shown.
func (c *Cells) Compiler(lines []string) *session.Fault {
	text := strings.Join(lines, "\n")
	if err := errors.New(text); !compilerLine.MatchString(text) && Cure(err) != "" { // the compiler itself has failed
		return c.Internal(err)
	}
	f := &session.Fault{Name: "CompileError"}
	for i, l := range lines {
		if i == MostErrors {
			f.Traceback = append(f.Traceback, fmt.Sprintf("… and %s", words.Plural(len(lines)-i, "more line")))
			break
		}
		m := compilerLine.FindStringSubmatch(l)
		if m == nil {
			f.Traceback = append(f.Traceback, compile.Plain(l))
			continue
		}
		at, source := c.Place(m[1], m[2])
		message := compile.Plain(m[4])
		if f.Value == "" {
			f.Value = at + ": " + message
		}
		f.Traceback = append(f.Traceback, fmt.Sprintf("\x1b[1m%s:\x1b[0m \x1b[31m%s\x1b[0m\n    %s", at, message, source))
	}
	if f.Value == "" {
		f.Value = compile.Plain(strings.Join(lines, "; "))
	}
	return f
}

// Panic shows a panic of the cell's own goroutine.
func (c *Cells) Panic(p *worker.Panic) *session.Fault {
	value := c.InCells(otherVersion(compile.Plain(p.Text)))
	if p.Goexit {
		value = "runtime.Goexit was called: the cell's goroutine ended before the cell did"
	}
	name := "Panic"
	if p.Type == "display.unshown" { // the value of the cell's last expression cannot be shown
		name = "DisplayError"
	}
	f := &session.Fault{Name: name, Value: value, Traceback: []string{Heading(name, value)}}
	t := stack.Parse(string(p.Stack))
	if len(t.Goroutines) > 0 {
		f.Traceback = append(f.Traceback, c.frames(afterPanic(t.Goroutines[0].Frames))...)
	}
	return f
}

var conversion = regexp.MustCompile(`^(interface conversion: .* is (\S+), not (\S+))(?: \(types from different \w+\))?$`)

// otherVersion explains an assertion that fails because the value is of an older version of its type, which has no name
// of its own for the reader.
func otherVersion(text string) string {
	if m := conversion.FindStringSubmatch(text); m != nil && m[2] == m[3] {
		return m[1] + " as it is now: the value was made before " + strings.TrimPrefix(strings.TrimPrefix(m[3], "*"), "notebook.") + " was declared again or got another method; make it anew"
	}
	return text
}

// afterPanic drops the frames of the code that took the stack: everything up to the innermost panic. A deferred call that
// panicked stands above the panic it ran for.
func afterPanic(frames []stack.Frame) []stack.Frame {
	for i, f := range frames {
		if f.Func == "panic" || strings.HasPrefix(f.Func, "runtime.gopanic") || f.Func == "runtime.Goexit" {
			return frames[i+1:]
		}
	}
	return frames
}

// Death shows why and where a worker ended.
func (c *Cells) Death(d *worker.Death, lost []string) *session.Fault {
	t := stack.Parse(string(d.Crash))
	reason := c.InCells(compile.Plain(d.Reason))
	f := &session.Fault{Name: "WorkerDied", Value: reason + LostText(lost)}
	f.Traceback = []string{Heading("WorkerDied", reason)}
	if len(t.Goroutines) > 0 {
		g := t.Goroutines[0] // the one that failed
		if frames := c.frames(g.Frames); g.InCells() {
			f.Traceback = append(f.Traceback, c.goroutineTitle(g))
			f.Traceback = append(f.Traceback, frames...)
			if at := c.created(g); at != "" {
				f.Traceback = append(f.Traceback, at)
			}
		}
	}
	f.Traceback = append(f.Traceback, "The worker was restarted"+LostText(lost)+".")
	return f
}

// Goroutines shows where each goroutine of the notebook stands; equal stacks are shown once.
func (c *Cells) Goroutines(list []stack.Goroutine) []string {
	type group struct {
		n     int
		title string
		body  []string
	}
	var groups []*group
	byKey := map[string]*group{}
	for _, g := range list {
		body := c.frames(g.Frames)
		if at := c.created(g); at != "" {
			body = append(body, at)
		}
		key := g.State + strings.Join(body, "\n")
		if byKey[key] == nil {
			byKey[key] = &group{title: c.goroutineTitle(g), body: body}
			groups = append(groups, byKey[key])
		}
		byKey[key].n++
	}
	var out []string
	for i, g := range groups {
		if i == 20 {
			return append(out, fmt.Sprintf("… and %d more kinds of goroutines", len(groups)-i))
		}
		if g.n > 1 {
			g.title = fmt.Sprintf("%d goroutines%s", g.n, strings.TrimPrefix(g.title, "goroutine"))
		}
		out = append(out, g.title)
		out = append(out, g.body...)
	}
	return out
}

func (c *Cells) goroutineTitle(g stack.Goroutine) string {
	s := "goroutine [" + g.State
	if g.Minutes > 0 {
		s += fmt.Sprintf(", %d minutes", g.Minutes)
	}
	return s + "]:"
}

func (c *Cells) created(g stack.Goroutine) string {
	if id := g.Created.Cell(); id != "" {
		at, source := c.Place(id, strconv.Itoa(g.Created.Line))
		return fmt.Sprintf("  started at %s   %s", at, strings.TrimSpace(source))
	}
	return ""
}

// frames shows a stack in cell lines. Frames of the runtime and of the worker are folded; of packages, the
// function and its file.
func (c *Cells) frames(list []stack.Frame) []string {
	var out []string
	folded, repeated, last := 0, 0, ""
	flush := func() {
		if repeated > 0 {
			out = append(out, fmt.Sprintf("  \x1b[2m… the same call %s more\x1b[0m", words.Plural(repeated, "time")))
		}
		if folded > 0 {
			out = append(out, fmt.Sprintf("  \x1b[2m… %s of the runtime\x1b[0m", words.Plural(folded, "frame")))
		}
		folded, repeated = 0, 0
	}
	for i, f := range list {
		if len(out) == mostFrames {
			return append(out, fmt.Sprintf("  … %d more calls", len(list)-i))
		}
		line := ""
		switch id := f.Cell(); {
		case id != "":
			at, source := c.Place(id, strconv.Itoa(f.Line))
			line = fmt.Sprintf("  \x1b[1m%s\x1b[0m in %s   %s", at, Function(f.Func), strings.TrimSpace(source))
		case hostFrame(f.Func) && !cellBelow(list[i:]):
			continue
		case hostFrame(f.Func), runtimeFrame(f.Func):
			folded++
			continue
		default:
			line = fmt.Sprintf("  %s   %s:%d", revision.Plain(inlined.ReplaceAllString(f.Func, "")), path.Base(f.File), f.Line)
		}
		if line == last && folded == 0 { // a recursion reads better counted
			repeated++
			continue
		}
		flush()
		out = append(out, line)
		last = line
	}
	if len(out) == 0 || repeated > 0 {
		flush()
	}
	return out
}

// mostFrames is how many lines of a stack are shown.
const mostFrames = 60

func cellBelow(list []stack.Frame) bool {
	for _, f := range list {
		if f.Cell() != "" {
			return true
		}
	}
	return false
}

func runtimeFrame(name string) bool {
	return strings.HasPrefix(name, "runtime.") || strings.HasPrefix(name, "internal/") || strings.HasPrefix(name, "reflect.") || name == "panic" ||
		strings.HasPrefix(name, "sync.runtime_") || strings.HasPrefix(name, "syscall.")
}

func hostFrame(name string) bool {
	return strings.HasPrefix(name, "main.") || strings.HasPrefix(name, "nb/") || strings.Contains(name, "interleave/kernel/internal/")
}

// inlined is what the name of another package's closure begins with when its function is part of the cell's.
var inlined = regexp.MustCompile(`^nb\.(Run_[0-9a-f]{20}\.)+`)

// entry is the cell's own function; closures inlined into it have its name twice.
var entry = regexp.MustCompile(`(?:Run_[0-9a-f]{20}\.)*Run_[0-9a-f]{20}`)

// Function names a function of a cell for the reader: the cell's own statements have none.
func Function(name string) string {
	name = strings.TrimPrefix(name, "nb.")
	name = strings.TrimPrefix(name, "notebook.")
	return InCell(name)
}

// InCell words names that the kernel has given: the cell's own function, versions of what is declared.
func InCell(text string) string { return compile.Plain(entry.ReplaceAllString(text, "the cell")) }

// LostText says which variables went with a worker.
func LostText(lost []string) string {
	if len(lost) == 0 {
		return "; no variable was lost"
	}
	return "; lost variables: " + strings.Join(lost, ", ") + " (types and functions are kept)"
}

// Plain is a fault without a place.
func Plain(name, value string) *session.Fault {
	return &session.Fault{Name: name, Value: value, Traceback: []string{Heading(name, value)}}
}

// Interrupted is the fault of a cell that an interrupt has ended before it ran.
func Interrupted(doing string) *session.Fault {
	return Plain("Interrupted", "interrupted while "+doing+"; nothing has changed")
}

// Heading is the first line of a fault's traceback.
func Heading(name, value string) string {
	return "\x1b[1;31m" + name + "\x1b[0m: " + compile.Plain(value)
}

// Command is the fault of a command that failed, nil when it did not.
func Command(err error) *session.Fault {
	var f *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
		return f.Fault
	}
	return Plain("CommandError", err.Error())
}

// Error carries the fault of a cell that a command ran.
type Error struct{ Fault *session.Fault }

func (f *Error) Error() string { return f.Fault.Value }

// Excess is the fault of a cell whose command, program or tests were killed for their memory.
func Excess(count int, what string, x *worker.Excess) *session.Fault {
	return Plain("MemoryLimit", x.Text(fmt.Sprintf("In[%d]: %s", count, what))+". It was ended; all variables are kept")
}
