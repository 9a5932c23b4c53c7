package pace_test

import (
	"testing"

	"interleave/lessons/kit/pace"
)

func TestPace(t *testing.T) {
	for _, c := range []struct {
		fast           string
		pick, ten, six int
	}{{"", 1000, 10, 6}, {"1", 10, 6, 6}, {"0", 1000, 10, 6}} {
		t.Setenv("FAST", c.fast)
		if got := pace.Pick(1000, 10); got != c.pick {
			t.Errorf("FAST=%q: picked %d", c.fast, got)
		}
		if got := pace.Runs(10); got != c.ten {
			t.Errorf("FAST=%q: %d runs of 10", c.fast, got)
		}
		if got := pace.Runs(3); got != c.six {
			t.Errorf("FAST=%q: %d runs of 3", c.fast, got)
		}
	}
}
