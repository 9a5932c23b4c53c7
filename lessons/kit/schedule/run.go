package schedule

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// Schedule is an order of steps: the numbers, from 1, of the threads that take them.
type Schedule []int

// String writes a schedule as "1 2 1 2 1 2".
func (s Schedule) String() string {
	words := make([]string, len(s))
	for i, n := range s {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, " ")
}

// ParseSchedule reads numbers with blanks or commas between them.
func ParseSchedule(text string) (Schedule, error) {
	var s Schedule
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == '\n' || r == '\t' }) {
		n, err := strconv.Atoi(w)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("schedule: %q is not the number of a thread: write 1 2 1 2", w)
		}
		s = append(s, n)
	}
	return s, nil
}

// Switches counts how often a step is taken by another thread than the step before.
func (s Schedule) Switches() int {
	n := 0
	for i := 1; i < len(s); i++ {
		if s[i] != s[i-1] {
			n++
		}
	}
	return n
}

// End is how a run ended.
type End string

const (
	Running  End = "running"    // a thread can still take a step
	Finished End = "finished"   // every thread has ended and what must hold holds
	Failed   End = "failed"     // an assertion, a panic, or something that must hold does not
	Deadlock End = "deadlock"   // the threads that are left all wait for one another
	Limit    End = "step limit" // the run was cut off
)

// Failing reports whether a run that ended so shows a bug.
func (e End) Failing() bool { return e == Failed || e == Deadlock }

// Run is one execution of a program.
type Run struct {
	Schedule Schedule
	End      End
	Reason   string         // why it failed or who waits for what; "" otherwise
	Values   map[string]int // the shared integers at the end
	Outcome  string         // the same with their names, as in "n = 1", and what the run watched

	program *Program
	broken  string // what must hold at the end and does not
}

// defaultSteps bounds a run, for programs that spin.
const defaultSteps = 1000

// Replay runs a schedule. A schedule that stops early gives a run that is [Running]; one that chooses a thread
// that cannot take a step is an error that says why.
func (p *Program) Replay(schedule string) (*Run, error) {
	s, err := ParseSchedule(schedule)
	if err != nil {
		return nil, err
	}
	return p.replay(s)
}

func (p *Program) replay(s Schedule) (*Run, error) {
	m := p.boot()
	defer m.close()
	for i, n := range s {
		if err := m.check(n); err != nil {
			return nil, fmt.Errorf("schedule: step %d: %w", i+1, err)
		}
		m.step(n)
	}
	return m.run(p, s), nil
}

// Random runs one schedule drawn from a seed: at each step every thread that can go is as likely as the others.
func (p *Program) Random(seed uint64) *Run {
	return p.random(rand.New(rand.NewPCG(seed, 0)))
}

func (p *Program) random(r *rand.Rand) *Run {
	m := p.boot()
	defer m.close()
	var s Schedule
	var can []int
	for len(s) < defaultSteps {
		if can = m.choices(can); len(can) == 0 {
			break
		}
		n := can[r.IntN(len(can))]
		m.step(n)
		s = append(s, n)
	}
	return m.run(p, s)
}

// check says why a thread cannot be chosen; nil if it can.
func (m *Machine) check(n int) error {
	if n < 1 || n > len(m.threads) {
		return fmt.Errorf("there is no thread %d: threads are 1 to %d", n, len(m.threads))
	}
	t := m.threads[n-1]
	switch {
	case m.failed != "":
		return fmt.Errorf("the run has ended: %s", m.failed)
	case !t.alive:
		return fmt.Errorf("%s has ended", m.nameOf(t))
	case !m.enabled(t):
		return fmt.Errorf("%s waits: %s", m.nameOf(t), m.waits(t))
	}
	return nil
}

// waits says what a thread that cannot go waits for.
func (m *Machine) waits(t *thread) string {
	text, mu := m.label(t, English()), t.relock
	if mu == nil {
		mu, _ = t.next.obj.(*Mutex)
	}
	if mu != nil && mu.owner != nil {
		return text + ", held by " + m.nameOf(mu.owner)
	}
	return text
}

// run describes where the machine stands.
func (m *Machine) run(p *Program, s Schedule) *Run {
	r := &Run{Schedule: slices.Clone(s), Values: map[string]int{}, Outcome: m.outcome(), program: p}
	for _, x := range m.ints {
		r.Values[x.name] = x.value
	}
	r.End, r.Reason = m.end()
	if r.End == Failed && m.failed == "" {
		r.broken = m.broken().text
	}
	if r.End == Running && len(s) >= defaultSteps {
		r.End = Limit
	}
	return r
}

func (m *Machine) end() (End, string) {
	if m.failed != "" {
		return Failed, m.failed
	}
	if slices.ContainsFunc(m.threads, m.enabled) {
		return Running, ""
	}
	if left := m.unfinished(); len(left) > 0 {
		var why []string
		for _, t := range left {
			why = append(why, m.nameOf(t)+" waits: "+m.waits(t))
		}
		return Deadlock, strings.Join(why, "; ")
	}
	if e := m.broken(); e != nil {
		return Failed, fmt.Sprintf(English().Broken, e.text) + ": " + m.outcome()
	}
	return Finished, ""
}

// broken is the first thing that must hold at the end and does not.
func (m *Machine) broken() *ensure {
	for i := range m.ensures {
		if !m.ensures[i].ok() {
			return &m.ensures[i]
		}
	}
	return nil
}

// outcome names the shared integers and what is watched, with their values.
func (m *Machine) outcome() string {
	var parts []string
	for _, x := range m.ints {
		parts = append(parts, x.name+" = "+strconv.Itoa(x.value))
	}
	for _, x := range m.watches {
		parts = append(parts, x.name+" = "+x.show())
	}
	return strings.Join(parts, ", ")
}
