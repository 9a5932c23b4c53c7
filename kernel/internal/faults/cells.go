// Package faults words what went wrong, for the reader of a notebook: cells by their numbers, errors with lines and carets,
// stacks in cell lines, troubles around the kernel with what to do about them. It runs nothing.
package faults

import (
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"interleave/kernel/internal/address"
	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/compile"
)

// Cells are the texts of a notebook's cells, by their content ids. Places in messages are worded by them. The zero
// value has no cell; Log must be set before a method that returns a fault is called.
type Cells struct {
	Log *slog.Logger

	mu    sync.Mutex
	texts map[string]*Record
}

// Record is what is known of a cell's text: the number it ran under last.
type Record struct {
	Text   *cell.Text
	Count  int
	Failed bool // it ended with an error
	Before bool // %reset has forgotten what it declared
}

// Remember says under which number a text runs.
func (c *Cells) Remember(text *cell.Text, count int) { c.RememberAs(text.ID, text, count) }

// RememberAs says which text the reader is shown for what was compiled under a content id.
func (c *Cells) RememberAs(id string, text *cell.Text, count int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.texts == nil {
		c.texts = map[string]*Record{}
	}
	c.texts[id] = &Record{Text: text, Count: count}
}

// Ended notes how a cell ended.
func (c *Cells) Ended(id string, failed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if rec := c.texts[id]; rec != nil {
		rec.Failed = failed
	}
}

// Reset notes that what all cells have declared is forgotten.
func (c *Cells) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, rec := range c.texts {
		rec.Before = true
	}
}

// Record is what is known of a text; ok is false when it has not run.
func (c *Cells) Record(id string) (rec Record, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.texts[id]; r != nil {
		return *r, true
	}
	return Record{}, false
}

// Find finds a cell's text and current number by its content id.
func (c *Cells) Find(id string) (*cell.Text, int) {
	rec, _ := c.Record(id)
	return rec.Text, rec.Count
}

// Name names a cell as the reader sees it: In[7].
func (c *Cells) Name(t *cell.Text) string {
	if _, n := c.Find(t.ID); n > 0 {
		return "In[" + strconv.Itoa(n) + "]"
	}
	return "In[?]"
}

// Place turns a content id and a line into In[7]:3 and the source of that line.
func (c *Cells) Place(id, line string) (at, source string) {
	t, n := c.Find(id)
	if t == nil {
		return "In[?]:" + line, ""
	}
	l, _ := strconv.Atoi(line)
	at = "In[" + strconv.Itoa(n) + "]"
	if l < 1 { // it is not known
		return at, ""
	}
	source, _ = cell.Excerpt(t.Line(l), 1)
	return at + ":" + strconv.Itoa(l), source
}

// Line names a line of a cell as the reader sees it, "" for lines of other files.
func (c *Cells) Line(file string, line int) string {
	id := address.Cell(file)
	if id == "" {
		return ""
	}
	at, _ := c.Place(id, strconv.Itoa(line))
	return at
}

var lineName = regexp.MustCompile(`^In\[(\d+)\]:(\d+)$`)

// Source is the text of In[3]:5.
func (c *Cells) Source(at string) string {
	m := lineName.FindStringSubmatch(at)
	if m == nil {
		return ""
	}
	n, _ := strconv.Atoi(m[1])
	line, _ := strconv.Atoi(m[2])
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.texts {
		if t.Count == n && line > 0 {
			if s := strings.TrimSpace(t.Text.Line(line)); s != "" {
				return s
			}
		}
	}
	return ""
}

var (
	cellPlace = regexp.MustCompile(`[^\s:"'(]*` + address.FilePattern + `:(\d+)`)
	bareCell  = regexp.MustCompile(address.BarePattern + `:(\d+)`)
	// unknownCell is the place of a declaration whose cell is not in the record.
	unknownCell = regexp.MustCompile(` \(` + address.FilePattern + `:\d+\)`)
)

// InCells writes the places in a text as the reader knows them.
func (c *Cells) InCells(text string) string {
	for _, re := range []*regexp.Regexp{cellPlace, bareCell} {
		text = re.ReplaceAllStringFunc(text, func(s string) string {
			m := re.FindStringSubmatch(s)
			if t, _ := c.Find(m[1]); t == nil {
				return s
			}
			at, _ := c.Place(m[1], m[2])
			return at
		})
	}
	return text
}

// Told is what the checker says, in the reader's words: cells have numbers, and names no versions.
func (c *Cells) Told(text string) string {
	return unknownCell.ReplaceAllString(c.InCells(compile.Plain(text)), "")
}
