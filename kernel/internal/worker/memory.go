package worker

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Memory supervises the memory that one notebook uses: its worker, the processes that cells have started in the worker, and
// the commands that run beside it. It ends some of them when they use more than the limit together, and, where the limit is
// not the user's, when the machine or the cgroup is nearly out of memory and this notebook uses more than any other kernel.
//
// Counted is the proportional set size (PSS): a page that several processes share is divided among them. Guards are not
// counted, nor are the kernel, compilers and gopls.
type Memory struct {
	limit   int64 // less than 0 for none
	given   bool  // by the user
	machine machine
	changed chan struct{} // poked when parts come and go

	slow atomic.Bool // nothing has happened for a while, and looks are rare

	calm, last int64    // only for watch: looks at which about last was used
	exact      struct { // of the last exact measurement; only for watch
		resident, room int64
		at             time.Time
		took           time.Duration
	}

	mu       sync.Mutex
	parts    []*part
	watching bool
}

// NewMemory returns a supervisor. limit is in bytes; 0 stands for three quarters of what the machine, or the cgroup this
// process runs in, has, less than 0 for none.
func NewMemory(limit int64) *Memory {
	m := &Memory{limit: limit, given: limit != 0, machine: readMachine("/"), changed: make(chan struct{}, 1)}
	if !m.given {
		m.limit = m.machine.share()
	}
	return m
}

// Limit is the most that is allowed in bytes, less than 0 if there is no limit. m may be nil.
func (m *Memory) Limit() int64 {
	if m == nil {
		return -1
	}
	return m.limit
}

// Excess says why processes were ended for their memory.
type Excess struct {
	Used  int64 // by what was ended
	Other int64 // by the rest of the notebook
	Limit int64
	Given bool // the limit is the user's
	// Left is what the machine or the cgroup had left. It is less than 0 when the limit was the reason.
	Left int64
}

// Text says it, with what can be done. who is what was ended: "the program". what is lost or kept is the caller's to say.
func (x *Excess) Text(who string) string {
	text := fmt.Sprintf("%s used %s of memory", who, size(x.Used))
	switch {
	case x.Left >= 0:
		return text + fmt.Sprintf(", more than any other notebook, and this machine or container had only %s left. "+
			"Use less memory, or end other programs and notebooks", size(x.Left))
	case x.Used <= x.Limit:
		text += fmt.Sprintf(" and the rest of the notebook %s, together more than the limit of %s", size(x.Other), size(x.Limit))
	default:
		text += fmt.Sprintf(", more than the limit of %s", size(x.Limit))
	}
	if x.Given {
		text += " (INTERLEAVE_MEMORY)"
	} else {
		text += " (three quarters of the memory of this machine or container)"
	}
	return text + fmt.Sprintf(". To raise the limit, start Jupyter with INTERLEAVE_MEMORY=%s in its environment", setting(2*(x.Used+x.Other)))
}

// size is an amount of memory for a reader, rounded up.
func size(n int64) string {
	if n < 1<<30 {
		return fmt.Sprintf("%d MiB", (n+1<<20-1)>>20)
	}
	text := fmt.Sprintf("%.2f", math.Ceil(float64(n)/(1<<30)*100)/100)
	return strings.TrimRight(strings.TrimRight(text, "0"), ".") + " GiB"
}

// setting is a round amount of at least n as INTERLEAVE_MEMORY takes it.
func setting(n int64) string {
	if n < 1<<30 {
		return fmt.Sprintf("%dMiB", (n+100<<20-1)/(100<<20)*100)
	}
	return fmt.Sprintf("%dGiB", (n+1<<30-1)>>30)
}

// part is a tree of processes that Memory supervises: those below a guard.
type part struct {
	guard  int
	worker int           // the worker, which is ended for its own memory alone; 0 for a command
	end    func(*Excess) // ends the command, or the worker and all below it; called once, must not block
	ended  bool
	spared func(*Excess) // is told that all below the worker was killed, and the worker kept

	last   int          // the system's newest process when pids was read
	pids   []int        // below the guard
	killed map[int]bool // those that will be gone in a moment
}

// use is what a part uses in bytes.
type use struct{ worker, rest int64 }

func (m *Memory) add(p *part) {
	if m.Limit() < 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.parts = append(m.parts, p)
	m.poke()
	if !m.watching {
		m.watching = true
		go m.watch() // ends with the last part
	}
}

func (m *Memory) remove(p *part) {
	if m.Limit() < 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.parts = slices.DeleteFunc(m.parts, func(q *part) bool { return q == p })
	m.poke()
}

func (m *Memory) poke() {
	select {
	case m.changed <- struct{}{}:
	default:
	}
}

// watch looks again and again while there are parts.
func (m *Memory) watch() {
	for {
		m.mu.Lock()
		parts := slices.Clone(m.parts)
		if len(parts) == 0 {
			m.watching = false
			m.mu.Unlock()
			return
		}
		m.mu.Unlock()
		most := usualPace
		room := m.look(parts)
		if m.calm > calmLooks {
			most = calmPace
		}
		wait := pace(room, most)
		m.slow.Store(wait > usualPace)
		select {
		case <-time.After(wait):
		case <-m.changed:
			m.calm = 0
		}
	}
}

const (
	usualPace = 200 * time.Millisecond // the longest between two looks
	calmPace  = time.Second            // likewise when nothing happens
	calmLooks = 10                     // after which nothing happens

	gain = int64(8 << 30) // bytes a second
)

// pace is how long the processes may be left alone that may use room more bytes, but at most most: new memory that is touched
// on a few cores comes to some 8 GiB a second.
func pace(room int64, most time.Duration) time.Duration {
	return min(max(time.Duration(float64(room)/float64(gain)*float64(time.Second)), 10*time.Millisecond), most)
}

// wake is called when a cell begins, after which much may happen.
func (m *Memory) wake() {
	if m != nil && m.slow.Load() {
		m.poke()
	}
}

// look measures the parts and ends what must end. It returns how many bytes are left until something must.
func (m *Memory) look(parts []*part) (room int64) {
	parts = slices.DeleteFunc(parts, func(p *part) bool { return p.ended })
	uses, all := measure(parts, resident)
	if m.calm++; len(parts) > 1 || max(all-m.last, m.last-all) > 1<<20 {
		m.calm, m.last = 0, all
	}
	room = m.limit - all
	x := Excess{Limit: m.limit, Given: m.given, Left: -1}
	if room < 0 { // pages that processes share may have been counted more than once
		if uses, room = m.lookAgain(parts, uses, all); room < 0 {
			m.end(parts, uses, x)
			return room
		}
	}
	if m.given || all < m.machine.worthwhile() && m.calm <= calmLooks {
		return room
	}
	left, of := m.machine.available()
	if spare := left - m.machine.reserve(); spare > 0 {
		return min(room, spare)
	}
	first, ending := largest(m.machine.root, os.Getpid(), of)
	switch {
	case all < m.machine.worthwhile() || !first:
		return pressed // the one that is will be gone in a moment
	case ending && left > m.machine.reserve()/2:
		return 0 // what it gives back may do
	}
	x.Left = left
	m.end(parts, uses, x)
	return 0
}

// lookAgain measures exactly. That takes the system a while for large processes, so it is done when it can make a difference, and
// takes a twentieth of the time at most.
func (m *Memory) lookAgain(parts []*part, uses []use, all int64) ([]use, int64) {
	if room := m.exact.room - (all - m.exact.resident); room > 0 && time.Since(m.exact.at) < 20*m.exact.took {
		return uses, room
	}
	began := time.Now()
	uses, sum := measure(parts, proportional)
	m.exact.resident, m.exact.room, m.exact.at, m.exact.took = all, m.limit-sum, time.Now(), time.Since(began)
	return uses, m.exact.room
}

// pressed is the room of a notebook that is not to end on a full machine: it is looked at again after usualPace.
const pressed = gain / int64(time.Second/usualPace)

// end ends what is chosen.
func (m *Memory) end(parts []*part, uses []use, x Excess) {
	i, worker := choose(uses, m.limit, x.Left >= 0)
	p := parts[i]
	x.Used = uses[i].rest
	if worker {
		x.Used += uses[i].worker
	}
	for _, u := range uses {
		x.Other += u.worker + u.rest
	}
	x.Other -= x.Used
	if p.worker != 0 && !worker && p.killRest() {
		if p.spared != nil {
			p.spared(&x)
		}
		return
	}
	p.ended = true
	p.end(&x)
}

// choose picks a part, and whether its worker must end too. Processes that cells have started end before the variables do,
// unless the worker alone uses more than the limit. When the machine is full, what uses most ends.
func choose(uses []use, limit int64, full bool) (part int, worker bool) {
	var most int64
	for i, u := range uses {
		if u.rest > most {
			most, part = u.rest, i
		}
	}
	for i, u := range uses {
		if u.worker > limit || full && u.worker >= most || most == 0 && u.worker > 0 {
			return i, true
		}
	}
	return part, false
}

// killRest kills everything below the guard but the worker. It is false when something may not be killed.
func (p *part) killRest() bool {
	for _, pid := range p.list() {
		if pid == p.worker {
			continue
		}
		if err := unix.Kill(pid, unix.SIGKILL); err != nil && err != unix.ESRCH {
			return false
		}
		if p.killed == nil {
			p.killed = map[int]bool{}
		}
		p.killed[pid] = true
	}
	return true
}

// measure adds up what parts use. of is resident, which is quick, or proportional, which is exact.
func measure(parts []*part, of func(pid int) (int64, error)) (uses []use, sum int64) {
	uses = make([]use, len(parts))
	for i, p := range parts {
		for _, pid := range p.list() {
			n, err := of(pid)
			switch {
			case err != nil || p.killed[pid]: // gone, or nearly
			case pid == p.worker:
				uses[i].worker = n
			default:
				uses[i].rest += n
			}
		}
		sum += uses[i].worker + uses[i].rest
	}
	return uses, sum
}

// list returns the processes below the guard. They are looked for only when the system has a new process.
func (p *part) list() []int {
	last := newestProcess()
	if last != 0 && last == p.last {
		return p.pids
	}
	p.last, p.pids = last, below(p.guard)
	for pid := range p.killed {
		if !slices.Contains(p.pids, pid) {
			delete(p.killed, pid)
		}
	}
	return p.pids
}

// oomCounters are the system's counts of processes ended for want of memory: a worker that was killed while
// one of them grew was most likely that process.
type oomCounters struct {
	cgroup int64 // of the innermost memory cgroup
	system int64
}

func readOOMCounters(root string) (c oomCounters) {
	for _, g := range memoryCgroups(root) {
		if b, err := os.ReadFile(filepath.Join(g.dir, "memory.events")); err == nil {
			c.cgroup, _ = counter(b, "oom_kill")
			break
		}
	}
	if b, err := os.ReadFile(filepath.Join(root, "proc/vmstat")); err == nil {
		c.system, _ = counter(b, "oom_kill")
	}
	return c
}

func (c oomCounters) grewTo(now oomCounters) bool {
	return now.cgroup > c.cgroup || now.system > c.system
}
