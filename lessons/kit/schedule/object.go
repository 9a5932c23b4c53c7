package schedule

import (
	"fmt"
	"strconv"
	"strings"
)

// Int is a shared integer. Each method that takes a thread is one step.
type Int struct {
	name  string
	value int
	mark  mark
}

// Int declares a shared integer.
func (m *Machine) Int(name string, value int) *Int {
	x := &Int{name: name, value: value}
	m.ints = append(m.ints, x)
	m.columns = append(m.columns, x)
	return x
}

// Value reads the integer without a step: for [Machine.Ensure], never for a thread.
func (x *Int) Value() int { return x.value }

func (x *Int) title() string     { return x.name }
func (x *Int) cell(Words) string { return strconv.Itoa(x.value) }
func (x *Int) reset()            { x.mark = untouched }
func (x *Int) arrow() mark       { return x.mark }
func (x *Int) ready(kind) bool   { return true }

func (x *Int) do(_ *Machine, _ *thread, o op) (int, bool) {
	switch o.kind {
	case opRead, opTest:
		x.mark = read
		return x.value, true
	case opWrite:
		x.value = o.a
	case opAtomicAdd:
		x.value += o.a
	case opCAS:
		if x.value != o.a {
			x.mark = read
			return 0, true
		}
		x.value, x.mark = o.b, wrote
		return 1, true
	}
	x.mark = wrote
	return x.value, true
}

// Mutex is a lock. Its zero value is not usable; see [Machine.Mutex].
type Mutex struct {
	name  string
	owner *thread
	many  *[]*Mutex
}

// Mutex declares an unlocked mutex.
func (m *Machine) Mutex(name string) *Mutex {
	mu := &Mutex{name: name, many: &m.mutexes}
	m.mutexes = append(m.mutexes, mu)
	m.columns = append(m.columns, mu)
	return mu
}

func (mu *Mutex) title() string { return mu.name }
func (mu *Mutex) reset()        {}
func (mu *Mutex) arrow() mark   { return untouched }

func (mu *Mutex) cell(w Words) string {
	switch {
	case mu.owner == nil:
		return w.Unlocked
	case len(*mu.many) == 1:
		return w.Locked
	}
	return fmt.Sprintf(w.LockedBy, nameOr(mu.owner, w))
}

func (mu *Mutex) ready(k kind) bool { return k != opLock || mu.owner == nil }

func (mu *Mutex) do(m *Machine, t *thread, o op) (int, bool) {
	switch o.kind {
	case opLock:
		mu.owner = t
	case opUnlock:
		if mu.owner == nil {
			m.fail(t, "unlock of unlocked mutex "+mu.name)
		}
		mu.owner = nil
	}
	return 0, true
}

func (m *Machine) fail(t *thread, why string) { m.failed = m.nameOf(t) + ": " + why }

// Sem is a counting semaphore.
type Sem struct {
	name  string
	value int
}

// Sem declares a semaphore that can be acquired n times before somebody must wait.
func (m *Machine) Sem(name string, n int) *Sem {
	s := &Sem{name: name, value: n}
	m.columns = append(m.columns, s)
	return s
}

func (s *Sem) title() string     { return s.name }
func (s *Sem) cell(Words) string { return strconv.Itoa(s.value) }
func (s *Sem) reset()            {}
func (s *Sem) arrow() mark       { return untouched }
func (s *Sem) ready(k kind) bool { return k != opAcquire || s.value > 0 }

func (s *Sem) do(_ *Machine, _ *thread, o op) (int, bool) {
	if o.kind == opAcquire {
		s.value--
	} else {
		s.value++
	}
	return s.value, true
}

// Cond is a condition variable with its lock.
type Cond struct {
	name     string
	lock     *Mutex
	sleepers []*thread
}

// Cond declares a condition variable that belongs to a lock.
func (m *Machine) Cond(name string, lock *Mutex) *Cond {
	c := &Cond{name: name, lock: lock}
	m.columns = append(m.columns, c)
	return c
}

func (c *Cond) title() string       { return c.name }
func (c *Cond) cell(w Words) string { return queueCell(c.sleepers, w) }
func (c *Cond) reset()              {}
func (c *Cond) arrow() mark         { return untouched }
func (c *Cond) ready(kind) bool     { return true }

func (c *Cond) do(m *Machine, t *thread, o op) (int, bool) {
	if o.kind == opWait {
		if c.lock.owner == nil {
			m.fail(t, "wait "+c.name+" without holding mutex "+c.lock.name)
			return 0, true
		}
		c.lock.owner, t.parked = nil, true
		c.sleepers = append(c.sleepers, t)
		return 0, false
	}
	wake := len(c.sleepers)
	if o.kind == opSignal {
		wake = min(1, wake)
	}
	for _, s := range c.sleepers[:wake] {
		s.parked, s.relock = false, c.lock
	}
	c.sleepers = c.sleepers[wake:]
	return 0, true
}

// queueCell lists who sleeps: "" for nobody.
func queueCell(ts []*thread, w Words) string {
	if len(ts) == 0 {
		return ""
	}
	who := make([]string, len(ts))
	for i, t := range ts {
		who[i] = nameOr(t, w)
	}
	return w.Waiting + " " + strings.Join(who, ", ")
}
