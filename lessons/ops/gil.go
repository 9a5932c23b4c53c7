package ops

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// SwitchInterval is how long a thread of CPython waits for the global interpreter lock before it asks the holder to
// give it up (sys.getswitchinterval).
const SwitchInterval = 5 * time.Millisecond

// GIL is one lock for all, handed over as CPython does it: who wants it waits for the switch interval, then asks;
// the holder looks between two steps whether somebody has asked, and if so gives it away before he wants it again.
// Make it with [NewGIL]. It is a toy: CPython lets go of its lock also in I/O, and numpy while it computes.
type GIL struct {
	interval time.Duration
	free     chan struct{} // holds the lock while nobody else does
	asked    atomic.Bool
	Switches atomic.Int64 // forced ones
}

// NewGIL makes a lock that nobody holds.
func NewGIL(interval time.Duration) *GIL {
	g := &GIL{interval: interval, free: make(chan struct{}, 1)}
	g.free <- struct{}{}
	return g
}

// Lock waits for the lock.
func (g *GIL) Lock() {
	for {
		select {
		case <-g.free:
			return
		case <-time.After(g.interval):
			g.asked.Store(true)
		}
	}
}

// Unlock gives the lock back.
func (g *GIL) Unlock() { g.free <- struct{}{} }

// Step is what the holder calls between two steps. If somebody has asked for the lock, it goes to the one who has
// waited longest, and Step waits in its turn.
func (g *GIL) Step() {
	if !g.asked.Swap(false) {
		return
	}
	g.Switches.Add(1)
	g.Unlock() // a waiting receiver gets it at once: channels are first come, first served
	g.Lock()
}

// Locked is a Fill with one generator for all, behind a lock that is taken for each number: safe, and a bottleneck
// that nothing in the program's text names.
func Locked(seed uint64) Fill {
	r := rand.New(rand.NewPCG(seed, 0))
	var mu sync.Mutex
	next := func() float64 {
		mu.Lock()
		defer mu.Unlock()
		return r.Float64()
	}
	return func(numbers []float64) {
		for i := range numbers {
			numbers[i] = next()
		}
	}
}

// Global is a Fill with the functions of math/rand/v2 itself. They take no lock, but look up a generator of the
// thread's for each number, and that one is the safer, slower ChaCha8.
func Global() Fill {
	return func(numbers []float64) {
		for i := range numbers {
			numbers[i] = rand.Float64()
		}
	}
}
