package locks_test

import (
	"runtime"
	"strings"
	"testing"

	"interleave/lessons/locks"
)

var small = locks.Size{Rounds: 6, Goroutines: 2, Operations: 2000}

// TestCounters: every way counts right; what it costs is logged, not judged.
func TestCounters(t *testing.T) {
	r, err := locks.Counters(t.Context(), small)
	if err != nil || len(r.Samples) != len(locks.Ways()) {
		t.Fatal(r, err)
	}
	for _, s := range r.Samples {
		m, err := s.Summary()
		if err != nil || m.N != 6 || m.Median <= 0 {
			t.Errorf("%s: %+v %v", s.Name, m, err)
		}
		t.Logf("%-20s %v", s.Name, m)
	}
}

func TestPadding(t *testing.T) {
	r, err := locks.Padding(t.Context(), small)
	if err != nil || len(r.Samples) != 2 {
		t.Fatal(r, err)
	}
}

func TestMaps(t *testing.T) {
	g, err := locks.Maps(t.Context(), small)
	if err != nil || len(g.Kinds) != 3 || len(g.NS) != 3 || len(g.NS[0]) != 4 {
		t.Fatal(g, err)
	}
	for i, k := range g.Kinds {
		t.Logf("%-15s %v", k, g.NS[i])
	}
}

// TestOneCPU: where nothing runs at the same time, it says so.
func TestOneCPU(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if says := locks.OneCPU(); !strings.Contains(says, "GOMAXPROCS 1") || !strings.HasSuffix(says, "\n") {
		t.Errorf("on one P: %q", says)
	}
	runtime.GOMAXPROCS(2)
	if says := locks.OneCPU(); (says == "") != (runtime.NumCPU() > 1) {
		t.Errorf("%d CPUs, two Ps: %q", runtime.NumCPU(), says)
	}
}
