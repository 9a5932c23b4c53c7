package magic

import (
	"testing"
	"time"

	"interleave/kernel/internal/worker"
)

func TestShort(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0.00 ns", 3.4e-10: "0.34 ns", 5.34e-8: "53.4 ns", 9.996e-7: "1.00 µs", 4.2e-5: "42.0 µs", 0.0123: "12.3 ms", 0.9999: "1.00 s", 123.4: "123 s",
	} {
		if got := short(v); got != want {
			t.Errorf("short(%g) is %q, want %q", v, got, want)
		}
	}
}

func TestRoundUp(t *testing.T) {
	for v, want := range map[float64]int{0: 1, 1: 1, 1.5: 2, 3: 5, 5.1: 10, 1234: 2000, 1e12: 1e9} {
		if got := roundUp(v); got != want {
			t.Errorf("roundUp(%g) is %d, want %d", v, got, want)
		}
	}
}

func TestUsageText(t *testing.T) {
	for want, u := range map[string]worker.Usage{
		"wall 1.50 s, CPU 3.00 s (2.00 CPUs), allocated 1.50 KiB in 3 objects, 2 garbage collections\n": {
			Wall: 1500 * time.Millisecond, CPU: 3 * time.Second, Bytes: 1536, Objects: 3, GCs: 2},
		"wall 100 ns, CPU 200 ns, allocated nothing\n":          {Wall: 100, CPU: 200},
		"wall 100 ns, CPU 0.00 ns, allocated 8 B in 1 object\n": {Wall: 100, Bytes: 8, Objects: 1},
	} {
		if got := usageText(&u); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestTimeitText(t *testing.T) {
	u := &worker.Usage{Samples: []time.Duration{100, 110, 90, 100, 105, 95, 100}, Objects: 70, Bytes: 560}
	want := "median 10.0 ns, 95 % interval 9.00 ns to 11.0 ns (7 samples of 10)\neach allocates 8 B in 1 object\n"
	if got := timeitText(u, 10); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	u.Samples = u.Samples[:3]
	if got := timeitText(u, 10); got[:len("median 10.0 ns, too few samples")] != "median 10.0 ns, too few samples" {
		t.Errorf("three samples give %q", got)
	}
}
