package python

import (
	_ "embed"
	"strings"
)

//go:embed requirements/lab.txt
var labPins string

//go:embed requirements/test.txt
var testPins string

// Set names what an environment holds.
type Set string

const (
	Lab  Set = "lab"  // JupyterLab, nbconvert, nbclient, jupyter console, python-pptx; numpy, requests, aiohttp for lessons/kit/python
	Test Set = "test" // Lab and what the tests need besides: papermill, jupyter_kernel_test, ...
)

func (s Set) files() map[string]string {
	m := map[string]string{"lab.txt": labPins}
	if s == Test {
		m["test.txt"] = testPins
	}
	return m
}

// packages counts the distinct packages pip will install on Linux, for progress: markers on the Python
// version only choose between pins of one name.
func (s Set) packages() int {
	names := map[string]bool{}
	for _, text := range s.files() {
		for line := range strings.Lines(text) {
			name, rest, ok := strings.Cut(line, "==")
			if !ok || strings.HasPrefix(line, " ") || strings.HasPrefix(line, "#") {
				continue
			}
			if strings.Contains(rest, "== 'win32'") || strings.Contains(rest, "== 'nt'") ||
				strings.Contains(rest, "== 'darwin'") || strings.Contains(rest, "< '3.1") {
				continue
			}
			names[name] = true
		}
	}
	return len(names)
}
