package racereport

import "testing"

func TestGoCall(t *testing.T) {
	const source = "%%race\nfunc work() { n++ }\nvar wg sync.WaitGroup\nwg.Go(func() {\n\tn++\n})\nwg.Go(work)\nfor range 2 { g.Go(func() error { return t.run() }) }\ng.Go(t.run)\ng.Go(u.run)"
	for name, tt := range map[string]struct {
		line int
		fn   string
		want int
	}{
		"literal":       {5, "main.main.func1", 4},
		"on one line":   {8, "main.main.func2", 8},
		"named":         {2, "main.work", 7},
		"two of a name": {2, "main.(*T).run", 0},
		"elsewhere":     {3, "main.main.func3", 0},
	} {
		if got := GoCall(source, tt.line, tt.fn); got != tt.want {
			t.Errorf("%s: got line %d, want %d", name, got, tt.want)
		}
	}
}
