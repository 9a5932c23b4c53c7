package address

import "testing"

const cell = "0123456789ab"

func TestAddress(t *testing.T) {
	for got, want := range map[string]string{
		File(cell):             "/In/0123456789ab",
		Line(cell, 7):          "/In/0123456789ab:7",
		Directive(cell, 7):     "//line /In/0123456789ab:7",
		Cell(File(cell)):       cell,
		Cell("/a/In/" + cell):  cell,
		Cell(File(cell) + "c"): "",
		Cell("/In/main.go"):    "",
		Cell("/usr/lib/x.go"):  "",
		Cell(""):               "",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestReadDirective(t *testing.T) {
	for text, want := range map[string]string{
		Directive(cell, 7):        File(cell) + " 7",
		Directive(cell, 7) + ":1": File(cell) + " 7",
		"//line main.go:7":        " ",
		Directive(cell, 7) + " x": " ",
	} {
		file, line, ok := ReadDirective(text)
		if file+" "+line != want || ok != (want != " ") {
			t.Errorf("%q is %q, %q, %v", text, file, line, ok)
		}
	}
}
