package race_test

import (
	"runtime"
	"slices"
	"strings"
	"testing"

	"interleave/lessons/kit/check"
	"interleave/lessons/kit/schedule"
	"interleave/lessons/race"
)

// TestScheduledFails: 100 of 100 runs lose updates, on one P and on more. On one P the two goroutines take turns
// at every yield, so half is lost, unless the runtime takes one of them off the P in between.
func TestScheduledFails(t *testing.T) {
	size := race.Size{Runs: 100, Goroutines: 2, Increments: 1000}
	for _, procs := range []int{1, 2, runtime.NumCPU()} {
		s, err := race.Count(t.Context(), race.Scheduled, procs, size)
		if err != nil || s.Failed() != 100 || s.Note != "" {
			t.Fatalf("P = %d: %d of 100 lost updates, %v %q", procs, s.Failed(), err, s.Note)
		}
		half := 0
		for _, r := range s.Runs {
			if r.Got == r.Want/2 {
				half++
			}
		}
		t.Logf("P = %d: %d of 100 runs lost exactly half", procs, half)
		if procs == 1 && half < 50 {
			t.Errorf("only %d of 100 runs lost exactly half", half)
		}
	}
}

// TestTwin: the machine's schedule of strict turns ends as the live version does on one P. The runtime may take a
// goroutine off the P in the middle of a turn, though hardly ten times in a row.
func TestTwin(t *testing.T) {
	const n = 8
	live, err := race.Count(t.Context(), race.Scheduled, 1, race.Size{Runs: 10, Goroutines: 2, Increments: n})
	if err != nil {
		t.Fatal(err)
	}
	twin, err := race.Turns(n).Replay(strings.Repeat("1 2 ", 2*n))
	if err != nil {
		t.Fatal(err)
	}
	if twin.Values["n"] != n || !slices.Contains(live.Finals(), n) {
		t.Errorf("machine %d, live %v, want %d", twin.Values["n"], live.Finals(), n)
	}
}

// TestDetectOnOneP: the detector finds the same data races on one P, time after time: it looks at what orders two
// accesses, not at whether they met.
func TestDetectOnOneP(t *testing.T) {
	for _, procs := range []string{"1", "2"} {
		t.Setenv("GOMAXPROCS", procs)
		for range check.Times() {
			snippets, err := race.Detect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			found := ""
			for _, s := range snippets {
				if s.Races {
					found += s.Letter
				}
			}
			if found != "ADF" {
				t.Fatalf("P = %s: data races in %q, want A, D and F", procs, found)
			}
		}
	}
}

func TestFixes(t *testing.T) {
	for _, v := range []race.Variant{race.Mutex, race.Atomic} {
		s, err := race.Count(t.Context(), v, 2, race.Size{Runs: 20, Goroutines: 4, Increments: 1000})
		if err != nil || s.Failed() != 0 || len(s.Runs) != 20 {
			t.Errorf("%s: %d of %d failed, %v", s, s.Failed(), len(s.Runs), err)
		}
	}
	if _, err := race.Count(t.Context(), "none", 1, race.Size{Runs: 1}); err == nil {
		t.Error("a variant that does not exist runs")
	}
}

// TestPlain: on one P there is a note and no error; on two Ps it loses, or says that it did not.
func TestPlain(t *testing.T) {
	size := race.Size{Runs: 10, Goroutines: 2, Increments: 1_000_000}
	for _, procs := range []int{1, 2} {
		s, err := race.Count(t.Context(), race.Plain, procs, size)
		if err != nil || len(s.Runs) != 10 || s.Runs[0].Want != 2_000_000 {
			t.Fatalf("%+v %v", s, err)
		}
		t.Logf("%s: lost %.1f %% %s", s, s.LostPercent(), s.Note)
		if s.Failed() == 0 && s.Note == "" {
			t.Errorf("%s: lost nothing and does not say so", s)
		}
	}
}

// TestPay: 100 of 100 lose money, on one P; the machine finds the same, and that the lock helps in every schedule.
func TestPay(t *testing.T) {
	for range 100 {
		if s := race.Pay(50, false); s.Missing() <= 0 || s.Spent != 100 {
			t.Fatalf("no money was lost: %+v", s)
		}
		if s := race.Pay(50, true); s.Missing() != 0 {
			t.Fatalf("guarded: %+v", s)
		}
	}
	lost, kept := race.Lost().Enumerate(schedule.Limits{}), race.Kept().Enumerate(schedule.Limits{})
	if lost.Schedules != 924 || lost.Count("ani = 0, budi = 0, shop = 20") == 0 || lost.Failing() == 0 {
		t.Errorf("unguarded: %v", lost)
	}
	if kept.Failing() != 0 || !kept.Complete {
		t.Errorf("guarded: %v", kept)
	}
	t.Logf("%v", lost)
}
