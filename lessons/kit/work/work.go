// Package work is CPU work of a known size, for experiments that need a core to be busy.
//
// A [Load] is a number of rounds of arithmetic, not a length of time: it takes longer on a busy machine, which is
// what a measurement is to see. The package starts no goroutine.
package work

import (
	"sync/atomic"
	"time"
)

// Load is so many rounds of arithmetic. The zero value does nothing.
type Load struct{ rounds int }

// sink keeps the compiler from leaving the work out. Nobody reads it.
var sink atomic.Uint64

// Do does the work on the calling goroutine. It calls no function, so only the runtime's signals interrupt it.
func (l Load) Do() {
	x := uint64(l.rounds)
	for range l.rounds {
		x = x*6364136223846793005 + 1442695040888963407
	}
	sink.Store(x)
}

// Times is the load so many times as large.
func (l Load) Times(f float64) Load { return Load{int(float64(l.rounds) * f)} }

// Rounds is the size.
func (l Load) Rounds() int { return l.rounds }

// Calibrate finds the load that takes about d on this machine when nothing disturbs it: it takes the fastest of
// several tries, so that a disturbance does not make the load too small.
func Calibrate(d time.Duration) Load {
	const rounds = 500_000
	best := time.Hour
	for range 20 {
		start := time.Now()
		Load{rounds}.Do()
		best = min(best, time.Since(start))
	}
	return Load{rounds}.Times(float64(d) / float64(best))
}

// Rounds is the load of so many rounds, such as [Load.Rounds] of one that was calibrated in another process.
func Rounds(n int) Load { return Load{n} }
