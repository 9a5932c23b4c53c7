package plots

import (
	"slices"
	"testing"
)

// TestWaitForOrder: the nodes of a circle stand in its direction, whatever came up first.
func TestWaitForOrder(t *testing.T) {
	w, err := NewWaitFor(Wait{From: "guest", To: "p2"}, Wait{From: "p2", To: "p0"}, Wait{From: "p1", To: "p2"}, Wait{From: "p0", To: "p1"})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"p0", "p1", "p2", "guest"}; !slices.Equal(w.nodes, want) || !w.Deadlock() {
		t.Errorf("order %q, want %q", w.nodes, want)
	}
	w, err = NewWaitFor(Wait{From: "b", To: "a"}, Wait{From: "c", To: "a"})
	if want := []string{"b", "a", "c"}; err != nil || !slices.Equal(w.nodes, want) || w.Deadlock() {
		t.Errorf("without a circle: order %q, want %q, %v", w.nodes, want, err)
	}
	// A circle within a circle: each node once.
	w, err = NewWaitFor(Wait{From: "a", To: "b"}, Wait{From: "b", To: "a"}, Wait{From: "b", To: "c"}, Wait{From: "c", To: "a"}, Wait{From: "d", To: "d"})
	if err != nil || len(w.nodes) != 4 {
		t.Errorf("order %q, %v", w.nodes, err)
	}
}
