package compile

import (
	gover "go/version"
	"runtime"
	"strings"
	"testing"
)

// A feature that the language of the module is too old for: the fault says who decides that, and how to change it.
func TestCure(t *testing.T) {
	for _, c := range []struct {
		language      Language
		message, want string
	}{
		{Language{"go1.21", "/m/go.mod"}, "cannot range over 3 (untyped int constant): requires go1.22 or later", "; /m/go.mod says go 1.21: run ! go mod edit -go=1.22 in a cell, then restart the kernel"},
		{Language{"go1.21", "/m/go.work"}, "x requires go1.22 or later (file declares //go:build go1.21)", "; /m/go.work says go 1.21: run ! go work edit -go=1.22 in a cell, then restart the kernel"},
		{Language{"go1.21", ""}, "x requires go1.22 or later", ""},
		{Language{"go1.21", "/m/go.mod"}, "x requires go1.99 or later", ""}, // which this Go does not have
		{Language{"go1.21", "/m/go.mod"}, "undefined: requires", ""},
	} {
		if got := c.language.cure(c.message); got != c.message+c.want {
			t.Errorf("%s", got)
		}
	}
}

func TestOldLanguage(t *testing.T) {
	m, err := exports()
	if err != nil {
		t.Fatal(err)
	}
	s := &session{t, NewChecker(listed(m), Language{"go1.21", "/m/go.mod"}), NewState()}
	_, diags := s.run("for i := range 3 { _ = i }")
	if len(diags) != 1 || !strings.HasSuffix(diags[0].Message, "; /m/go.mod says go 1.21: run ! go mod edit -go=1.22 in a cell, then restart the kernel") {
		t.Errorf("%+v", diags)
	}
}

// What an older release cannot do is told from mistakes, which have the same words.
func TestNewerFeatures(t *testing.T) {
	old := gover.Compare(gover.Lang(runtime.Version()), "go1.27") < 0
	const setup = "type In struct{ a int; B string }\ntype Out struct{ In; c int }\nfunc id[T any](v T) T { return v }\n"
	for code, feature := range map[string]string{
		"Out{a: 1}":                                 "a promoted field",
		"[]Out{{B: \"x\", c: 1}}":                   "a promoted field",
		"func() Out { return Out{a: 2} }()":         "a promoted field",
		"[]func(int) int{id}":                       "type arguments",
		"map[string]func(int) int{\"x\": id}":       "type arguments",
		"[1]func(int) int{0: id}":                   "type arguments",
		"struct{ f func(int) int }{f: id}":          "type arguments",
		"struct{ f func(int) int }{id}":             "type arguments",
		"(func(int) int)(id)(1)":                    "type arguments",
		"c := make(chan func(int) int, 1)\nc <- id": "type arguments",
	} {
		s := &session{t, newChecker(t), NewState()}
		_, diags := s.run(setup + code)
		switch {
		case !old && len(diags) > 0:
			t.Errorf("%s: %+v", code, diags)
		case old && (len(diags) != 1 || !strings.Contains(diags[0].Message, feature) || !strings.Contains(diags[0].Message, "needs Go 1.27, and this is Go 1.26")):
			t.Errorf("%s: %+v", code, diags)
		}
	}
	for _, code := range []string{"Out{z: 1}", "Out{String: 1}", "[]any{id}", "any(id)", "x := id\n_ = x"} {
		s := &session{t, newChecker(t), NewState()}
		_, diags := s.run(setup + "func (Out) String() string { return \"\" }\n" + code)
		if len(diags) == 0 || strings.Contains(diags[0].Message, "needs Go") {
			t.Errorf("%s: %+v", code, diags)
		}
	}
}
