package timeline

import (
	"errors"
	"strings"

	exptrace "golang.org/x/exp/trace"
)

// builder follows the goroutines through the events.
type builder struct {
	tracks     map[exptrace.GoID]*track
	order      []exptrace.GoID // as they named themselves
	marks      []rawMark
	begin, end exptrace.Time // -1 until seen
	last       exptrace.Time
}

type track struct {
	name  string
	spans []rawSpan
	ended bool
}

type rawSpan struct {
	state      State
	reason     string
	proc       int
	start, end exptrace.Time // end is 0 while the span is open
}

type rawMark struct {
	who  exptrace.GoID
	text string
	at   exptrace.Time
}

func (b *builder) track(id exptrace.GoID) *track {
	t := b.tracks[id]
	if t == nil {
		t = &track{}
		b.tracks[id] = t
	}
	return t
}

func (b *builder) event(ev exptrace.Event) {
	b.last = ev.Time()
	switch ev.Kind() {
	case exptrace.EventLog:
		b.log(ev)
	case exptrace.EventStateTransition:
		st := ev.StateTransition()
		if st.Resource.Kind != exptrace.ResourceGoroutine {
			return
		}
		t := b.track(st.Resource.Goroutine())
		_, to := st.Goroutine()
		t.close(ev.Time())
		t.ended = to == exptrace.GoNotExist
		if state, ok := states[to]; ok {
			s := rawSpan{state: state, proc: -1, start: ev.Time()}
			if state == Waiting {
				s.reason = strings.ToLower(st.Reason)
			}
			if state == Running {
				s.proc = int(ev.Proc())
			}
			t.spans = append(t.spans, s)
		}
	}
}

// states are those that are shown.
var states = map[exptrace.GoState]State{
	exptrace.GoRunning: Running, exptrace.GoRunnable: Runnable, exptrace.GoWaiting: Waiting, exptrace.GoSyscall: Syscall,
}

func (t *track) close(at exptrace.Time) {
	if n := len(t.spans); n > 0 && t.spans[n-1].end == 0 {
		t.spans[n-1].end = at
	}
}

func (b *builder) log(ev exptrace.Event) {
	l := ev.Log()
	switch l.Category {
	case Category:
		t := b.track(ev.Goroutine())
		if t.name == "" {
			b.order = append(b.order, ev.Goroutine())
		}
		t.name = l.Message
	case Category + ".mark":
		b.marks = append(b.marks, rawMark{ev.Goroutine(), l.Message, ev.Time()})
	case window:
		if l.Message == "begin" && b.begin < 0 {
			b.begin = ev.Time()
		} else if l.Message == "end" {
			b.end = ev.Time()
		}
	}
}

// timeline clips everything to the window.
func (b *builder) timeline() (*Timeline, error) {
	if b.begin < 0 {
		return nil, errors.New("timeline: the trace has no begin of the window")
	}
	if b.end < 0 {
		b.end = b.last
	}
	out := &Timeline{Wall: b.end.Sub(b.begin)}
	for _, id := range b.order {
		t := b.tracks[id]
		l := Lane{Name: t.name, Goroutine: int64(id), Ended: t.ended}
		for _, s := range t.spans {
			if s.end == 0 {
				s.end = b.end
			}
			start, end := max(s.start, b.begin), min(s.end, b.end)
			if end > start {
				l.Spans = append(l.Spans, Span{s.state, s.reason, s.proc, start.Sub(b.begin), end.Sub(b.begin)})
			}
		}
		out.Lanes = append(out.Lanes, l)
	}
	for _, m := range b.marks {
		mark := Mark{Text: m.text, At: m.at.Sub(b.begin)}
		if t := b.tracks[m.who]; t != nil {
			mark.Lane = t.name
		}
		out.Marks = append(out.Marks, mark)
	}
	return out, nil
}
