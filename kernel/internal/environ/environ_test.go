package environ

import "testing"

func TestExpand(t *testing.T) {
	env := []string{"A=1", "B=2", "A=3"}
	for in, want := range map[string]string{"$A:${B}": "3:2", "$C and ${C}": "$C and ${C}", "5$": "5$", "plain": "plain"} {
		if got := Expand(in, env); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
