package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// progress shows how far long steps have come. On a terminal one line is rewritten; it has a part for each task under way.
// Elsewhere each step has a line when it begins and one when it ends. Tasks may be used by several goroutines at once.
type progress struct {
	mu       sync.Mutex
	to       io.Writer
	terminal bool
	tasks    []*task // under way, in the order in which they began
	width    int     // of the line that is shown
	only     *task   // that of show and end
}

// task is a series of steps, one after the other.
type task struct {
	p           *progress
	step        string // "" between two steps
	started     time.Time
	done, total int
	detail      string
}

func newProgress(to io.Writer) *progress {
	p := &progress{to: to}
	p.only = p.task()
	if f, ok := to.(*os.File); ok {
		info, err := f.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

// task makes a task that has begun no step.
func (p *progress) task() *task { return &task{p: p} }

// show, end and drop are those of the only task, for commands that do one thing at a time.
func (p *progress) show(step string, done, total int, detail string) {
	p.only.show(step, done, total, detail)
}

func (p *progress) end()  { p.only.end() }
func (p *progress) drop() { p.only.drop() }

// say prints lines of text above the line that is rewritten.
func (p *progress) say(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.print(strings.TrimSuffix(text, "\n"))
}

// share leaves the terminal to another program's lines: from now on none is rewritten.
func (p *progress) share() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	p.terminal = false
}

// show says that the task's step is at done of total (0 when unknown). A new step ends the one before.
func (t *task) show(step string, done, total int, detail string) {
	p := t.p
	p.mu.Lock()
	defer p.mu.Unlock()
	if step != t.step {
		t.finish()
		t.step, t.started = step, time.Now()
		p.tasks = append(p.tasks, t)
		if !p.terminal {
			p.print(step + " ...")
		}
	}
	t.done, t.total, t.detail = done, total, detail
	p.draw()
}

// end finishes the step that is shown, if any, with the time it took.
func (t *task) end() {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	t.finish()
	t.p.draw()
}

// drop takes the step away without a word: it failed, or was interrupted.
func (t *task) drop() {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	t.leave()
	t.p.draw()
}

func (t *task) finish() {
	if t.step == "" {
		return
	}
	took := time.Since(t.started).Round(100 * time.Millisecond)
	line := fmt.Sprintf("%s: done in %v", t.step, took)
	if t.p.terminal {
		line = fmt.Sprintf("%s (%v)", t.step, took)
	}
	t.leave()
	t.p.print(line)
}

func (t *task) leave() {
	t.step = ""
	t.p.tasks = slices.DeleteFunc(t.p.tasks, func(o *task) bool { return o == t })
}

// print prints a line that stays.
func (p *progress) print(line string) {
	p.clear()
	fmt.Fprintln(p.to, line)
	p.draw()
}

// draw rewrites the line.
func (p *progress) draw() {
	if !p.terminal || len(p.tasks) == 0 {
		p.clear()
		return
	}
	parts := make([]string, len(p.tasks))
	for i, t := range p.tasks {
		parts[i] = t.step
		if t.total > 0 {
			parts[i] += fmt.Sprintf(" %d/%d", t.done, t.total)
		}
		if t.detail != "" && len(p.tasks) == 1 {
			parts[i] += "  " + t.detail
		}
	}
	line := strings.Join(parts, ", ")
	if r := []rune(line); len(r) > 78 {
		line = string(r[:77]) + "…"
	}
	n := len([]rune(line))
	fmt.Fprintf(p.to, "\r%s%s", line, strings.Repeat(" ", max(0, p.width-n)))
	p.width = n
}

// clear removes the line that is rewritten.
func (p *progress) clear() {
	if p.width > 0 {
		fmt.Fprintf(p.to, "\r%s\r", strings.Repeat(" ", p.width))
		p.width = 0
	}
}
