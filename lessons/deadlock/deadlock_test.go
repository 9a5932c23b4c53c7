package deadlock_test

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"interleave/lessons/deadlock"
	"interleave/lessons/kit/schedule"
	"interleave/lessons/kit/timeline"
)

// TestDine: left fork first deadlocks each time, also on one P; lower number first never.
func TestDine(t *testing.T) {
	for _, procs := range []string{"1", "2"} {
		t.Setenv("GOMAXPROCS", procs)
		for range 100 {
			d, err := deadlock.Dine(t.Context(), deadlock.ByHand, 5, 10)
			if err != nil || !d.Deadlock || len(d.Waits) != 5 || d.Meals != 0 {
				t.Fatalf("%+v %v", d, err)
			}
			for _, w := range d.Waits {
				if w.Holder != (w.Who+1)%5 {
					t.Errorf("the graph is no circle: %+v", d.Waits)
				}
			}
			for _, l := range d.Timeline.Lanes {
				if last := l.Spans[len(l.Spans)-1]; last.State != timeline.Waiting {
					t.Errorf("%s ends %+v", l.Name, last)
				}
			}
			d, err = deadlock.Dine(t.Context(), deadlock.ByNumber, 5, 10)
			if err != nil || d.Deadlock || d.Meals != 50 || len(d.Timeline.Lanes) != 5 {
				t.Fatalf("%+v %v", d, err)
			}
		}
	}
}

// TestPhilosophers: the machine's twin ends as the live dinner does.
func TestPhilosophers(t *testing.T) {
	for n := 2; n <= 3; n++ {
		hand := deadlock.Philosophers(n, deadlock.LeftFirst).Enumerate(schedule.Limits{})
		if hand.Count("deadlock") == 0 || !hand.Complete || len(hand.Shortest.Schedule) != n {
			t.Errorf("%d: %v", n, hand)
		}
		number := deadlock.Philosophers(n, deadlock.LowFirst).Enumerate(schedule.Limits{})
		if number.Failing() != 0 || !number.Complete {
			t.Errorf("%d: %v", n, number)
		}
		t.Logf("%d philosophers: %d of %d schedules deadlock", n, hand.Failing(), hand.Schedules)
	}
}

// TestAsk: each of 100 requests leaves a goroutine behind, on one P and on more; with room for both answers none stays.
func TestAsk(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, procs := range []int{1, 2, runtime.NumCPU()} {
		runtime.GOMAXPROCS(procs)
		l := deadlock.Ask(100, false)
		for i, n := range l.Counts {
			if n != i+1 {
				t.Fatalf("P = %d: after request %d there are %d", procs, i+1, n)
			}
		}
		if len(l.Counts) != 100 || l.Profile == "" && l.Note == "" {
			t.Errorf("P = %d: %+v", procs, l)
		}
		if l := deadlock.Ask(20, true); slices.Max(l.Counts) != 0 {
			t.Errorf("P = %d, buffered: %+v", procs, l)
		}
	}
}

func TestCancel(t *testing.T) {
	c, err := deadlock.Cancel(t.Context(), 4*time.Millisecond)
	if err != nil || len(c.Timeline.Lanes) != 4 || len(c.Timeline.Marks) != 1 {
		t.Fatalf("%+v %v", c, err)
	}
	for _, s := range c.Survivors[:3] {
		if s.After >= c.Survivors[3].After {
			t.Logf("busy machine: %+v", c.Survivors)
		}
	}
	if c.Survivors[3].Heeds || !c.Survivors[0].Heeds {
		t.Errorf("%+v", c.Survivors)
	}
}
