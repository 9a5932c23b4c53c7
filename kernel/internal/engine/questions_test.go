package engine

import (
	"slices"
	"testing"

	"interleave/kernel/internal/session"
)

func TestCommandCompletion(t *testing.T) {
	e := &Engine{opened: make(chan struct{})} // it completes commands before anything is open
	for _, c := range []struct {
		code  string
		start int
		want  []string
	}{
		{"%cd", 0, []string{"%cd"}},
		{"%ba", 0, []string{"%%bash"}},
		{"%%writ", 0, []string{"%%writefile"}},
		{"x := 1\n  %vers", 9, []string{"%version"}},
		{"%nosuch", 0, nil},
		{"a %vers", 7, nil},
		{"!ls %vers", 4, nil},
	} {
		got := e.Complete(t.Context(), c.code, len(c.code))
		var names []string
		for _, m := range got.Matches {
			names = append(names, m.Text)
		}
		if !slices.Equal(names, c.want) || got.Start != c.start || got.End != len(c.code) {
			t.Errorf("%q: %q from %d to %d", c.code, names, got.Start, got.End)
		}
	}
}

var _ session.Engine = (*Engine)(nil)

func TestCommandIsComplete(t *testing.T) {
	e := &Engine{}
	for code, want := range map[string]string{
		"%cd /tmp":                       "complete",
		"!echo \"it's":                   "complete",
		"!echo a \\":                     "incomplete",
		"!echo a \\\n b":                 "complete",
		"%%bash\nfor i in 1; do":         "incomplete",
		"%%bash\nif true; then ls; fi\n": "complete",
		"%%file x.txt\n}}}":              "incomplete",
		"%%file x.txt\n}}}\n":            "complete",
		"%vars\nfor {":                   "incomplete",
		"%vars\nx := 1":                  "complete",
	} {
		if got, _ := e.IsComplete(code); got != want {
			t.Errorf("%q is %s, want %s", code, got, want)
		}
	}
}
