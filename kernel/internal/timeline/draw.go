package timeline

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"
	"time"

	"interleave/kernel/internal/picture"
)

// What is drawn at most.
const (
	MaxGoroutines = 24
	maxProcessors = 16
	maxMarks      = 12
)

var (
	ink    = color.NRGBA{0x22, 0x2b, 0x33, 0xff}
	dim    = color.NRGBA{0x5f, 0x6b, 0x75, 0xff}
	faint  = color.NRGBA{0xdf, 0xe4, 0xe8, 0xff}
	gcTint = color.NRGBA{0xf3, 0xd9, 0xe2, 0xff}
	fills  = [stateCount]color.NRGBA{
		Running: {0x1b, 0x7f, 0x5c, 0xff}, Syscall: {0x4b, 0x4f, 0xb5, 0xff},
		Runnable: {0xe6, 0x9f, 0x00, 0xff}, Waiting: {0x9a, 0xa5, 0xae, 0xff},
	}
	// owners tell goroutines apart on the processors; they are dark enough for white letters.
	owners = []color.NRGBA{
		{0x1f, 0x6f, 0xb2, 0xff}, {0xb2, 0x4a, 0x1f, 0xff}, {0x1b, 0x7f, 0x5c, 0xff}, {0x8a, 0x3f, 0x9e, 0xff},
		{0x7a, 0x6a, 0x12, 0xff}, {0xb0, 0x2a, 0x57, 0xff}, {0x2f, 0x7d, 0x8c, 0xff}, {0x55, 0x5f, 0x69, 0xff},
	}
)

const (
	width   = 960.0
	row     = 24.0
	bar     = 16.0 // of a lane, the height of running
	top     = 40.0
	between = 30.0 // above the processors
	bottom  = 34.0
	margin  = 12.0
	swatch  = 16.0 // before a name, in the colour that the goroutine has on the processors
)

var (
	label = picture.Letters{Size: 14}
	small = picture.Letters{Size: 12}
	head  = picture.Letters{Size: 14, Bold: true}
)

// Draw draws the goroutines above, the processors below, and the time of garbage collections behind both. A
// running goroutine fills its lane, one in a system call too; a runnable one, which has no processor, is half as high;
// waiting is a thin line with its reason. Where changes are closer than two pixels, the heights add up the shares.
func (t *Trace) Draw() (picture.Picture, error) {
	goers, procs := t.Shown(), t.Processors[:min(len(t.Processors), maxProcessors)]
	left := 60.0
	for _, l := range goers {
		left = max(left, min(label.Width(l.Name), 230))
	}
	left += 2*margin + swatch
	hidden := len(t.Goroutines) - len(goers)
	rows := len(goers)
	if hidden > 0 {
		rows++
	}
	height := top + float64(rows)*row + between + float64(len(procs))*row + bottom
	s := scale{t: t, x0: left, x1: width - margin, owner: map[int64]color.Color{}}
	for i, l := range t.Goroutines {
		s.owner[l.ID] = owners[i%len(owners)]
	}
	return picture.Paint(int(width), int(math.Ceil(height)), t.Summary(), func(p *picture.Pen) {
		legend(p)
		for _, g := range t.GC {
			p.Box(s.x(g.Start), top-6, max(1.5, s.x(g.End)-s.x(g.Start)), height-top-bottom+10, gcTint)
			if s.x(g.End)-s.x(g.Start) > 18 {
				p.Text(s.x(g.Start)+2, top+float64(rows)*row+13, small, color.NRGBA{0xa0, 0x2a, 0x57, 0xff}, "GC")
			}
		}
		y := top
		for _, l := range goers {
			p.Box(margin, y+3, swatch-6, bar-6, s.owner[l.ID])
			p.Text(margin+swatch, y+bar-2, label, ink, label.Fit(l.Name, left-2*margin-swatch))
			s.goroutine(p, l, y)
			y += row
		}
		if hidden > 0 {
			p.Text(margin, y+bar-2, label, dim, fmt.Sprintf("and %d goroutines more, which ran less", hidden))
			y += row
		}
		p.Text(margin, y+20, head, ink, "Processors")
		y += between
		for _, l := range procs {
			p.Text(margin, y+bar-2, label, ink, l.Name)
			s.processor(p, l, y)
			y += row
		}
		s.axis(p, y+2)
		s.marks(p, y)
	})
}

// Shown are the lanes that are drawn: all, or those that ran longest, in their order.
func (t *Trace) Shown() []Lane {
	if len(t.Goroutines) <= MaxGoroutines {
		return t.Goroutines
	}
	order := make([]int, len(t.Goroutines))
	for i := range order {
		order[i] = i
	}
	ran := make([]time.Duration, len(order))
	for i, l := range t.Goroutines {
		ran[i] = l.Total(Running)
	}
	slices.SortStableFunc(order[1:], func(a, b int) int { return cmp.Compare(ran[b], ran[a]) })
	order = order[:MaxGoroutines]
	slices.Sort(order)
	out := make([]Lane, len(order))
	for i, at := range order {
		out[i] = t.Goroutines[at]
	}
	return out
}

func legend(p *picture.Pen) {
	x := margin
	p.Text(x, 20, head, ink, "Goroutines")
	x += head.Width("Goroutines") + 24
	for st := range State(stateCount) {
		h := heights[st]
		p.Box(x, 10+(bar-h)/2-2, 22, h, fills[st])
		x += 28
		p.Text(x, 20, label, ink, st.String())
		x += label.Width(st.String()) + 20
	}
	p.Box(x, 8, 22, bar, gcTint)
	p.Text(x+28, 20, label, ink, "garbage collection")
}

var heights = [stateCount]float64{Running: bar, Syscall: bar, Runnable: bar / 2, Waiting: 2}

type scale struct {
	t      *Trace
	x0, x1 float64
	owner  map[int64]color.Color
}

func (s scale) x(d time.Duration) float64 {
	return s.x0 + (s.x1-s.x0)*float64(d)/float64(max(1, s.t.Length))
}

// piece is a stretch of equal look: a share of the time in each state.
type piece struct {
	x0, x1 float64
	share  [stateCount]float64
	reason string
	other  int64
}

// pieces puts spans into columns of one pixel and joins equal neighbours. A span that is wider than a column
// keeps its exact ends. On a processor, a column shows who had most of it.
func (s scale) pieces(spans []Span, onP bool) []piece {
	const column = 1.0
	var out []piece
	at, share, most, other := -1, [stateCount]float64{}, 0.0, int64(-1)
	flush := func() {
		if at < 0 {
			return
		}
		q := piece{x0: s.x0 + float64(at)*column, x1: s.x0 + float64(at+1)*column, other: other}
		for i, v := range share {
			if v > 0 {
				q.share[i] = max(1, math.Round(v*6)) / 6
			}
		}
		if n := len(out); n > 0 && out[n-1].share == q.share && out[n-1].x1 >= q.x0-0.01 && out[n-1].reason == "" && out[n-1].other == q.other {
			out[n-1].x1 = q.x1
		} else {
			out = append(out, q)
		}
		at, share, most, other = -1, [stateCount]float64{}, 0, -1
	}
	for _, v := range spans {
		a, z := s.x(v.Start), s.x(v.End)
		if z-a >= 2*column {
			flush()
			q := piece{x0: a, x1: z, reason: v.Reason, other: v.Other}
			q.share[v.State] = 1
			out = append(out, q)
			continue
		}
		for a < z {
			i := int((a - s.x0) / column)
			if i != at {
				flush()
				at = i
			}
			end := min(z, s.x0+float64(i+1)*column)
			share[v.State] += (end - a) / column
			if d := end - a; onP && d > most {
				most, other = d, v.Other
			}
			if end <= a {
				break
			}
			a = end
		}
		if at < 0 { // shorter than a number can tell
			at = int((a - s.x0) / column)
			share[v.State] += 1e-3
		}
	}
	flush()
	return out
}

func (s scale) goroutine(p *picture.Pen, l Lane, y float64) {
	for _, q := range s.pieces(l.Spans, false) {
		base := y + bar
		whole := -1
		for i, v := range q.share {
			if v == 1 {
				whole = i
			}
		}
		if whole >= 0 {
			h := heights[whole]
			p.Box(q.x0, y+(bar-h)/2, q.x1-q.x0, h, fills[whole])
			if State(whole) == Waiting && q.reason != "" {
				if w := small.Width(q.reason); w+8 < q.x1-q.x0 {
					x := (q.x0 + q.x1 - w) / 2
					p.Box(x-3, y, w+6, bar, color.White)
					p.Text(x, y+bar-4, small, dim, q.reason)
				}
			}
			continue
		}
		if q.share[Waiting] > 0 {
			p.Box(q.x0, y+bar/2-1, q.x1-q.x0, 2, fills[Waiting])
		}
		for _, st := range []State{Running, Syscall, Runnable} {
			h := q.share[st] * bar
			if h > 0 {
				h = min(h, base-y)
				p.Box(q.x0, base-h, q.x1-q.x0, h, fills[st])
				base -= h
			}
		}
	}
}

func (s scale) processor(p *picture.Pen, l Lane, y float64) {
	p.Box(s.x0, y+bar/2-0.5, s.x1-s.x0, 1, faint)
	for _, q := range s.pieces(l.Spans, true) {
		fill, mine := s.owner[q.other]
		if !mine {
			fill = fills[Waiting] // the runtime's
		}
		h := bar * q.share[Running]
		p.Box(q.x0, y+bar-h, q.x1-q.x0, h, fill)
		if name := small.Fit(q.reason, q.x1-q.x0-6); name != "" && mine {
			p.Text(q.x0+3, y+bar-4, small, color.White, name)
		}
	}
}

// axis draws round times below the lanes.
func (s scale) axis(p *picture.Pen, y float64) {
	p.Line(s.x0, y, s.x1, y, 1, dim)
	unit, name := time.Millisecond, "ms"
	switch {
	case s.t.Length < 2*time.Millisecond:
		unit, name = time.Microsecond, "µs"
	case s.t.Length >= 5*time.Second:
		unit, name = time.Second, "s"
	}
	total := float64(s.t.Length) / float64(unit)
	step := math.Pow(10, math.Floor(math.Log10(max(total, 1e-9)/6)))
	for _, f := range []float64{1, 2, 5, 10} {
		if total/(step*f) <= 10 {
			step *= f
			break
		}
	}
	for i := 0; float64(i)*step <= total && i < 20; i++ {
		x := s.x0 + (s.x1-s.x0)*float64(i)*step/max(total, 1e-9)
		p.Line(x, y, x, y+5, 1, dim)
		text := fmt.Sprintf("%.4g", float64(i)*step)
		if i == 0 {
			text += " " + name
		}
		w := label.Width(text)
		p.Text(min(x-w/2, s.x1-w), y+20, label, ink, text)
	}
}

func (s scale) marks(p *picture.Pen, bottom float64) {
	for i, m := range s.t.Marks {
		if i == maxMarks {
			return
		}
		x := s.x(m.At)
		p.Line(x, top-10, x, bottom, 1.5, ink)
		w := small.Width(m.Name)
		p.Text(min(x+3, s.x1-w), top-4, small, ink, m.Name)
	}
}

// Summary says in a sentence what the trace holds.
func (t *Trace) Summary() string {
	s := fmt.Sprintf("execution trace of %s: %s on %s, %s", round(t.Length), count(len(t.Goroutines), "goroutine"), count(len(t.Processors), "processor"),
		count(len(t.GC), "garbage collection"))
	if t.Cut {
		s += "; events were dropped: the trace is too large, and what came later is missing"
	}
	return s
}

// Table is a line for each goroutine that is drawn: how long it was in each state, and what it waited for.
func (t *Trace) Table() string {
	var b strings.Builder
	lanes := t.Shown()
	w := len("goroutine")
	for _, l := range lanes {
		w = max(w, len([]rune(l.Name)))
	}
	fmt.Fprintf(&b, "%-*s %9s %9s %9s %9s  %s\n", w, "goroutine", Running, Runnable, Syscall, Waiting, "for")
	for _, l := range lanes {
		fmt.Fprintf(&b, "%s %9s %9s %9s %9s  %s\n", l.Name+strings.Repeat(" ", w-len([]rune(l.Name))), round(l.Total(Running)), round(l.Total(Runnable)),
			round(l.Total(Syscall)), round(l.Total(Waiting)), l.reasons())
	}
	if n := len(t.Goroutines) - len(lanes); n > 0 {
		fmt.Fprintf(&b, "and %d goroutines more, which ran less\n", n)
	}
	return b.String()
}

// reasons are what a goroutine waited for, longest first.
func (l Lane) reasons() string {
	sum := map[string]time.Duration{}
	var names []string
	for _, v := range l.Spans {
		if v.State == Waiting && v.Reason != "" {
			if sum[v.Reason] == 0 {
				names = append(names, v.Reason)
			}
			sum[v.Reason] += v.End - v.Start
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(sum[b], sum[a]) })
	return strings.Join(names[:min(3, len(names))], ", ")
}

func round(d time.Duration) string {
	switch {
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= 10*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	case d >= time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	}
	return d.Round(100 * time.Nanosecond).String()
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
