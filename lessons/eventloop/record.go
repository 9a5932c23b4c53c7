package eventloop

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"interleave/lessons/kit/schedule"
	"interleave/lessons/kit/timeline"
)

// Recording keeps what happens on a loop. The zero value is empty and ready; nil records nothing. It is for one
// loop.
type Recording struct {
	Moments []Moment
	lanes   []*lane
	deeds   []string
	done    []string
	wall    time.Duration
}

// Moment is one turn of the loop, and how things stand after it.
type Moment struct {
	At     time.Duration // when the turn began
	Who    string        // what was on the stack: a task, "(loop)" while it waits, or a callback, also in parentheses
	Did    string
	Ready  []string // the queue, next first
	Timers []string // as "fetch 2 at 20 ms", next first
	Done   []string // tasks that have ended, in that order
}

// lane is the life of a task; its last span is open until another follows.
type lane struct {
	timeline.Lane
	open bool
}

// words writes a time as a reader says it.
func words(d time.Duration) string {
	if d%time.Millisecond == 0 {
		return fmt.Sprint(d.Milliseconds(), " ms")
	}
	return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
}

// did adds to what the current turn does.
func (r *Recording) did(format string, args ...any) {
	if r != nil {
		r.deeds = append(r.deeds, fmt.Sprintf(format, args...))
	}
}

// forget drops what was done outside of a turn.
func (r *Recording) forget() {
	if r != nil {
		r.deeds = nil
	}
}

// moment ends a turn.
func (r *Recording) moment(l *Loop, at time.Duration, who string) {
	if r == nil {
		return
	}
	m := Moment{At: at, Who: who, Did: strings.Join(r.deeds, "; "), Done: slices.Clone(r.done)}
	for _, c := range l.ready {
		m.Ready = append(m.Ready, c.who)
	}
	sorted := slices.Clone(l.timers)
	slices.SortFunc(sorted, func(a, b *timer) int {
		if timers([]*timer{a, b}).Less(0, 1) {
			return -1
		}
		return 1
	})
	for _, t := range sorted {
		m.Timers = append(m.Timers, t.who+" at "+words(t.at))
	}
	r.Moments, r.deeds = append(r.Moments, m), nil
}

func (r *Recording) running(who string, at time.Duration) { r.enter(who, timeline.Running, "", at) }
func (r *Recording) ready(who string, at time.Duration)   { r.enter(who, timeline.Runnable, "", at) }
func (r *Recording) waiting(who, what string, at time.Duration) {
	r.enter(who, timeline.Waiting, what, at)
}

// enter begins a span of a task's lane. Names in parentheses are callbacks, which have no lane.
func (r *Recording) enter(who string, s timeline.State, reason string, at time.Duration) {
	if r == nil || strings.HasPrefix(who, "(") {
		return
	}
	l := r.lane(who)
	if n := len(l.Spans); l.open && s == timeline.Runnable && l.Spans[n-1].State == s {
		return // it has been ready since its timer was due
	}
	l.close(at)
	l.Spans, l.open = append(l.Spans, timeline.Span{State: s, Reason: reason, Proc: -1, Start: at}), true
}

// due says that the timer of a task was due: the task is ready since then, even if the loop sees it only now.
func (r *Recording) due(who string, at time.Duration) {
	if r == nil {
		return
	}
	for _, l := range r.lanes {
		if n := len(l.Spans); l.Name == who && l.open && l.Spans[n-1].Reason == timerName {
			r.ready(who, at)
		}
	}
}

func (r *Recording) lane(who string) *lane {
	for _, l := range r.lanes {
		if l.Name == who {
			return l
		}
	}
	l := &lane{Lane: timeline.Lane{Name: who}}
	r.lanes = append(r.lanes, l)
	return l
}

// close ends the open span; one that took no time stays only if the task ran in it.
func (l *lane) close(at time.Duration) {
	if !l.open {
		return
	}
	l.open = false
	last := len(l.Spans) - 1
	l.Spans[last].End = at
	if l.Spans[last].Length() == 0 && l.Spans[last].State != timeline.Running {
		l.Spans = l.Spans[:last]
	}
}

// ended says that a task is over.
func (r *Recording) ended(who string, at time.Duration) {
	if r == nil {
		return
	}
	l := r.lane(who)
	l.close(at)
	l.Ended = true
	r.done = append(r.done, who)
}

// end closes every lane.
func (r *Recording) end(at time.Duration) {
	if r == nil {
		return
	}
	r.wall = at
	for _, l := range r.lanes {
		l.close(at)
	}
}

// Timeline is who ran, was ready and waited when, a lane a task. The reason of a wait is what the task awaited;
// that of a sleep is "timer".
func (r *Recording) Timeline() *timeline.Timeline {
	t := &timeline.Timeline{Wall: r.wall}
	for _, l := range r.lanes {
		t.Lanes = append(t.Lanes, l.Lane)
	}
	return t
}

// Table is the recording with a row a turn. Its Walk can be stepped through without a widget.
func (r *Recording) Table() *schedule.Table {
	t := &schedule.Table{
		Header: []string{"on the stack", "what it does", "at", "ready queue", "timers", "done"}, Threads: 1,
		Rows: [][]string{{"", "", "0 ms", "main", "", ""}}, Who: []int{0},
	}
	list := func(s []string) string { return strings.Join(s, ", ") }
	for _, m := range r.Moments {
		t.Rows = append(t.Rows, []string{m.Who, m.Did, words(m.At), list(m.Ready), list(m.Timers), list(m.Done)})
		t.Who = append(t.Who, 1)
	}
	t.Caption = fmt.Sprintf("%d turns of the loop in %s", len(r.Moments), words(r.wall))
	return t
}
