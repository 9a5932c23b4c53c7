package magic

import (
	"context"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/racereport"
	"interleave/kernel/internal/session"
	"interleave/kernel/internal/stack"
	"interleave/kernel/internal/words"
)

// noRace says what a quiet run means.
const noRace = "No race found in this run. The detector sees only accesses that were executed, and of those only what this schedule did not order: " +
	"a race on a path that did not run, or hidden by luck in the order of events, stays unseen. It never reports a race that is none."

func raceMode(ctx context.Context, h Host, in Input) *session.Fault {
	p, err := programFlags("%%race", in.Line.Args)
	if err != nil {
		return faults.Plain("CommandError", err.Error())
	}
	p.race = true
	_, fault := program(ctx, h, p, in.Text, in.Code)
	return fault
}

// readRaces reads the reports of a program and of what it started.
func readRaces(h Host, dir string) []racereport.Report {
	files, _ := filepath.Glob(filepath.Join(dir, "race.*"))
	slices.Sort(files)
	var out []racereport.Report
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			h.Cells().Log.Warn("race report", "error", err)
		}
		out = append(out, racereport.Parse(string(text))...)
	}
	return out
}

// race is one kind of race: reports on the same variable by the same two lines.
type race struct {
	name, kind string // what is raced on; "" when the lines do not tell
	sides      []side
	count      int
}

// side is one of the two accesses.
type side struct {
	what    string // "write", "read", "atomic write"
	who     string // "goroutine 8", "the main goroutine"
	at      string // In[3]:4, or a file
	in      string // the function
	source  string
	started string // In[3]:2; "" for the main goroutine
	startBy string // the source of the go statement
}

// races groups reports and names what they are about.
func races(cells *faults.Cells, reports []racereport.Report, globals racereport.Globals) []*race {
	var out []*race
	for _, rep := range reports {
		x := &race{count: 1}
		for _, a := range rep.Accesses {
			x.sides = append(x.sides, sideOf(cells, &rep, a))
		}
		slices.Reverse(x.sides) // what came first stands first
		if len(rep.Accesses) == 2 {
			a, b := site(cells, rep.Accesses[1]), site(cells, rep.Accesses[0])
			x.name, x.kind = racereport.Variable(a, b, globals.Name(rep.Accesses[0].Addr))
		}
		same := slices.IndexFunc(out, func(y *race) bool { return y.key() == x.key() })
		if same >= 0 {
			out[same].count++
			continue
		}
		out = append(out, x)
	}
	return out
}

// key tells kinds of races apart. Which side came first, and whether a counter's line was seen reading or writing,
// is chance.
func (x *race) key() string {
	var parts []string
	for _, s := range x.sides {
		parts = append(parts, s.at+" "+s.started)
	}
	slices.Sort(parts)
	return x.name + "\n" + strings.Join(parts, "\n")
}

func sideOf(cells *faults.Cells, rep *racereport.Report, a racereport.Access) side {
	s := side{what: "read", who: "the main goroutine"}
	if a.Write {
		s.what = "write"
	}
	if a.Atomic {
		s.what = "atomic " + s.what
	}
	s.at, s.in, s.source = codePlace(cells, a.Frames)
	if g := rep.Goroutine(a.Goroutine); g != nil && len(g.Frames) > 0 && strings.HasPrefix(g.Frames[0].Func, "testing.") {
		s.who = "the goroutine of the test"
	} else if g != nil {
		s.who = "goroutine " + strconv.Itoa(g.ID)
		s.started, s.startBy = startPlace(cells, g.Frames, a.Frames)
	} else if a.Goroutine > 0 {
		s.who = "goroutine " + strconv.Itoa(a.Goroutine)
	}
	return s
}

// startPlace is where a goroutine was started: its go statement, or the call of a method Go around it, which the
// detector does not see and the source tells.
func startPlace(cells *faults.Cells, created, access []stack.Frame) (at, source string) {
	if _, ok := racereport.Cell(created); !ok && len(access) > 0 {
		first := access[len(access)-1]
		if t, _ := cells.Find(first.Cell()); t != nil {
			var places []string
			for _, line := range racereport.GoCalls(t.Source, first.Line, first.Func) {
				at, text := cells.Place(t.ID, strconv.Itoa(line))
				places = append(places, at)
				if source == "" {
					source = strings.TrimSpace(text)
				}
			}
			if len(places) > 0 {
				return strings.Join(places, " or "), source
			}
		}
	}
	at, _, source = codePlace(cells, created)
	return at, source
}

// codePlace is where a stack stands, in cell lines: at its innermost frame in a cell, or else at its innermost.
func codePlace(cells *faults.Cells, frames []stack.Frame) (at, in, source string) {
	f, ok := racereport.Cell(frames)
	if !ok {
		if len(frames) == 0 {
			return "a place the detector has forgotten", "", ""
		}
		f = frames[0]
		return fmt.Sprintf("%s:%d", filepath.Base(f.File), f.Line), f.Func, ""
	}
	at, source = cells.Place(f.Cell(), strconv.Itoa(f.Line))
	return at, ownName(f.Func), strings.TrimSpace(source)
}

// site is an access as racereport.Variable takes it.
func site(cells *faults.Cells, a racereport.Access) racereport.Site {
	f, ok := racereport.Cell(a.Frames)
	if !ok {
		return racereport.Site{}
	}
	t, _ := cells.Find(f.Cell())
	if t == nil {
		return racereport.Site{}
	}
	first := a.Frames[0].Func
	viaMap := strings.HasPrefix(first, "runtime.map") || strings.HasPrefix(first, "internal/runtime/maps.")
	return racereport.Site{Source: t.Source, Line: f.Line, Write: a.Write, Map: viaMap}
}

// showRaces shows the races of a run as a card, and as text that says the same.
func showRaces(ctx context.Context, h Host, reports []racereport.Report, globals racereport.Globals) {
	if len(reports) == 0 {
		h.Out().Display(session.Bundle{Data: map[string]any{"text/plain": noRace, "text/html": "<p>" + html.EscapeString(noRace) + "</p>"}})
		return
	}
	list := races(h.Cells(), reports, globals)
	h.Out().Display(session.Bundle{Data: map[string]any{"text/plain": raceText(list), "text/html": raceCard(list)}})
}

// raceTitle counts the races.
func raceTitle(list []*race) string {
	total := 0
	for _, x := range list {
		total += x.count
	}
	s := words.Plural(total, "data race")
	if len(list) < total {
		s += fmt.Sprintf(" of %s", words.Plural(len(list), "kind"))
	}
	return s
}

func (x *race) title() string {
	s := "on memory whose variable the lines do not tell"
	if x.name != "" {
		s = "on " + x.name + " (" + x.kind + ")"
	}
	if x.count > 1 {
		s += fmt.Sprintf(", reported %d times", x.count)
	}
	return s
}

// raceText is the card as text.
func raceText(list []*race) string {
	var b strings.Builder
	b.WriteString(raceTitle(list))
	for i, x := range list {
		fmt.Fprintf(&b, "\n\n%d. race %s", i+1, x.title())
		for k, s := range x.sides {
			joint := "   "
			if k > 0 {
				joint = "   unordered with "
			}
			fmt.Fprintf(&b, "\n%s%s at %s by %s", joint, s.what, s.at, s.who)
			if s.in != "" {
				fmt.Fprintf(&b, ", in %s", s.in)
			}
			if s.source != "" {
				fmt.Fprintf(&b, "\n       %s", s.source)
			}
			if s.started != "" {
				fmt.Fprintf(&b, "\n     started at %s   %s", s.started, s.startBy)
			}
		}
	}
	return b.String()
}

// leftAligned is the one attribute that tables of the kernel have: JupyterLab sets cells to the right.
const leftAligned = ` style="text-align: left"`

// raceCard is the card as HTML that a front end's sanitizer leaves whole.
func raceCard(list []*race) string {
	esc := html.EscapeString
	var b strings.Builder
	fmt.Fprintf(&b, "<h4>%s</h4>\n", esc(raceTitle(list)))
	for i, x := range list {
		fmt.Fprintf(&b, "<p><b>%d. Race %s</b></p>\n<table>\n<tr>", i+1, esc(x.title()))
		for _, s := range x.sides {
			fmt.Fprintf(&b, "<th%s>%s at %s</th>", leftAligned, esc(s.what), esc(s.at))
		}
		b.WriteString("</tr>\n<tr>")
		for _, s := range x.sides {
			fmt.Fprintf(&b, "<td%s><code>%s</code></td>", leftAligned, esc(s.source))
		}
		b.WriteString("</tr>\n<tr>")
		for _, s := range x.sides {
			in := ""
			if s.in != "" {
				in = " in <code>" + esc(s.in) + "</code>"
			}
			fmt.Fprintf(&b, "<td%s>by %s%s</td>", leftAligned, esc(s.who), in)
		}
		b.WriteString("</tr>\n<tr>")
		for _, s := range x.sides {
			if s.started == "" {
				b.WriteString("<td></td>")
				continue
			}
			fmt.Fprintf(&b, "<td%s>started at %s: <code>%s</code></td>", leftAligned, esc(s.started), esc(s.startBy))
		}
		b.WriteString("</tr>\n</table>\n")
	}
	b.WriteString("<p>Nothing orders the two accesses of a race: no lock, channel, WaitGroup or atomic that both sides use.</p>")
	return b.String()
}
