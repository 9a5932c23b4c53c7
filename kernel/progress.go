package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// progress shows how far a long step has come: one line that is rewritten on a terminal, a line for each
// step elsewhere. It is used from one goroutine at a time.
type progress struct {
	to       io.Writer
	terminal bool
	started  time.Time
	step     string
	width    int
}

func newProgress(to io.Writer) *progress {
	p := &progress{to: to}
	if f, ok := to.(*os.File); ok {
		info, err := f.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

// show says that step is at done of total (0 when unknown).
func (p *progress) show(step string, done, total int, detail string) {
	fresh := step != p.step
	if fresh {
		p.end()
		p.step, p.started = step, time.Now()
	}
	if !p.terminal {
		if fresh {
			fmt.Fprintf(p.to, "%s ...\n", step)
		}
		return
	}
	line := step
	if total > 0 {
		line += fmt.Sprintf(" %d/%d", done, total)
	}
	if detail != "" {
		line += "  " + detail
	}
	if r := []rune(line); len(r) > 78 {
		line = string(r[:77]) + "…"
	}
	n := len([]rune(line))
	fmt.Fprintf(p.to, "\r%s%s", line, strings.Repeat(" ", max(0, p.width-n)))
	p.width = n
}

// end finishes the step that is shown, if any, with the time it took.
func (p *progress) end() {
	if p.step == "" {
		return
	}
	took := time.Since(p.started).Round(100 * time.Millisecond)
	if p.terminal {
		line := fmt.Sprintf("%s (%v)", p.step, took)
		fmt.Fprintf(p.to, "\r%s%s\n", line, strings.Repeat(" ", max(0, p.width-len([]rune(line)))))
	} else {
		fmt.Fprintf(p.to, "%s: done in %v\n", p.step, took)
	}
	p.step, p.width = "", 0
}
