package timeline

import (
	"errors"
	"strings"

	"golang.org/x/exp/trace"

	"interleave/plots/states"
)

// shown are the states of spans.
var shown = map[trace.GoState]State{
	trace.GoRunning: Running, trace.GoRunnable: Runnable, trace.GoWaiting: Waiting, trace.GoSyscall: Syscall,
}

// build clips everything to the window.
func build(t *states.Trace) (*Timeline, error) {
	view, ok := windowOf(t)
	if !ok {
		return nil, errors.New("timeline: the trace has no begin of the window")
	}
	out := &Timeline{Wall: view.To.Sub(view.From)}
	names := map[trace.GoID]string{} // the last that each gave itself
	var order []trace.GoID
	for _, l := range t.Logs {
		if l.Category == Category {
			if _, known := names[l.Goroutine]; !known {
				order = append(order, l.Goroutine)
			}
			names[l.Goroutine] = l.Text
		}
	}
	for _, id := range order {
		lane := Lane{Name: names[id], Goroutine: int64(id)}
		if g := t.Goroutine(id); g != nil {
			lane.Ended, lane.Spans = g.Ended, spans(g, view)
		}
		out.Lanes = append(out.Lanes, lane)
	}
	for _, l := range t.Logs {
		if l.Category == Category+".mark" {
			out.Marks = append(out.Marks, Mark{Lane: names[l.Goroutine], Text: l.Text, At: l.At.Sub(view.From)})
		}
	}
	return out, nil
}

// windowOf is the time between the first begin and the last end, or the trace's.
func windowOf(t *states.Trace) (view states.Period, ok bool) {
	view.To = t.Last
	for _, l := range t.Logs {
		switch {
		case l.Category != window:
		case l.Text == "begin" && !ok:
			view.From, ok = l.At, true
		case l.Text == "end":
			view.To = l.At
		}
	}
	return view, ok
}

// spans are those of a goroutine within the window.
func spans(g *states.Goroutine, view states.Period) (list []Span) {
	for _, s := range g.Spans {
		part, ok := s.Within(view)
		if !ok {
			continue
		}
		v := Span{State: shown[s.State], Proc: -1, Start: part.From.Sub(view.From), End: part.To.Sub(view.From)}
		switch v.State {
		case Waiting:
			v.Reason = strings.ToLower(s.Reason)
		case Running:
			v.Proc = int(s.Proc)
		}
		list = append(list, v)
	}
	return list
}
