package cell

import (
	"fmt"
	"strings"
	"testing"
)

func TestPortable(t *testing.T) {
	for name, c := range map[string]struct{ program, left, gone, kept string }{
		"nothing to leave out": {"package main\nfunc main() {}", "map[]", "", "func main() {}"},
		"what uses C, by others too": {`package main
// int one(void);
import "C"
import "fmt"
type p struct{ x int }
func (p) plain() int { return 1 }
func (p) c() int { return int(C.one()) }
type w struct{ n C.int }
func (w) m() {}
func twice() int { return int(C.one()) }
func callsMethod(v p) int { return v.c() }
var n, m = 1, twice()
const k = 3
func pure() { fmt.Println(k) }
func main() { pure(); twice() }
`, "map[C:[c m callsMethod m main n twice w]]", `"C"|type w|C.one|callsMethod|var n|func main`, `import "fmt"|type p|plain|const k|pure`},
		"groups": {`package main
import (
	"fmt"
	"C"
)
type (
	a C.int
	b int
)
const (
	x = iota
	y = C.Y
)
var (
	u = x
	v = "v"
)
func main() { fmt.Println() }
`, "map[C:[a u x y]]", `"C"|C.int|iota|u = x`, `"fmt"|b int|v = "v"|func main`},
		"embedded files": {`package main
import _ "embed"
//go:embed a.txt
var text string
var (
	//go:embed b.txt
	more []byte
	size = len(text)
	other = 1
)
func main() {}
`, "map[files:[more size text]]", "var text|more|size|//go:embed", `import _ "embed"|other = 1|func main`},
	} {
		t.Run(name, func(t *testing.T) {
			code, left := Portable(c.program)
			if got := fmt.Sprint(left); got != c.left {
				t.Errorf("left out %s, want %s", got, c.left)
			}
			if len(code) != len(c.program) || strings.Count(code, "\n") != strings.Count(c.program, "\n") {
				t.Errorf("the code has moved: %q", code)
			}
			for part := range strings.SplitSeq(c.gone, "|") {
				if part != "" && strings.Contains(code, part) {
					t.Errorf("%q is still there:\n%s", part, code)
				}
			}
			for part := range strings.SplitSeq(c.kept, "|") {
				if !strings.Contains(code, part) {
					t.Errorf("%q is gone:\n%s", part, code)
				}
			}
		})
	}
}
