package engine

import (
	"fmt"
	"testing"
)

// FuzzMemory: what is an amount of memory is one, and says so when it is written again.
func FuzzMemory(f *testing.F) {
	for _, s := range []string{"", "2GiB", "500MB", "1073741824", "none", "-1", "1.5g", "0", "1e9", "9999999999999999GiB", ".", "5 kb", "\xff", "5İ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseMemory(s)
		if err == nil && n < -1 {
			t.Errorf("%q is %d", s, n)
		}
		if again, err2 := ParseMemory(fmt.Sprint(n)); err == nil && n > 0 && (err2 != nil || float64(again)/float64(n) > 1.0001 || float64(again)/float64(n) < 0.9999) {
			t.Errorf("%q is %d, and that is %d, %v", s, n, again, err2)
		}
	})
}
