package inventory

import (
	"strings"
	"sync"
	"testing"
	"time"
)

type node struct {
	Value int
	next  *node
}

type loud struct{ s string }

func (loud) String() string { panic("no method may be called") }

func TestDescribe(t *testing.T) {
	ring := &node{Value: 1}
	ring.next = ring
	for _, c := range []struct {
		got         string
		size, value string
	}{
		{of(42), "8 B", "42"},
		{of("a\nb"), "3 B", `\"a\\nb\"`},
		{of(strings.Repeat("ä", 1e6)), "2 MB", `\"` + strings.Repeat("ä", 59) + "…"},
		{of([]float64{1, 2.5}), "len 2, 16 B", "[1 2.5]"},
		{of(make([]int, 1e6)), "len 1000000, 8 MB", "[0 0 0"},
		{of([]int(nil)), "len 0, 0 B", "nil"},
		{of(map[string]int{"a": 1}), "len 1", "map[…]"},
		{of(make(chan int, 3)), "len 0, cap 3", "chan"},
		{of(ring), "16 B", "\\u0026{Value:1 next:\\u0026{Value:1 next:"},
		{of(loud{"x"}), "16 B", `{s:\"x\"}`},
		{of(3 * time.Second), "8 B", "3s"},
		{of(error(nil)), "16 B", "nil"},
		{of(func() {}), "", "func"},
		{of(sync.Mutex{}), "8 B", "{_:{}"},
	} {
		if want := `{"Size":"` + c.size + `","Value":"` + c.value; !strings.HasPrefix(c.got, "["+want) {
			t.Errorf("got %s, want %s", c.got, want)
		}
	}
}

func of[T any](v T) string { return Of(&v) }

func TestAmount(t *testing.T) {
	for n, want := range map[uintptr]string{0: "0 B", 999: "999 B", 1000: "1 kB", 12345: "12.3 kB", 999_900: "1 MB", 5_000_000_000: "5 GB"} {
		if got := amount(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
