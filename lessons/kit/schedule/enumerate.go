package schedule

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Limits bound an enumeration. Zero fields stand for the defaults.
type Limits struct {
	Schedules int // how many schedules to run; default 1,000,000
	Steps     int // how many steps to a schedule; default 200, for programs that spin
}

// Outcome is one way for a program to end, and how many schedules end so.
type Outcome struct {
	End   End
	Text  string   // "n = 1"; for a deadlock "deadlock"; for an assertion its reason
	Count int      // schedules
	First Schedule // the first of them, in the order of enumeration
}

// Result is what many schedules of a program gave.
type Result struct {
	Schedules int       // how many were run
	Complete  bool      // these were all the program has
	Outcomes  []Outcome // most frequent first
	Shortest  *Run      // the failing run with the fewest steps, then the fewest switches; nil if none failed
}

// Failing counts the schedules that show a bug.
func (r *Result) Failing() int {
	n := 0
	for _, o := range r.Outcomes {
		if o.End.Failing() {
			n += o.Count
		}
	}
	return n
}

// Count is how many schedules ended with an outcome's text.
func (r *Result) Count(text string) int {
	n := 0
	for _, o := range r.Outcomes {
		if o.Text == text {
			n += o.Count
		}
	}
	return n
}

// Counts gives the outcomes as two columns, for a chart.
func (r *Result) Counts() (labels []string, counts []int) {
	for _, o := range r.Outcomes {
		labels, counts = append(labels, o.Text), append(counts, o.Count)
	}
	return labels, counts
}

// Enumerate runs every schedule, in lexicographic order, up to the limits. It keeps one schedule and the
// outcomes in memory, however many schedules there are: each is run afresh from the start, which costs its
// length in steps. Two threads of three steps have 20 schedules, three have 1,680; beyond some 10^5 prefer
// [Program.Sample].
func (p *Program) Enumerate(l Limits) *Result {
	l.Schedules, l.Steps = cmp.Or(l.Schedules, 1_000_000), cmp.Or(l.Steps, 200)
	c := newTally(p)
	var path []fork
	for c.result.Schedules < l.Schedules {
		path = c.descend(path, l.Steps)
		for len(path) > 0 && path[len(path)-1].last() {
			path = path[:len(path)-1]
		}
		if len(path) == 0 {
			c.result.Complete = !c.cut
			break
		}
		path[len(path)-1].at++
	}
	return c.done()
}

// Sample runs n schedules drawn from a seed, as [Program.Random] does. It is not every schedule, and the
// schedules are not equally likely: counts are of draws.
func (p *Program) Sample(n int, seed uint64) *Result {
	r := rand.New(rand.NewPCG(seed, 0))
	c := newTally(p)
	for range n {
		run := p.random(r)
		c.count(run.End, run.Reason, run.Outcome, run.Schedule)
	}
	return c.done()
}

// fork is one step of the schedule under way: the threads that could go, and the one that goes.
type fork struct {
	can []int
	at  int
}

func (f fork) last() bool { return f.at == len(f.can)-1 }

// tally collects outcomes.
type tally struct {
	program  *Program
	result   Result
	index    map[string]int // of outcomes, by end and text
	best     Schedule       // the shortest failing schedule so far
	cut      bool           // a run met the step limit
	schedule Schedule
}

func newTally(p *Program) *tally { return &tally{program: p, index: map[string]int{}} }

// descend runs the schedule that path begins, choosing the first thread wherever path ends, and counts it.
func (c *tally) descend(path []fork, steps int) []fork {
	m := c.program.boot()
	defer m.close()
	c.schedule = c.schedule[:0]
	for _, f := range path {
		m.step(f.can[f.at])
		c.schedule = append(c.schedule, f.can[f.at])
	}
	end, reason := Limit, ""
	for {
		var can []int
		if len(path) < cap(path) { // an earlier, longer path left its slice here
			can = path[:len(path)+1][len(path)].can
		}
		if can = m.choices(can); len(can) == 0 {
			end, reason = m.end()
			break
		}
		if len(path) == steps {
			c.cut = true
			break
		}
		path = append(path, fork{can: can})
		m.step(can[0])
		c.schedule = append(c.schedule, can[0])
	}
	c.count(end, reason, m.outcome(), c.schedule)
	return path
}

// count adds one run.
func (c *tally) count(end End, reason, outcome string, s Schedule) {
	c.result.Schedules++
	text := outcome
	switch {
	case end == Deadlock || end == Limit || end == Finished && text == "":
		text = string(end)
	case end == Failed && (text == "" || !strings.HasSuffix(reason, outcome)):
		text = reason
	}
	key := string(end) + "\x00" + text
	i, ok := c.index[key]
	if !ok {
		i = len(c.result.Outcomes)
		c.index[key] = i
		c.result.Outcomes = append(c.result.Outcomes, Outcome{End: end, Text: text, First: slices.Clone(s)})
	}
	c.result.Outcomes[i].Count++
	if end.Failing() && (c.best == nil || shorter(s, c.best)) {
		c.best = slices.Clone(s)
	}
}

func shorter(a, b Schedule) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a.Switches() < b.Switches()
}

func (c *tally) done() *Result {
	slices.SortStableFunc(c.result.Outcomes, func(a, b Outcome) int { return b.Count - a.Count })
	if c.best != nil {
		// The schedule has just been run: a program that cannot run it again depends on something that changes.
		run, err := c.program.replay(c.best)
		if err != nil {
			panic(fmt.Sprint("schedule: the program does not repeat itself: ", err))
		}
		c.result.Shortest = run
	}
	return &c.result
}
