package work_test

import (
	"testing"
	"time"

	"interleave/lessons/kit/work"
)

// TestCalibrate: the load is of the size asked for, when it is let alone once in twenty tries.
func TestCalibrate(t *testing.T) {
	l := work.Calibrate(2 * time.Millisecond)
	best := time.Hour
	for range 20 {
		start := time.Now()
		l.Do()
		best = min(best, time.Since(start))
	}
	if best < time.Millisecond || best > 4*time.Millisecond {
		t.Errorf("a load of 2 ms takes %v at best", best)
	}
	if half := l.Times(0.5).Rounds(); half != l.Rounds()/2 {
		t.Errorf("half of %d is %d", l.Rounds(), half)
	}
}
