package engine_test

import (
	"regexp"
	"strings"
	"testing"
)

// What it takes to show a value is not what its computation takes.
func TestTimeWithoutShowing(t *testing.T) {
	wall := regexp.MustCompile(`wall [\d.]+ (ns|µs|ms),`)
	onBothWays(t, func(t *testing.T, mode string) {
		k := start(mode)(t)
		runCell(t, k, "type slow struct{}\nfunc (slow) String() string { time.Sleep(2 * time.Second); return \"slow\" }")
		for _, code := range []string{"%time slow{}", "%%time\nslow{}"} {
			if got := runCell(t, k, code); !strings.Contains(got, "result: slow") || !wall.MatchString(got) {
				t.Errorf("%s\n%s", code, got)
			}
		}
	})
}
