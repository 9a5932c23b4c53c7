package preempt_test

import (
	"testing"
	"time"

	"interleave/lessons/kit/timeline"
	"interleave/lessons/preempt"
)

// TestModes: without signals the sleeper waits for the whole loop; with them, for slices of 10 ms; with yields it
// hardly waits. The bounds are far from what is measured, since the machine may be busy.
func TestModes(t *testing.T) {
	size := preempt.Size{Runs: 2, Loop: 300 * time.Millisecond, Sleeps: 6}
	longest := map[preempt.Mode]float64{}
	for _, m := range preempt.Modes() {
		r, err := preempt.Run(t.Context(), m, size)
		if err != nil || len(r.Gaps) != 2 || len(r.All()) != 12 {
			t.Fatalf("%s: %+v %v", m, r.Gaps, err)
		}
		for _, l := range []string{"loop", "sleeper"} {
			if lane := r.Timeline.Lane(l); lane == nil || lane.Total(timeline.Running) <= 0 {
				t.Errorf("%s: lane %s: %+v", m, l, lane)
			}
		}
		longest[m] = min(r.Longest()[0], r.Longest()[1])
		t.Logf("%-20s longest gaps %.1f ms", m, r.Longest())
	}
	if longest[preempt.Nobody] < 150 {
		t.Errorf("nobody may stop the loop, and the sleeper waited only %.1f ms", longest[preempt.Nobody])
	}
	if g := longest[preempt.Signals]; g < 5 || g > 0.7*longest[preempt.Nobody] {
		t.Errorf("with signals the longest gap is %.1f ms", g)
	}
	if longest[preempt.Yields] > longest[preempt.Signals] {
		t.Errorf("yielding gaps %.1f ms are longer than with signals", longest[preempt.Yields])
	}
}
