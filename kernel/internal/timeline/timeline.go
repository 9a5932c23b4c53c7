// Package timeline reads execution traces of package runtime/trace, as golang.org/x/exp/trace decodes them, into
// the intervals of goroutines and processors, and draws them. It knows nothing of cells: the caller says how a place
// in a file is called. It starts no goroutine.
//
// Three logs of the traced program are understood: category "lane" names the goroutine that writes it, "event"
// marks a moment, and "interleave" with "begin" and "end" marks the main goroutine and the span that is shown.
package timeline

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"golang.org/x/exp/trace"
)

// State is what a goroutine does.
type State int

const (
	Running State = iota
	Syscall
	Runnable
	Waiting
	states = 4
)

func (s State) String() string { return [states]string{"running", "syscall", "runnable", "waiting"}[s] }

// Span is a stretch of time in one state. Times count from the trace's start.
type Span struct {
	Start, End time.Duration
	State      State
	Reason     string // of Waiting: "chan receive", "sync", "sleep"
	Other      int64  // the P a goroutine runs on, or the goroutine a P runs; -1 for none
}

// Lane is a goroutine or a P.
type Lane struct {
	ID    int64
	Name  string
	Spans []Span // in order, without overlaps
}

// Total is the time spent in a state.
func (l Lane) Total(s State) (d time.Duration) {
	for _, v := range l.Spans {
		if v.State == s {
			d += v.End - v.Start
		}
	}
	return d
}

// Mark is a moment with a name.
type Mark struct {
	At   time.Duration
	Name string
}

// Trace is what a trace tells. Goroutines are in the order in which they began, the main one first.
type Trace struct {
	Goroutines, Processors []Lane
	GC                     []Span
	Marks                  []Mark
	Length                 time.Duration
	Events                 int  // that were read
	Cut                    bool // MaxEvents was reached, or the trace breaks off: what came later is missing
}

// MaxEvents is how many events are read: about a second's work.
const MaxEvents = 600_000

// ErrEmpty is returned for a trace in which nothing ran.
var ErrEmpty = errors.New("the trace holds no goroutine")

// Read reads a trace. place names a line of a file, "" for one that shall not name a goroutine. A trace that
// breaks off is read as far as it goes.
func Read(r io.Reader, place func(file string, line int) string) (t *Trace, err error) {
	b := &builder{place: place, goers: map[trace.GoID]*goer{}, gc: map[string]trace.Time{}, begin: -1, end: -1, main: trace.NoGoroutine}
	defer func() {
		if p := recover(); p != nil { // the decoder may on input that no runtime wrote
			t, err = nil, fmt.Errorf("read trace: %v", p)
		}
	}()
	in, err := trace.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("read trace: %w", err)
	}
	cut := false
	for {
		e, err := in.ReadEvent()
		if err == io.EOF {
			break
		}
		if err != nil {
			if b.n == 0 {
				return nil, fmt.Errorf("read trace: %w", err)
			}
			cut = true
			break
		}
		if b.n++; b.n > MaxEvents {
			cut = true
			break
		}
		b.take(e)
	}
	t, err = b.trace()
	if t != nil {
		t.Cut = cut
	}
	return t, err
}

// goer is a goroutine under way.
type goer struct {
	id          trace.GoID
	said        string // its own name for itself
	name, entry string
	host        bool // the runtime's or the worker's own, whose main only waits for commands
	born        trace.Time
	spans       []raw
	now         raw
}

type raw struct {
	from, to trace.Time
	state    trace.GoState
	reason   string
	proc     trace.ProcID
}

type builder struct {
	place func(string, int) string
	goers map[trace.GoID]*goer
	gc    map[string]trace.Time
	gcs   [][2]trace.Time
	marks []struct {
		at   trace.Time
		name string
	}
	main             trace.GoID
	begin, end, last trace.Time
	first            trace.Time
	n                int
}

func (b *builder) take(e trace.Event) {
	if b.first == 0 {
		b.first = e.Time()
	}
	b.last = max(b.last, e.Time())
	switch e.Kind() {
	case trace.EventLog:
		b.log(e)
	case trace.EventRangeBegin, trace.EventRangeActive:
		if r := e.Range(); r.Name == gcRange {
			b.gc[r.Name] = e.Time()
		}
	case trace.EventRangeEnd:
		if r := e.Range(); r.Name == gcRange {
			b.gcs = append(b.gcs, [2]trace.Time{b.gc[r.Name], e.Time()})
			delete(b.gc, r.Name)
		}
	case trace.EventStateTransition:
		if s := e.StateTransition(); s.Resource.Kind == trace.ResourceGoroutine {
			b.transition(e, s)
		}
	}
}

const gcRange = "GC concurrent mark phase"

func (b *builder) log(e trace.Event) {
	l := e.Log()
	switch l.Category {
	case "lane":
		if g := b.goers[e.Goroutine()]; g != nil {
			g.said = l.Message
		}
	case "event":
		b.marks = append(b.marks, struct {
			at   trace.Time
			name string
		}{e.Time(), l.Message})
	case "interleave":
		if l.Message == "begin" {
			b.begin, b.main = e.Time(), e.Goroutine()
		} else {
			b.end = e.Time()
		}
	}
}

func (b *builder) transition(e trace.Event, s trace.StateTransition) {
	id := s.Resource.Goroutine()
	from, to := s.Goroutine()
	g := b.goers[id]
	if g == nil {
		g = &goer{id: id, born: e.Time()}
		b.goers[id] = g
		if from == trace.GoNotExist { // the event's stack is that of the go statement
			for f := range e.Stack().Frames() {
				if g.name = b.place(f.File, int(f.Line)); g.name != "" {
					break
				}
			}
		}
	}
	if g.entry == "" {
		for f := range s.Stack.Frames() {
			g.entry = f.Func
			if from != trace.GoNotExist && g.name == "" {
				if at := b.place(f.File, int(f.Line)); at != "" {
					g.name = at
				}
			}
		}
		g.host = strings.HasPrefix(g.entry, "runtime.") || strings.HasPrefix(g.entry, "runtime/") || g.entry == "main.main" || strings.Contains(g.entry, "/worker/inmate.")
	}
	if from == to {
		return // repeated at the start of each part of the trace
	}
	g.close(e.Time())
	g.now = raw{from: e.Time(), state: to, reason: s.Reason, proc: trace.NoProc}
	if to == trace.GoRunning || to == trace.GoSyscall {
		g.now.proc = e.Proc()
	}
}

func (g *goer) close(at trace.Time) {
	if _, ok := known[g.now.state]; ok && at > g.now.from {
		g.now.to = at
		g.spans = append(g.spans, g.now)
	}
	g.now = raw{}
}

var known = map[trace.GoState]State{
	trace.GoRunning: Running, trace.GoRunnable: Runnable, trace.GoWaiting: Waiting, trace.GoSyscall: Syscall,
}

// trace cuts everything to the span that is shown and names the lanes.
func (b *builder) trace() (*Trace, error) {
	from, to := b.first, b.last
	if b.begin >= 0 {
		from = b.begin
	}
	if b.end >= 0 {
		to = b.end
	}
	t := &Trace{Length: to.Sub(from), Events: b.n}
	procs := map[trace.ProcID][]Span{}
	list := make([]*goer, 0, len(b.goers))
	for _, g := range b.goers {
		list = append(list, g)
	}
	slices.SortFunc(list, func(x, y *goer) int {
		return cmp.Or(cmp.Compare(order(x, b.main), order(y, b.main)), cmp.Compare(x.born, y.born), cmp.Compare(x.id, y.id))
	})
	for _, g := range list {
		g.close(b.last)
		lane := Lane{ID: int64(g.id), Name: g.lane(b.main)}
		for _, s := range g.spans {
			a, z := max(s.from, from), min(s.to, to)
			if z <= a {
				continue
			}
			v := Span{Start: a.Sub(from), End: z.Sub(from), State: known[s.state], Other: int64(s.proc)}
			if v.State == Waiting {
				v.Reason = s.reason
			}
			lane.Spans = append(lane.Spans, v)
			if v.State == Running && s.proc != trace.NoProc {
				procs[s.proc] = append(procs[s.proc], Span{v.Start, v.End, Running, lane.Name, lane.ID})
			}
		}
		if len(lane.Spans) > 0 && (!g.host && g.entry+g.name+g.said != "" || g.id == b.main) {
			t.Goroutines = append(t.Goroutines, lane)
		}
	}
	for id, spans := range procs {
		slices.SortFunc(spans, func(a, b Span) int { return cmp.Compare(a.Start, b.Start) })
		t.Processors = append(t.Processors, Lane{ID: int64(id), Name: fmt.Sprintf("P%d", id), Spans: spans})
	}
	slices.SortFunc(t.Processors, func(a, b Lane) int { return cmp.Compare(a.ID, b.ID) })
	for _, at := range b.gc {
		b.gcs = append(b.gcs, [2]trace.Time{at, to})
	}
	for _, g := range b.gcs {
		if a, z := max(g[0], from), min(g[1], to); z > a {
			t.GC = append(t.GC, Span{Start: a.Sub(from), End: z.Sub(from)})
		}
	}
	for _, m := range b.marks {
		if m.at >= from && m.at <= to {
			t.Marks = append(t.Marks, Mark{m.at.Sub(from), m.name})
		}
	}
	if len(t.Goroutines) == 0 {
		return nil, ErrEmpty
	}
	return t, nil
}

func order(g *goer, main trace.GoID) int {
	if g.id == main {
		return 0
	}
	return 1
}

// lane names a goroutine: as it named itself, or by the line that started it and its number.
func (g *goer) lane(main trace.GoID) string {
	switch {
	case g.id == main && g.said == "":
		return "the cell"
	case g.said != "":
		return g.said
	case g.name != "":
		return fmt.Sprintf("%s g%d", g.name, g.id)
	case g.entry == "":
		return fmt.Sprintf("g%d", g.id)
	}
	return fmt.Sprintf("%s g%d", g.entry[strings.LastIndexByte(g.entry, '/')+1:], g.id)
}
