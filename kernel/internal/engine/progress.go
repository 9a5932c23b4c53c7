package engine

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"interleave/kernel/internal/link"
	"interleave/kernel/internal/session"
	"interleave/kernel/internal/words"
)

// progressID begins the display ids of lines that tell what a cell waits for.
const progressID = "interleave-progress"

const (
	// progressDelay is how long a cell waits before it says what for.
	progressDelay = time.Second
	// progressPause is the least time between two changes of the line.
	progressPause = 200 * time.Millisecond
)

// progress is a line in a cell's output that says what the cell waits for, when that takes long. It goes when the wait is over.
type progress struct {
	r *run

	mu    sync.Mutex
	text  string // the newest, "" for nothing to say
	seen  string // what is shown
	ended bool
	armed bool // a timer will show the newest text
	timer *time.Timer
}

// page shows something in the front end's pager.
func (r *run) page(data map[string]any) {
	r.pages = append(r.pages, map[string]any{"source": "page", "data": data, "start": 0})
}

// notes tells the reader something beside the cell's output, a line each.
func (r *run) notes(list []string) {
	for _, n := range list {
		r.out.Stream("stderr", []byte("note: "+n+"\n"))
	}
}

// waits begins a progress line. It says nothing before it has been told what, and nothing when that is soon over.
func (r *run) waits() *progress {
	p := &progress{r: r, armed: true}
	p.timer = time.AfterFunc(progressDelay, p.show)
	return p
}

// Say tells what the cell waits for now.
func (p *progress) Say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = fmt.Sprintf(format, args...)
	if !p.armed && !p.ended && p.text != p.seen {
		p.armed = true
		p.timer.Reset(progressPause)
	}
}

// show is called by the timer.
func (p *progress) show() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = false
	if p.ended || p.text == p.seen {
		return
	}
	b := p.bundle(p.text)
	if p.seen == "" {
		p.r.shown.Output.Display(b)
	} else {
		p.r.shown.Output.Update(b)
	}
	p.seen = p.text
}

func (p *progress) bundle(text string) session.Bundle {
	return session.Bundle{Data: map[string]any{"text/plain": text}, Metadata: map[string]any{},
		Transient: map[string]any{"display_id": fmt.Sprintf("%s-%d", progressID, p.r.cell.Count)}}
}

// End takes the line away. Where the cell has shown something else, clearing would take that away too, and the line is left empty.
func (p *progress) End() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	p.timer.Stop()
	switch {
	case p.seen == "":
	case p.r.shown.any.Load():
		p.r.shown.Output.Update(p.bundle(""))
	default:
		p.r.shown.Output.Clear(false)
	}
	p.seen = ""
}

// step tells of a step of the builder.
func (p *progress) step(s link.Step) {
	if s.What == link.CompileImports {
		p.Say("Compiling what this cell imports: %s (%s so far)", s.Detail, words.Plural(s.Done, "package"))
	}
}

// shownOutput remembers whether a cell has shown anything.
type shownOutput struct {
	session.Output
	any atomic.Bool
}

func (o *shownOutput) Stream(name string, text []byte) {
	o.any.Store(true)
	o.Output.Stream(name, text)
}

func (o *shownOutput) Display(b session.Bundle) {
	o.any.Store(true)
	o.Output.Display(b)
}

func (o *shownOutput) Result(b session.Bundle) {
	o.any.Store(true)
	o.Output.Result(b)
}
