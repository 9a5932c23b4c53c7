package eventloop

import (
	"container/heap"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// ErrStuck says that nothing is ready, no timer runs, and the main coroutine is not done: it would wait for ever.
var ErrStuck = errors.New("stuck: nothing is ready and no timer runs")

// Loop runs coroutines in turn. Use [New].
type Loop struct {
	clock   Clock
	ready   []callback
	timers  timers
	added   int   // timers so far: equal times ring in the order in which they were set
	tasks   []*co // not yet ended, in the order of their start
	outside int   // calls of Offload that have not come back
	watch   *Recording
	closed  bool

	mu     sync.Mutex // guards posted
	posted []func()
	wake   chan struct{}
}

// callback is what the ready queue holds.
type callback struct {
	who string
	run func()
}

// New makes a loop that goes by the clock. The recording may be nil.
func New(clock Clock, watch *Recording) *Loop {
	return &Loop{clock: clock, watch: watch, wake: make(chan struct{}, 1)}
}

// Now is the loop's time.
func (l *Loop) Now() time.Duration { return l.clock.Now() }

// Soon puts a function at the end of the ready queue. The name is for the recording.
func (l *Loop) Soon(who string, f func()) {
	if !l.closed {
		l.ready = append(l.ready, callback{who, f})
	}
}

// Post is Soon for other goroutines.
func (l *Loop) Post(f func()) {
	l.mu.Lock()
	l.posted = append(l.posted, f)
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default: // a token is there already
	}
}

// Run starts the main coroutine and runs the loop until it is done. Then it cancels nothing and waits for nobody:
// coroutines that are left are unwound, as a panic would, which runs their deferred functions. A panic in a
// coroutine comes out of Run. Besides the main coroutine's own errors it returns [ErrStuck], with who waits for what.
// A loop runs once.
func Run[T any](l *Loop, main Coroutine[T]) (T, error) {
	defer l.close()
	t := Start(l, "main", main)
	l.watch.forget()
	for !t.Done() {
		if err := l.turn(); err != nil {
			var zero T
			return zero, err
		}
	}
	return t.Result()
}

// turn runs what is ready first, or waits.
func (l *Loop) turn() error {
	l.mu.Lock()
	posted := l.posted
	l.posted = nil
	l.mu.Unlock()
	for _, f := range posted {
		f()
	}
	if l.ring() { // timers that were due while somebody blocked the loop
		l.watch.moment(l, l.Now(), "(loop)")
	}
	if len(l.ready) > 0 {
		c := l.ready[0]
		l.ready = l.ready[1:]
		start := l.Now()
		c.run()
		l.watch.moment(l, start, c.who)
		return nil
	}
	then := time.Duration(-1)
	if len(l.timers) > 0 {
		then = l.timers[0].at
	} else if l.outside == 0 {
		return l.stuck()
	}
	start := l.Now()
	l.clock.wait(then, l.outside > 0, l.wake)
	l.watch.did("waits %s", words(l.Now()-start))
	l.ring()
	l.watch.moment(l, start, "(loop)")
	return nil
}

// ring fires the timers that are due, and reports whether there were any.
func (l *Loop) ring() (rang bool) {
	for len(l.timers) > 0 && l.timers[0].at <= l.Now() {
		t := heap.Pop(&l.timers).(*timer)
		l.watch.did("timer of %s rings", t.who)
		l.watch.due(t.who, t.at)
		t.run()
		rang = true
	}
	return rang
}

// stuck says who waits for what.
func (l *Loop) stuck() error {
	var who []string
	for _, c := range l.tasks {
		if c.waiting != nil {
			who = append(who, fmt.Sprintf("%s awaits %s", c.name, c.waiting.name()))
		}
	}
	return fmt.Errorf("%w; %s", ErrStuck, strings.Join(who, ", "))
}

// Unfinished names the tasks that have not ended.
func (l *Loop) Unfinished() []string {
	var names []string
	for _, c := range l.tasks {
		names = append(names, c.name)
	}
	return names
}

// close unwinds what is left.
func (l *Loop) close() {
	l.closed = true
	for _, c := range l.tasks {
		c.stop()
	}
	l.watch.end(l.Now())
}

// After lets a function run after d, unless the function it returns is called first.
func (l *Loop) After(d time.Duration, who string, f func()) (cancel func()) {
	t := &timer{at: l.Now() + max(0, d), order: l.added, who: who, run: f}
	l.added++
	heap.Push(&l.timers, t)
	return func() {
		if t.index >= 0 {
			heap.Remove(&l.timers, t.index)
		}
	}
}

// timer is an element of the heap.
type timer struct {
	at    time.Duration
	order int
	who   string
	run   func()
	index int // in the heap; -1 when it has left
}

// timers is a heap by time.
type timers []*timer

func (h timers) Len() int { return len(h) }
func (h timers) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].order < h[j].order
}
func (h timers) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push is for container/heap.
func (h *timers) Push(x any) {
	t := x.(*timer)
	t.index = len(*h)
	*h = append(*h, t)
}

// Pop is for container/heap.
func (h *timers) Pop() any {
	old := *h
	t := old[len(old)-1]
	t.index = -1
	*h = old[:len(old)-1]
	return t
}
