package display

import (
	"fmt"
	"html"
	"iter"
	"strings"
	"sync"
	"time"
)

// progressPause is the least time between two updates of a bar, so that a tight loop does not flood the front end.
const progressPause = 100 * time.Millisecond

// Bar is a progress bar: one output that changes in place. Its methods may be called by several goroutines.
// Outside of a notebook it counts and shows nothing.
type Bar struct {
	mu      sync.Mutex // held while sending, so that updates arrive in order
	out     *Handle
	label   string
	total   int
	done    int
	started time.Time
	sent    time.Time // when the last update went out
	ended   bool      // the final state is shown
}

// Progress shows a progress bar for total steps, and a label. With a total of 0 or less it counts steps
// without an end. The bar is redrawn at most ten times a second and when it reaches its total; after a loop that
// may end early, or count without an end, call Done.
//
//	bar := display.Progress(len(jobs), "jobs")
//	defer bar.Done()
func Progress(total int, label string) *Bar {
	b := &Bar{out: New(), label: label, total: total, started: time.Now()}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.send()
	return b
}

// Range counts from 0 to n-1, as range n does, and shows how far it is:
//
//	for i := range display.Range(1000) { … }
//
// The bar shows its final state also when the loop ends early. It does not look at [Context].
func Range(n int, label ...string) iter.Seq[int] {
	return func(yield func(int) bool) {
		b := Progress(n, strings.Join(label, " "))
		defer b.Done()
		for i := range n {
			if !yield(i) {
				return
			}
			b.Add(1)
		}
	}
}

// Add moves the bar by n steps.
func (b *Bar) Add(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.move(b.done + n)
}

// Set moves the bar to a step.
func (b *Bar) Set(done int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.move(done)
}

// Done says that no more steps come, and shows where the bar stands.
func (b *Bar) Done() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.ended {
		b.ended = true
		b.send()
	}
}

// String is the text of the bar.
func (b *Bar) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text()
}

func (b *Bar) move(done int) {
	if done == b.done {
		return
	}
	b.done = done
	b.ended = b.total > 0 && done >= b.total
	if b.ended || time.Since(b.sent) >= progressPause {
		b.send()
	}
}

func (b *Bar) send() {
	b.sent = time.Now()
	// An error is that of a missing front end. It must not end the work that is being counted.
	_ = b.out.Update(Data{Data: MIMEMap{MIMETypeHTML: b.html(), MIMETypeText: b.text()}})
}

func (b *Bar) html() string {
	bar := ""
	switch {
	case b.total > 0:
		bar = fmt.Sprintf(`<progress max="%d" value="%d"></progress> `, b.total, min(max(b.done, 0), b.total))
	case !b.ended:
		bar = "<progress></progress> "
	}
	label := html.EscapeString(b.label)
	if label != "" {
		label += " "
	}
	return "<div>" + label + bar + html.EscapeString(b.counts()) + "</div>"
}

func (b *Bar) text() string {
	s := b.label
	if b.total > 0 {
		const width = 30
		full := int(width * float64(min(max(b.done, 0), b.total)) / float64(b.total))
		s += " [" + strings.Repeat("#", full) + strings.Repeat(".", width-full) + "]"
	}
	return strings.TrimSpace(s + " " + b.counts())
}

// counts is the part in words: "37/100 (37%), 1.2s, 2.1s left".
func (b *Bar) counts() string {
	s := fmt.Sprint(b.done)
	if b.total > 0 {
		s = fmt.Sprintf("%d/%d (%d%%)", b.done, b.total, int(100*float64(b.done)/float64(b.total)))
	}
	spent := time.Since(b.started)
	if b.ended {
		return s + " in " + short(spent)
	}
	if b.done <= 0 {
		return s
	}
	s += ", " + short(spent)
	if b.done < b.total {
		left := time.Duration(float64(spent) / float64(b.done) * float64(b.total-b.done))
		s += ", " + short(left) + " left"
	}
	return s
}

func short(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return d.Round(time.Second).String()
	case d >= 100*time.Millisecond:
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Millisecond).String()
}
