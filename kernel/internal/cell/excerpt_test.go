package cell

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestExcerpt(t *testing.T) {
	if part, at := Excerpt("x := y", 6); part != "x := y" || at != 6 {
		t.Errorf("a short line became %q, %d", part, at)
	}
	for _, fill := range []string{"b", "ü", "界"} {
		line := strings.Repeat(fill, 300) + "WRONG" + strings.Repeat(fill, 300)
		for _, want := range []struct {
			column int
			text   string
		}{{1, fill}, {1 + 300*len(fill), "WRONG"}, {6 + 300*len(fill), fill}, {1 + 599*len(fill) + 5, fill}} {
			part, at := Excerpt(line, want.column)
			if !utf8.ValidString(part) || len(part) > widest+4*len("…") || !strings.HasPrefix(part[at-1:], want.text) {
				t.Errorf("column %d of a line of %s: %q, %d", want.column, fill, part, at)
			}
			first, last := want.column == 1, want.column == 1+599*len(fill)+5
			if strings.HasPrefix(part, "…") == first || strings.HasSuffix(part, "…") == last {
				t.Errorf("column %d of a line of %s: %q does not say where it was cut", want.column, fill, part)
			}
		}
	}
}

func TestByteOrderMark(t *testing.T) {
	list, code := Directives("\ufeff%time f()\nx := 1")
	if len(list) != 1 || list[0].Name != "time" || list[0].Offset != len("\ufeff") || strings.TrimSpace(code) != "x := 1" {
		t.Errorf("%+v, %q", list, code)
	}
	source := "\ufeffx := 1"
	_, code = Directives(source)
	if syn, errs := Parse(NewText(source), code); len(errs) > 0 || len(syn.Stmts) != 1 || syn.Offset(syn.Stmts[0].Pos()) != len("\ufeff") {
		t.Errorf("%v", errs)
	}
}
