package cell

import (
	"crypto/sha256"
	"encoding/hex"
	"sort"
	"strings"
	"unicode/utf8"
)

// Text is the source of one cell. It is immutable and identified by its content, so that a cell that is run
// again unchanged is the same Text and its compiled code can be found again.
type Text struct {
	ID     string // the first 12 hex digits of the content's SHA-256
	Source string
	lines  []int // offset of the start of each line
}

// NewText returns the Text of a cell's source.
func NewText(source string) *Text {
	sum := sha256.Sum256([]byte(source))
	t := &Text{ID: hex.EncodeToString(sum[:6]), Source: source, lines: []int{0}}
	for i := 0; i < len(source); i++ {
		if source[i] == '\n' {
			t.lines = append(t.lines, i+1)
		}
	}
	return t
}

// Position turns a byte offset into a line and a column, both from 1; the column counts bytes, as Go's tools do.
func (t *Text) Position(offset int) (line, column int) {
	offset = min(max(offset, 0), len(t.Source))
	i := sort.SearchInts(t.lines, offset+1) - 1
	return i + 1, offset - t.lines[i] + 1
}

// Line returns the source of line n (from 1) without its newline, or "".
func (t *Text) Line(n int) string {
	if n < 1 || n > len(t.lines) {
		return ""
	}
	end := len(t.Source)
	if n < len(t.lines) {
		end = t.lines[n] - 1
	}
	return strings.TrimSuffix(t.Source[t.lines[n-1]:end], "\r")
}

// Of a line longer than widest, an excerpt shows before bytes of what is before the column.
const (
	widest = 240
	before = 120
)

// Excerpt returns what to show of a line for a byte column: the line, or of a long one what is around the column, which lies
// at the byte column at of part.
func Excerpt(line string, column int) (part string, at int) {
	if len(line) <= widest {
		return line, column
	}
	from := min(max(column-1-before, 0), len(line)-widest)
	to := from + widest
	for from > 0 && !utf8.RuneStart(line[from]) {
		from--
	}
	for to < len(line) && !utf8.RuneStart(line[to]) {
		to++
	}
	part, at = line[from:to], column-from
	if from > 0 {
		part, at = "…"+part, at+len("…")
	}
	if to < len(line) {
		part += "…"
	}
	return part, at
}

// Caret returns the blank space that puts a caret under a byte column of a line, tabs kept.
func Caret(line string, column int) string {
	var b strings.Builder
	for i, r := range line {
		if i >= column-1 {
			break
		}
		if r == '\t' {
			b.WriteByte('\t')
		} else if r != utf8.RuneError {
			b.WriteByte(' ')
		}
	}
	return b.String()
}
