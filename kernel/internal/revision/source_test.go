package revision

import (
	"strings"
	"testing"
)

// A file imports revisions where it imported the packages, in whatever way, and its lines keep their numbers; a string elsewhere stays.
func TestRewrite(t *testing.T) {
	next := map[string]string{"m/p": Path("m/p", 2), "m/q": Path("m/q", 3)}
	for text, want := range map[string]string{
		"package a\n\nimport \"m/p\"\nimport x `m/q` // why\n\nvar s = \"m/p\"\n":                            "package a\n\nimport \"m/p/revision+2\"\nimport x \"m/q/revision+3\" // why\n\nvar s = \"m/p\"\n",
		"package a\nimport (\n\t_ \"m/p\"\n\t. \"m/q\"; \"m/p/sub\"\n)\nvar _ = 1\nfunc f() { var v int }\n": "package a\nimport (\n\t_ \"m/p/revision+2\"\n\t. \"m/q/revision+3\"; \"m/p/sub\"\n)\nvar _ = 1\nfunc f() { var v int }\n",
		"package a\nimport \"m/p\"\nfunc broken( {":                                                          "package a\nimport \"m/p/revision+2\"\nfunc broken( {",
		"not Go": "not Go",
	} {
		got, variables := Rewrite([]byte(text), next)
		if string(got) != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		if variables != strings.Contains(text, "var s") {
			t.Errorf("%q: variables of the package: %t", text, variables)
		}
	}
}

func TestHasInit(t *testing.T) {
	for text, want := range map[string]bool{
		"package p\n\nfunc init() {}\n": true, "package p\n\ntype T int\n\nfunc (T) init() {}\n\nvar x = 1\n": false, "package p\nfunc init( {": false,
	} {
		if HasInit([]byte(text)) != want {
			t.Errorf("%q: %t", text, !want)
		}
	}
}
