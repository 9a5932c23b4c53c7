package racereport

import "testing"

// Each iteration of a loop has variables of its own, so a line that holds both the loop and what its goroutines do
// races on something else.
func TestVariableOfALoop(t *testing.T) {
	for name, tt := range map[string]struct{ source, want string }{
		"range over int": {"for i := range 4 { wg.Go(func() { total += i }) }", "total"},
		"range":          {"for i, x := range xs { go func() { sums[0] += x * i }() }", "sums[0]"},
		"three clauses":  {"for i := 0; i < 4; i++ { go func() { total += i }() }", "total"},
		"no loop":        {"i := 0; go func() { i++ }(); i++", "i"},
		"shared":         {"for i = range 4 { go func() { fmt.Println(i) }() }", "i"},
		"while":          {"for ; i < 4; i++ { go func() { fmt.Println(i) }() }", "i"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, second := range []bool{true, false} {
				if got, kind := Variable(Site{tt.source, 1, true, false}, Site{tt.source, 1, second, false}, ""); got != tt.want {
					t.Errorf("got %q (%s), want %q", got, kind, tt.want)
				}
			}
		})
	}
}
