package magic

import (
	"reflect"
	"strings"
	"testing"
)

func TestSplitWords(t *testing.T) {
	for line, want := range map[string][]string{
		"":                           nil,
		"  a  b ":                    {"a", "b"},
		`"a b" 'c "d"' e\ f`:         {"a b", `c "d"`, "e f"},
		`-ldflags="-s -w" x`:         {"-ldflags=-s -w", "x"},
		`a // a comment "unclosed`:   {"a"},
		`http://x "//no comment" ''`: {"http://x", "//no comment", ""},
		`"a\"b" 'a\b'`:               {`a"b`, `a\b`},
	} {
		got, err := splitWords(line)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %q, %v, want %q", line, got, err, want)
		}
	}
	for _, line := range []string{`"open`, `'open`, `end\`} {
		if got, err := splitWords(line); err == nil {
			t.Errorf("%s: got %q, want an error", line, got)
		}
	}
}

func FuzzSplitWords(f *testing.F) {
	f.Add(`-a "b c" 'd' \e // f`)
	f.Fuzz(func(t *testing.T, line string) {
		words, err := splitWords(line)
		if err == nil && len(strings.Join(words, "")) > len(line) {
			t.Errorf("%q grew to %q", line, words)
		}
	})
}

func TestProgramFlags(t *testing.T) {
	p, err := programFlags("%%program", `-race -timeout 2s --procs=1 -env "A=b c" -env D= -ldflags '-X main.v=1' -- -x y`)
	if err != nil {
		t.Fatal(err)
	}
	if !p.race || p.timeout.String() != "2s" || p.ldflags != "-X main.v=1" || !reflect.DeepEqual(p.env, []string{"GOMAXPROCS=1", "A=b c", "D="}) || !reflect.DeepEqual(p.args, []string{"-x", "y"}) {
		t.Errorf("got %+v", p)
	}
	for line, want := range map[string]string{
		"-tiemout 1s":   "%%program has no flag -tiemout: did you mean %%program -timeout 10s?",
		"-quiet":        "%%program has no flag -quiet: it has -race",
		"-timeout":      "%%program: -timeout needs a value: for example %%program -timeout 10s",
		"-timeout soon": `%%program: -timeout "soon"`,
		"-timeout -1s":  "longer than nothing",
		"-procs 0":      "a whole number from 1 on",
		"-env X":        "for example %%program -env NAME=VALUE",
		"-race=yes":     "%%program: -race takes no value",
		`"open`:         `%%program: the quote " is never closed`,
	} {
		if _, err := programFlags("%%program", line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", line, err, want)
		}
	}
}

// TestProgramForARelease: what counts of a //go:build line is the Go that compiles the program, not the one that built the kernel.
func TestProgramForARelease(t *testing.T) {
	for version, runs := range map[string][2]bool{"go1.26.8": {false, true}, "go1.27.4": {true, false}, "go1.27rc1": {true, false}, "go1.28.1 X:simd": {true, false}} {
		for i, tag := range []string{"go1.27", "!go1.27"} {
			why := (&programOptions{}).elsewhere([]byte("//go:build "+tag+"\n\npackage main\n"), version)
			if runs[i] != (why == "") || why != "" && !strings.Contains(why, "with "+version) {
				t.Errorf("%s with %s: %q", tag, version, why)
			}
		}
	}
}
