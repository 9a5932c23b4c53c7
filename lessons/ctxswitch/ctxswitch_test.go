package ctxswitch_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"interleave/lessons/ctxswitch"
)

// TestMeasure: the kernel counts a switch for each hand-off of threads and processes, and none for those of
// coroutines and goroutines; a call costs less than a coroutine, and that less than a thread.
func TestMeasure(t *testing.T) {
	c, err := ctxswitch.Measure(t.Context(), ctxswitch.Size{Rounds: 6, HandOffs: 4000})
	if err != nil {
		t.Fatal(err)
	}
	median := map[string]float64{}
	for i, w := range ctxswitch.Ways() {
		s, err := c.Samples[i].Summary()
		if err != nil || s.N != 6 || c.Samples[i].Name != w.Name || len(c.Switches[w.Name]) != 6 || w.Includes == "" {
			t.Fatalf("%s: %v %v, switches %v", w.Name, s, err, c.Switches[w.Name])
		}
		median[w.Name] = s.Median
		t.Logf("%-16s %v ns, %.3f switches", w.Name, s, c.PerHandOff(w.Name))
	}
	for _, name := range []string{ctxswitch.Call, ctxswitch.Pull, ctxswitch.Gosched, ctxswitch.Channel, ctxswitch.FutexCall, ctxswitch.PipeCall} {
		if n := c.PerHandOff(name); n > 0.2 {
			t.Errorf("%s: the kernel counts %.2f switches per hand-off", name, n)
		}
	}
	for _, name := range []string{ctxswitch.Futex, ctxswitch.Pipe, ctxswitch.Process} {
		if n := c.PerHandOff(name); n < 0.9 {
			t.Errorf("%s: the kernel counts %.2f switches per hand-off", name, n)
		}
	}
	order := []string{ctxswitch.Call, ctxswitch.Pull, ctxswitch.Futex}
	if !slices.IsSortedFunc(order, func(a, b string) int { return int(median[a] - median[b]) }) {
		t.Errorf("not in the order %q: %v", order, median)
	}
	if header, rows := c.Rows(); len(rows) != len(ctxswitch.Ways()) || len(rows[0]) != len(header) {
		t.Errorf("%q %q", header, rows)
	}
}

func TestNoCompiler(t *testing.T) {
	ways := ctxswitch.Ways()
	futex := ways[slices.IndexFunc(ways, func(w ctxswitch.Way) bool { return w.Name == ctxswitch.Futex })]
	size := ctxswitch.Size{Rounds: 1, HandOffs: 100}
	t.Setenv("PATH", t.TempDir())
	for _, cc := range []string{"", "no-such-compiler -O2"} {
		t.Setenv("CC", cc)
		_, err := ctxswitch.Measure(t.Context(), size, futex)
		if !errors.Is(err, ctxswitch.ErrCompiler) || !strings.Contains(err.Error(), "apt install gcc") || !strings.Contains(err.Error(), cc) {
			t.Errorf("CC=%q: %v", cc, err)
		}
	}
}

// TestBatches: a batch makes an item cheaper, down to what it costs with no hand-off and a little more.
func TestBatches(t *testing.T) {
	t.Setenv("FAST", "1")
	b, err := ctxswitch.Batches(t.Context())
	if err != nil || len(b.Handed) != len(b.Sizes) || len(b.Alone) < 6 {
		t.Fatalf("%+v %v", b, err)
	}
	one, many := slices.Min(b.Handed[0]), slices.Min(b.Handed[len(b.Handed)-1])
	if one < 3*many {
		t.Errorf("an item costs %.1f ns alone and %.1f ns in a batch of %d", one, many, b.Sizes[len(b.Sizes)-1])
	}
	if len(b.Handed[0]) != len(b.Alone) {
		t.Errorf("%d and %d rounds", len(b.Handed[0]), len(b.Alone))
	}
}

// TestBrokenCompiler: what the compiler says comes along, and what may be missing.
func TestBrokenCompiler(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("CC", "cc --no-such-option")
	ways := ctxswitch.Ways()
	futex := ways[slices.IndexFunc(ways, func(w ctxswitch.Way) bool { return w.Name == ctxswitch.Futex })]
	_, err := ctxswitch.Measure(t.Context(), ctxswitch.Size{Rounds: 1, HandOffs: 100}, futex)
	if err == nil || errors.Is(err, ctxswitch.ErrCompiler) || !strings.Contains(err.Error(), "no-such-option") || !strings.Contains(err.Error(), "libc6-dev") {
		t.Error(err)
	}
}
