package faults

import (
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"interleave/kernel/internal/stack"
)

// Waits is a line for each place where goroutines wait.
func (c *Cells) Waits(list []stack.Goroutine) []string {
	const most = 12
	var lines []string
	count := map[string]int{}
	for _, g := range list {
		s := c.wait(g)
		if count[s]++; count[s] == 1 {
			lines = append(lines, s)
		}
	}
	slices.SortFunc(lines, func(a, b string) int { // the last cell first, in it the cell itself; numbers of goroutines say nothing
		x, y := whereOf(a), whereOf(b)
		return cmp.Or(cmp.Compare(y[0], x[0]), cmp.Compare(x[1], y[1]), cmp.Compare(x[2], y[2]), strings.Compare(a, b))
	})
	var out []string
	for i, s := range lines {
		if i == most {
			return append(out, fmt.Sprintf("  … and %d places more\n", len(lines)-most))
		}
		out = append(out, fmt.Sprintf("  %d × %s\n", count[s], s))
	}
	return out
}

var waitsAt = regexp.MustCompile(` at In\[(\d+)\]:(\d+) `)

// whereOf is the cell of a line of waits, whether a go statement started the goroutine, and the line in the cell.
func whereOf(s string) [3]int {
	var out [3]int
	if m := waitsAt.FindStringSubmatch(s); m != nil {
		out[0], _ = strconv.Atoi(m[1])
		out[2], _ = strconv.Atoi(m[2])
	}
	if strings.Contains(s, "(started at ") {
		out[1] = 1
	}
	return out
}

// wait tells where a goroutine stands and where it was started.
func (c *Cells) wait(g stack.Goroutine) string {
	s := g.State
	if g.Leaked {
		s += " (leaked)"
	}
	at := ""
	for _, f := range g.Frames {
		if id := f.Cell(); id != "" {
			line, source := c.Place(id, strconv.Itoa(f.Line))
			at = fmt.Sprintf(" at %s   %s", line, strings.TrimSpace(source))
			break
		}
	}
	if at == "" {
		for _, f := range g.Frames {
			if !runtimeFrame(f.Func) {
				at = fmt.Sprintf(" in %s   %s:%d", f.Func, filepath.Base(f.File), f.Line)
				break
			}
		}
	}
	s += at
	if id := g.Created.Cell(); id != "" {
		line, _ := c.Place(id, strconv.Itoa(g.Created.Line))
		s += fmt.Sprintf("   (started at %s)", line)
	}
	return s
}

// Legend says what "leaked" means, where one is.
func Legend(list []stack.Goroutine) string {
	if !slices.ContainsFunc(list, func(g stack.Goroutine) bool { return g.Leaked }) {
		return ""
	}
	return "leaked: it waits for ever, because nothing else can reach what it waits for\n"
}
