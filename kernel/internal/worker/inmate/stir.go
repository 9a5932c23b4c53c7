package inmate

import (
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// stirTime is the processor time that goroutines in the background get behind the end of a cell before they are taken for
	// ones that compute.
	stirTime = 20 * time.Millisecond
	// callTime is how long one may be in a system call, or in C, before it is taken for blocked.
	callTime = 5 * time.Millisecond
)

// stir tells whether goroutines in the background stir: whether one runs, or waits for nothing but a processor. Lines that
// they are about to print belong to the cell that has just ended. One that is blocked or sleeps does not stir.
type stir struct {
	shows atomic.Int64 // goroutines that the kernel will answer at once

	mu      sync.Mutex
	calls   uint64 // goroutines that were in calls when the cell began
	end     time.Time
	used    time.Duration // processor time when it ended
	samples []metrics.Sample
}

// begin is told that a cell begins, and whether there are goroutines in the background.
func (s *stir) begin(background bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = 0
	if background {
		_, _, s.calls = s.read()
	}
}

// ended is told when it has ended.
func (s *stir) ended() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end, s.used = time.Now(), processorTime()
}

// now is asked by one goroutine that runs.
func (s *stir) now() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if processorTime()-s.used > stirTime {
		return false
	}
	runnable, running, calls := s.read()
	return s.shows.Load() > 0 || runnable > 0 || running > 1 || calls > s.calls && time.Since(s.end) < callTime
}

// read counts goroutines; the caller holds mu. A release that does not count them gives zero.
func (s *stir) read() (runnable, running, calls uint64) {
	if s.samples == nil {
		for _, state := range []string{"runnable", "running", "not-in-go"} {
			s.samples = append(s.samples, metrics.Sample{Name: "/sched/goroutines/" + state + ":goroutines"})
		}
	}
	metrics.Read(s.samples)
	var n [3]uint64
	for i, m := range s.samples {
		if m.Value.Kind() == metrics.KindUint64 {
			n[i] = m.Value.Uint64()
		}
	}
	return n[0], n[1], n[2]
}
