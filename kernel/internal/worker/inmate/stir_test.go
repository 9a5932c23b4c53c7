package inmate

import (
	"sync/atomic"
	"testing"
	"time"
)

// TestStir: goroutines that are blocked or sleep do not stir, one that computes does for a while.
func TestStir(t *testing.T) {
	var s stir
	s.begin(true)
	become := func(want bool, why string) {
		t.Helper()
		for began := time.Now(); s.now() != want; time.Sleep(time.Millisecond) {
			if time.Since(began) > 20*time.Second {
				t.Fatalf("it stirs: %v, with %s", !want, why)
			}
			if want {
				s.ended()
			}
		}
	}
	block := make(chan int)
	defer close(block)
	for range 3 {
		go func() { <-block }()
		go func() { time.Sleep(time.Hour) }()
	}
	s.ended()
	become(false, "goroutines that wait")
	var stop atomic.Bool
	defer stop.Store(true)
	go func() {
		for !stop.Load() {
		}
	}()
	become(true, "a goroutine that computes")
	s.ended()
	used := processorTime()
	become(false, "a goroutine that has computed for long")
	if took := processorTime() - used; took < stirTime {
		t.Errorf("a goroutine that computes was given up after %v", took)
	}
}
