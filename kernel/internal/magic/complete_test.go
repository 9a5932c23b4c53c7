package magic

import (
	"testing"

	"interleave/kernel/internal/cell"
)

func TestBelow(t *testing.T) {
	for source, want := range map[string]string{
		"%%bash":                   "",
		"%%bash\n":                 "",
		"%%bash\n a\nb":            " a\nb",
		"// c\n%%bash a \\\n b\nc": "c",
	} {
		list, _ := cell.Directives(source)
		if got := below(source, list[0]); got != want {
			t.Errorf("%q: %q, want %q", source, got, want)
		}
	}
}
