package trace

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	xtrace "golang.org/x/exp/trace"

	"interleave/plots"
	"interleave/plots/states"
)

// goroutine is one that may have a lane.
type goroutine struct {
	*states.Goroutine
	name  string // from trace.Log
	named int    // when it named itself, from 1; 0 if it did not
	entry string // its function
}

var shown = map[xtrace.GoState]plots.State{
	xtrace.GoRunnable: plots.Runnable, xtrace.GoRunning: plots.Running,
	xtrace.GoWaiting: plots.Waiting, xtrace.GoSyscall: plots.Syscall,
}

// recording cuts everything to the marks of Record, if there are any, and names the lanes.
func recording(t *states.Trace) (*Recording, error) {
	window := windowOf(t)
	from := window.From
	rec := &Recording{Length: window.To.Sub(from)}
	list := goroutines(t)
	lanes := lanes(list)
	for _, g := range list {
		for _, s := range g.Spans {
			part, ok := s.Within(window)
			if !ok {
				continue
			}
			v := plots.Interval{
				Lane: lanes[g.ID], Start: part.From.Sub(from), End: part.To.Sub(from), State: shown[s.State], Reason: s.Reason,
			}
			rec.Goroutines = append(rec.Goroutines, v)
			if s.State == xtrace.GoRunning && s.Proc != xtrace.NoProc {
				rec.Processors = append(rec.Processors, plots.Interval{
					Lane: fmt.Sprintf("P%d", s.Proc), Start: v.Start, End: v.End, State: plots.State(v.Lane),
				})
			}
		}
	}
	slices.SortStableFunc(rec.Processors, func(a, b plots.Interval) int {
		return cmp.Or(cmp.Compare(len(a.Lane), len(b.Lane)), cmp.Compare(a.Lane, b.Lane), cmp.Compare(a.Start, b.Start))
	})
	for _, l := range t.Logs {
		at := min(max(l.At.Sub(from), 0), rec.Length)
		switch l.Category {
		case "event":
			rec.Events = append(rec.Events, plots.Event{At: at, Name: l.Text})
		case "step":
			rec.Steps = append(rec.Steps, Step{At: at, Name: l.Text, Lane: lanes[l.Goroutine], Processor: int(l.Proc)})
		}
	}
	if len(rec.Goroutines) == 0 {
		return nil, fmt.Errorf("read trace: %w", ErrNoEvents)
	}
	return rec, nil
}

// windowOf is the time between the marks of Record, or all.
func windowOf(t *states.Trace) states.Period {
	window := states.Period{From: t.First, To: t.Last}
	for _, l := range t.Logs {
		switch {
		case l.Category == category && l.Text == begin:
			window.From = l.At
		case l.Category == category:
			window.To = l.At
		}
	}
	return window
}

// goroutines are those with a lane: first those that named themselves, in that order, then the others but the
// runtime's, by number.
func goroutines(t *states.Trace) []*goroutine {
	names, first := map[xtrace.GoID]string{}, map[xtrace.GoID]int{}
	for _, l := range t.Logs {
		if l.Category == "lane" && first[l.Goroutine] == 0 {
			names[l.Goroutine], first[l.Goroutine] = l.Text, len(first)+1
		}
	}
	var list []*goroutine
	for _, sg := range t.Goroutines {
		g := &goroutine{Goroutine: sg, name: names[sg.ID], named: first[sg.ID]}
		if n := len(sg.Stack); n > 0 {
			g.entry = sg.Stack[n-1].Func
		}
		if g.named > 0 || !ofRuntime(g.entry) {
			list = append(list, g)
		}
	}
	slices.SortFunc(list, func(a, b *goroutine) int {
		return cmp.Or(cmp.Compare(order(a), order(b)), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// ofRuntime reports whether a goroutine's function is the runtime's own.
func ofRuntime(entry string) bool {
	return strings.HasPrefix(entry, "runtime.") && entry != "runtime.main" || strings.HasPrefix(entry, "runtime/trace.")
}

// order puts goroutines with names first.
func order(g *goroutine) int {
	if g.named == 0 {
		return 1 << 30
	}
	return g.named
}

// lanes names each goroutine: by what it logged, else by its function and number. A name that two goroutines chose
// is followed by the number of the second one.
func lanes(list []*goroutine) map[xtrace.GoID]string {
	names := make(map[xtrace.GoID]string)
	taken := make(map[string]bool)
	for _, g := range list {
		name := g.name
		if g.named == 0 {
			name = fmt.Sprintf("%s G%d", short(g.entry), g.ID)
		} else if taken[name] {
			name = fmt.Sprintf("%s G%d", name, g.ID)
		}
		taken[name] = true
		names[g.ID] = name
	}
	return names
}

// short drops the directories of a function's package.
func short(function string) string {
	if function == "" {
		return "goroutine"
	}
	return path.Base(function)
}
