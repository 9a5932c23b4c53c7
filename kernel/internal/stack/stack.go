// Package stack reads the goroutine stacks that the Go runtime prints: of panics, fatal errors and dumps of all
// goroutines. It is pure, takes text from a process that may have been killed while printing, and never fails:
// what it cannot read it leaves out. It starts no goroutine.
package stack

import (
	"regexp"
	"strconv"
	"strings"

	"interleave/kernel/internal/address"
)

// Frame is one call.
type Frame struct {
	Func string // "nb.Run_ab12.func1", "sync.(*Mutex).Lock"; arguments removed
	File string
	Line int
}

// Goroutine is one stack, innermost call first.
type Goroutine struct {
	ID      int
	State   string // "running", "chan receive", "select (no cases)", "sync.Mutex.Lock"
	Leaked  bool   // waits for what nothing can reach, as the last goroutine leak profile found; from Go 1.27 on
	Minutes int    // how long it has waited, as far as the runtime says
	Label   string // the pprof label "cell", when the process has GODEBUG=tracebacklabels=1
	Frames  []Frame
	Created Frame // where it was started; zero for the first
	Parent  int   // the goroutine that started it, 0 when unknown
}

// Text is what the runtime printed: the words before the first stack, and the stacks.
type Text struct {
	Message    string
	Goroutines []Goroutine
}

var (
	header    = regexp.MustCompile(`^goroutine (\d+)(?: gp=\S+)?(?: m=\S+)?(?: mp=\S+)? \[([^\]]*)\](.*):$`)
	creator   = regexp.MustCompile(`^created by (.+?)(?: in goroutine (\d+))?$`)
	cellLabel = regexp.MustCompile(`(?:^|[ {,"])cell"?: "?([^",}]*)"?`)
	minutes   = regexp.MustCompile(`^(\d+) minutes$`)
	place     = regexp.MustCompile(`^\s+(.+):(-?\d+)(?: \+0x[0-9a-f]+)?(?: .*)?$`)
)

// Parse reads text printed by the runtime.
func Parse(text string) Text {
	var out Text
	var message []string
	var g *Goroutine
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		l := lines[i]
		if m := header.FindStringSubmatch(l); m != nil {
			id, _ := strconv.Atoi(m[1])
			out.Goroutines = append(out.Goroutines, Goroutine{ID: id})
			g = &out.Goroutines[len(out.Goroutines)-1]
			g.state(m[2], m[3])
			continue
		}
		if g == nil {
			message = append(message, l)
			continue
		}
		if strings.TrimSpace(l) == "" || strings.HasPrefix(l, "\t") {
			continue
		}
		f := Frame{Func: l}
		if i+1 < len(lines) {
			if m := place.FindStringSubmatch(lines[i+1]); m != nil {
				f.File = m[1]
				f.Line, _ = strconv.Atoi(m[2])
				f.Line = max(f.Line, 0) // the compiler gives some instructions of an empty loop no line, which //line makes negative
				i++
			}
		}
		if f.File == "" {
			continue
		}
		if m := creator.FindStringSubmatch(l); m != nil {
			f.Func = m[1]
			g.Created = f
			g.Parent, _ = strconv.Atoi(m[2])
			continue
		}
		f.Func = name(l)
		g.Frames = append(g.Frames, f)
	}
	out.Message = strings.TrimSpace(strings.Join(message, "\n"))
	return out
}

// state reads "chan receive, 3 minutes, locked to thread" and the labels: Go 1.26 prints labels:{"cell": "7"} at the end of
// the state, later releases {cell: 7} behind it.
func (g *Goroutine) state(s, behind string) {
	s, labels, within := strings.Cut(s, " labels:{")
	if !within {
		labels = behind
	}
	if m := cellLabel.FindStringSubmatch(labels); m != nil {
		g.Label = m[1]
	}
	for i, part := range strings.Split(s, ", ") {
		if i == 0 {
			g.State, g.Leaked = strings.CutSuffix(part, " (leaked)")
		} else if m := minutes.FindStringSubmatch(part); m != nil {
			g.Minutes, _ = strconv.Atoi(m[1])
		}
	}
}

// name removes the arguments: the last parenthesis that balances.
func name(call string) string {
	if !strings.HasSuffix(call, ")") {
		return call
	}
	depth := 0
	for i := len(call) - 1; i >= 0; i-- {
		switch call[i] {
		case ')':
			depth++
		case '(':
			if depth--; depth == 0 {
				return call[:i]
			}
		}
	}
	return call
}

// Cell returns the content id of the cell that a frame lies in, "" when it is not in a cell.
func (f Frame) Cell() string { return address.Cell(f.File) }

// InCells reports whether any frame of the goroutine, or the statement that started it, lies in a cell.
func (g Goroutine) InCells() bool {
	for _, f := range g.Frames {
		if f.Cell() != "" {
			return true
		}
	}
	return g.Created.Cell() != ""
}

// Touches reports whether a frame, or the statement that started the goroutine, lies in the cell with this
// content id.
func (g Goroutine) Touches(id string) bool {
	for _, f := range g.Frames {
		if f.Cell() == id {
			return true
		}
	}
	return g.Created.Cell() == id
}

// Running reports whether the goroutine uses a core or could: it does not wait.
func (g Goroutine) Running() bool {
	return g.State == "running" || g.State == "runnable"
}
