package cell

import (
	"slices"
	"testing"
)

func TestQuestions(t *testing.T) {
	for _, c := range []struct {
		code, rest string
		names      []string
	}{
		{"x?", "  ", []string{"x"}},
		{"?strings.ToUpper", "                ", []string{"strings.ToUpper"}},
		{"x := 1\r\nx ??;\r\n", "x := 1\r\n     \r\n", []string{"x"}},
		{"?x\ny\n?? y", "  \ny\n    ", []string{"x", "y"}},
		{"s := `\nx?\n`", "s := `\nx?\n`", nil},
		{"/*\nx?\n*/", "/*\nx?\n*/", nil},
		{"f(\nx?\n)", "f(\nx?\n)", nil},
		{"x? // a comment", "x? // a comment", nil},
		{"a ? b : c", "a ? b : c", nil},
	} {
		rest, names := Questions(c.code)
		if rest != c.rest || !slices.Equal(names, c.names) {
			t.Errorf("%q: got %q and %q, want %q and %q", c.code, rest, names, c.rest, c.names)
		}
	}
}
