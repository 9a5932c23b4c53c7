package spell

import "testing"

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"same", "same", 0},
		{"kitten", "sitting", 3}, {"Printn", "Println", 1}, {"Prinln", "Println", 1}, {"Printlnn", "Println", 1},
		{"Pritnln", "Println", 1}, {"ab", "ba", 1}, {"abcd", "badc", 2},
		{"ca", "abc", 3}, // what is swapped stays where it is
	} {
		if got, back := Distance(c.a, c.b), Distance(c.b, c.a); got != c.want || back != c.want {
			t.Errorf("%q and %q: %d and %d, want %d", c.a, c.b, got, back, c.want)
		}
	}
}
