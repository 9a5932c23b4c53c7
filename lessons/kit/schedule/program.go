package schedule

import "slices"

// Program is a set of threads that share variables, locks and channels. It holds no state of a run: every run
// starts from a fresh machine.
type Program struct {
	setup func(*Machine)
}

// Define makes a program of Go closures. Setup declares what is shared and starts the threads; it is called
// once for each run, so it must make everything afresh and must not depend on anything that changes.
func Define(setup func(m *Machine)) *Program { return &Program{setup: setup} }

// Machine is one run of a program while it is set up and while it runs.
type Machine struct {
	threads []*thread
	ints    []*Int
	mutexes []*Mutex
	columns []column
	watches []*watch
	ensures []ensure
	plain   bool // one variable, at most one lock: its steps need no names, as in the talk

	now    *thread // who takes the step that runs
	failed string  // why the run failed; "" while it has not
}

// column is a shared thing that has a place in the table.
type column interface {
	title() string
	cell(w Words) string
	reset()      // forget the mark of the last step
	arrow() mark // what the last step did to it
}

// watch is a column that shows anything the closures keep.
type watch struct {
	name string
	show func() string
}

func (x *watch) title() string     { return x.name }
func (x *watch) cell(Words) string { return x.show() }
func (x *watch) reset()            {}
func (x *watch) arrow() mark       { return untouched }

// Watch gives the table a column for state that the machine does not know, and makes it part of the outcome.
func (m *Machine) Watch(name string, show func() string) {
	x := &watch{name, show}
	m.watches = append(m.watches, x)
	m.columns = append(m.columns, x)
}

type ensure struct {
	text string
	ok   func() bool
}

// thread is one thread of a run: where its steps come from, and the one it would take next.
type thread struct {
	number int // from 1
	name   string
	source source
	next   op
	alive  bool
	parked bool   // sleeps until another thread's step wakes it
	relock *Mutex // woken from a condition variable: must take this lock first
}

// source gives a thread's operations one after the other.
type source interface {
	// advance takes the result of the operation before and gives the next one. ok is false when the thread
	// has ended; fault is not empty when it ended badly.
	advance(result int) (next op, ok bool, fault string)
	stop()
}

// Go starts a thread. An empty name stands for "Thread" and its number. The body runs up to its first step
// at once, so it must not touch anything shared before that.
func (m *Machine) Go(name string, body func(t *Thread)) {
	m.start(name, newRoutine(body))
}

func (m *Machine) start(name string, s source) {
	m.threads = append(m.threads, &thread{number: len(m.threads) + 1, name: name, source: s})
}

// Ensure states what must hold when every thread has ended; a run that breaks it has failed. The text is shown
// to the reader, as in "n == 2".
func (m *Machine) Ensure(text string, ok func() bool) {
	m.ensures = append(m.ensures, ensure{text, ok})
}

// boot makes a machine that is ready for its first step.
func (p *Program) boot() *Machine {
	m := &Machine{}
	p.setup(m)
	for _, t := range m.threads {
		m.now = t
		m.advance(t, 0)
	}
	return m
}

// close unwinds the threads that have not ended.
func (m *Machine) close() {
	for _, t := range m.threads {
		t.source.stop()
	}
}

// advance hands a thread the result of its operation and learns its next one.
func (m *Machine) advance(t *thread, result int) {
	next, ok, fault := t.source.advance(result)
	t.next, t.alive, t.parked = next, ok, false
	if fault != "" && m.failed == "" {
		m.failed = m.nameOf(t) + ": " + fault
	}
}

func (m *Machine) nameOf(t *thread) string { return nameOr(t, English()) }

func nameOr(t *thread, w Words) string {
	if t.name != "" {
		return t.name
	}
	return w.threadName(t.number)
}

// enabled reports whether a thread can take a step now.
func (m *Machine) enabled(t *thread) bool {
	switch {
	case !t.alive || t.parked:
		return false
	case t.relock != nil:
		return t.relock.owner == nil
	}
	return t.next.obj == nil || t.next.obj.ready(t.next.kind)
}

// choices appends the numbers of the threads that can be chosen, in order. It is empty at the end of a run.
func (m *Machine) choices(into []int) []int {
	into = into[:0]
	if m.failed != "" {
		return into
	}
	for _, t := range m.threads {
		if m.enabled(t) {
			into = append(into, t.number)
		}
	}
	return into
}

// step lets a thread take its next step. The caller has made sure that it is enabled.
func (m *Machine) step(number int) {
	t := m.threads[number-1]
	m.now = t
	for _, c := range m.columns {
		c.reset()
	}
	if t.relock != nil {
		t.relock.owner = t
		t.relock = nil
		m.advance(t, 0)
		return
	}
	if t.next.obj == nil { // a step of the thread's own code
		m.advance(t, 0)
		return
	}
	result, done := t.next.obj.do(m, t, t.next)
	if done && m.failed == "" {
		m.advance(t, result)
	}
}

// unfinished are the threads that have not ended.
func (m *Machine) unfinished() []*thread {
	return slices.DeleteFunc(slices.Clone(m.threads), func(t *thread) bool { return !t.alive })
}
