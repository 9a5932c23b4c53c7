// Package racereport reads what Go's race detector prints. It is pure, takes text of a process that may have
// been killed while printing, and never fails: what it cannot read it leaves out. It starts no goroutine.
package racereport

import (
	"regexp"
	"strconv"
	"strings"

	"interleave/kernel/internal/stack"
)

// Access is one of the two accesses that race.
type Access struct {
	Write     bool
	Atomic    bool
	Previous  bool // the one that came first, as far as the detector knows
	Addr      uint64
	Goroutine int // 0 for the main goroutine
	Frames    []stack.Frame
}

// Goroutine is what a report says of a goroutine. The main goroutine has none.
type Goroutine struct {
	ID       int
	Finished bool
	Frames   []stack.Frame // where it was started, innermost first
}

// Report is one data race.
type Report struct {
	Accesses   []Access // two; fewer when the text broke off
	Goroutines []Goroutine
}

// Goroutine returns what the report says of a goroutine, nil for the main one.
func (r *Report) Goroutine(id int) *Goroutine {
	for i := range r.Goroutines {
		if r.Goroutines[i].ID == id {
			return &r.Goroutines[i]
		}
	}
	return nil
}

const (
	bar     = "=================="
	warning = "WARNING: DATA RACE"
)

var (
	access  = regexp.MustCompile(`^(Previous )?([Aa]tomic )?(?i:(read|write)|race) (?:of size \d+ )?(?:at|by) 0x([0-9a-f]+) by (?:(main goroutine)|goroutine (\d+)).*:$`)
	created = regexp.MustCompile(`^Goroutine (\d+) \((\w+)\) created at:$`)
	place   = regexp.MustCompile(`^\s+(.+):(\d+)(?: \+0x[0-9a-f]+)?$`)
)

// Parse finds all reports in a text.
func Parse(text string) []Report {
	var out []Report
	var r *Report             // the report under way
	var frames *[]stack.Frame // the stack under way
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		l := lines[i]
		switch {
		case l == warning:
			out = append(out, Report{})
			r, frames = &out[len(out)-1], nil
			continue
		case l == bar:
			r, frames = nil, nil
			continue
		case r == nil:
			continue
		case strings.TrimSpace(l) == "":
			frames = nil
			continue
		}
		if m := access.FindStringSubmatch(l); m != nil {
			a := Access{Previous: m[1] != "", Atomic: m[2] != "", Write: strings.EqualFold(m[3], "write")}
			a.Addr, _ = strconv.ParseUint(m[4], 16, 64)
			a.Goroutine, _ = strconv.Atoi(m[6])
			r.Accesses = append(r.Accesses, a)
			frames = &r.Accesses[len(r.Accesses)-1].Frames
			continue
		}
		if m := created.FindStringSubmatch(l); m != nil {
			g := Goroutine{Finished: m[2] == "finished"}
			g.ID, _ = strconv.Atoi(m[1])
			r.Goroutines = append(r.Goroutines, g)
			frames = &r.Goroutines[len(r.Goroutines)-1].Frames
			continue
		}
		if frames == nil || i+1 >= len(lines) {
			continue
		}
		if m := place.FindStringSubmatch(lines[i+1]); m != nil {
			f := stack.Frame{Func: strings.TrimSuffix(strings.TrimSpace(l), "()"), File: m[1]}
			f.Line, _ = strconv.Atoi(m[2])
			*frames = append(*frames, f)
			i++
		}
	}
	return out
}

// Cell returns the innermost frame that lies in a cell; ok is false when there is none.
func Cell(frames []stack.Frame) (f stack.Frame, ok bool) {
	for _, f := range frames {
		if f.Cell() != "" {
			return f, true
		}
	}
	return stack.Frame{}, false
}
