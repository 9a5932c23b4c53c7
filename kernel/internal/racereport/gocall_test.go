package racereport

import (
	"slices"
	"strings"
	"testing"
)

func TestGoCalls(t *testing.T) {
	const source = "%%race\nfunc work() { n++ }\nvar wg sync.WaitGroup\nwg.Go(func() {\n\tn++\n})\nwg.Go(work)\nfor range 2 { g.Go(func() error { return t.run() }) }\ng.Go(t.run)\ng.Go(u.run)\nsetup := func() {\n\tn++\n}\nwg.Go(setup)\nwg.Go(setup)\nvar other = func() { m++ }"
	for name, tt := range map[string]struct {
		line int
		fn   string
		want []int
	}{
		"literal":       {5, "main.main.func1", []int{4}},
		"on one line":   {8, "main.main.func2", []int{8}},
		"named":         {2, "main.work", []int{7}},
		"two of a name": {2, "main.(*T).run", []int{9, 10}},
		"in a variable": {12, "main.main.func4", []int{14, 15}},
		"never started": {16, "main.main.func5", nil},
		"elsewhere":     {3, "main.main.func3", nil},
	} {
		if got := GoCalls(source, tt.line, tt.fn); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got lines %v, want %v", name, got, tt.want)
		}
	}
}

// FuzzGoCalls: no cell and no name may end the kernel, and lines that are found are lines of the cell.
func FuzzGoCalls(f *testing.F) {
	f.Add("wg.Go(func() {\n\tn++\n})\nwg.Go(work)", 2, "main.main.func1")
	f.Add("for range 2 { g.Go(func() error { return t.run() }) }\ng.Go(t.run)", 1, "main.(*T).run")
	f.Add("var other = func() { m++", 1, "main.main.func0")
	f.Fuzz(func(t *testing.T, source string, line int, fn string) {
		lines := strings.Count(source, "\n") + 1
		for _, at := range GoCalls(source, line, fn) {
			if at < 1 || at > lines {
				t.Errorf("line %d of %d", at, lines)
			}
		}
	})
}
