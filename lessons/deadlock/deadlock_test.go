package deadlock_test

import (
	"slices"
	"testing"
	"time"

	"interleave/lessons/check"
	"interleave/lessons/deadlock"
	"interleave/lessons/schedule"
	"interleave/lessons/timeline"
)

// TestDine: left fork first deadlocks each time, also on one P; lower number first never.
func TestDine(t *testing.T) {
	for _, procs := range []string{"1", "2"} {
		t.Setenv("GOMAXPROCS", procs)
		for range check.Times() {
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

func TestAsk(t *testing.T) {
	if l := deadlock.Ask(20, false); l.Counts[19] < 20 || l.Counts[0] < 1 || l.Profile == "" && l.Note == "" {
		t.Errorf("%+v", l)
	}
	if l := deadlock.Ask(20, true); slices.Max(l.Counts) > 2 {
		t.Errorf("buffered: %+v", l)
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
