package notebook

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"interleave/kernel/internal/python"
)

// TestCanonical compares with the bytes of Python's nbformat.write.
func TestCanonical(t *testing.T) {
	files, err := filepath.Glob("testdata/*.ipynb")
	if err != nil || len(files) == 0 {
		t.Fatalf("no notebooks in testdata (%v)", err)
	}
	committed, err := filepath.Glob("../../../notebooks/*.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, committed...)
	env, err := python.Open(t.Context(), python.Options{Set: python.Test})
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			nb, err := Read(file)
			if err != nil {
				t.Fatal(err)
			}
			got := filepath.Join(t.TempDir(), "got.ipynb")
			if err := nb.Write(got); err != nil {
				t.Fatal(err)
			}
			want := filepath.Join(t.TempDir(), "want.ipynb")
			const script = "import sys, nbformat; nbformat.write(nbformat.read(sys.argv[1], 4), sys.argv[2])"
			out, err := exec.Command(env.Program("python"), "-W", "ignore", "-c", script, file, want).CombinedOutput()
			if err != nil {
				t.Fatalf("nbformat: %v\n%s", err, out)
			}
			same(t, got, want)
			again, err := Read(got)
			if err != nil {
				t.Fatal(err)
			}
			text, err := again.Bytes()
			if first, _ := os.ReadFile(got); err != nil || !bytes.Equal(text, first) {
				t.Errorf("written twice, it differs (%v)", err)
			}
		})
	}
}

func same(t *testing.T, got, want string) {
	t.Helper()
	g, err := os.ReadFile(got)
	if err != nil {
		t.Fatal(err)
	}
	w, err := os.ReadFile(want)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(g, w) {
		return
	}
	gl, wl := strings.Split(string(g), "\n"), strings.Split(string(w), "\n")
	for i := range min(len(gl), len(wl)) {
		if gl[i] != wl[i] {
			t.Fatalf("line %d is\n%q, Python's is\n%q", i+1, gl[i], wl[i])
		}
	}
	t.Fatalf("%d lines, Python's has %d", len(gl), len(wl))
}

func TestPythonFloat(t *testing.T) {
	for f, want := range map[float64]string{
		1: "1.0", 0.1: "0.1", 1e22: "1e+22", 1e16: "1e+16", 1e15: "1000000000000000.0", 0.0001: "0.0001", 0.00001: "1e-05",
		1.5e300: "1.5e+300", -2.5: "-2.5", 123456789.125: "123456789.125", 0: "0.0",
	} {
		if got := pythonFloat(f); got != want {
			t.Errorf("pythonFloat(%g) = %s, want %s", f, got, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"empty":       ``,
		"not JSON":    `{`,
		"list":        `[]`,
		"old format":  `{"nbformat":3,"worksheets":[]}`,
		"no cells":    `{"nbformat":4,"metadata":{}}`,
		"no metadata": `{"nbformat":4,"cells":[]}`,
		"cell type":   `{"nbformat":4,"metadata":{},"cells":[{}]}`,
		"source":      `{"nbformat":4,"metadata":{},"cells":[{"cell_type":"code","metadata":{},"source":[1]}]}`,
		"outputs":     `{"nbformat":4,"metadata":{},"cells":[{"cell_type":"code","metadata":{},"source":""}]}`,
		"output":      `{"nbformat":4,"metadata":{},"cells":[{"cell_type":"code","metadata":{},"source":"","outputs":[1]}]}`,
		"two values":  `{"nbformat":4,"metadata":{},"cells":[]} {}`,
	} {
		var bad *FormatError
		if nb, err := Parse([]byte(text)); !errors.As(err, &bad) {
			t.Errorf("%s: %v, %v; want a FormatError", name, nb, err)
		}
	}
}

func TestStream(t *testing.T) {
	for _, c := range []struct {
		in   []string
		want string
	}{
		{[]string{"a\n", "b"}, "a\nb"},
		{[]string{"10%\r20%\r", "30%"}, "30%"},
		{[]string{"abcdef\rxyz", "w"}, "xyzwef"},
		{[]string{"done\r\n", "next"}, "done\nnext"},
		{[]string{"ab\bc\b\b\b\bd"}, "d"},
		{[]string{"é\rü\n日本\b\n"}, "ü\n日\n"},
		{nil, ""},
	} {
		var s stream
		for _, text := range c.in {
			s.add(text)
		}
		if got := s.String(); got != c.want {
			t.Errorf("%q shows %q, want %q", c.in, got, c.want)
		}
	}
}

func TestFillIDs(t *testing.T) {
	parse := func(minor string) *Notebook {
		nb, err := Parse([]byte(`{"nbformat":4,"nbformat_minor":` + minor + `,"metadata":{},"cells":[
			{"cell_type":"raw","metadata":{},"source":"x"},{"cell_type":"raw","metadata":{},"source":"x"},{"cell_type":"raw","id":"own","metadata":{},"source":"x"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		nb.FillIDs()
		return nb
	}
	ids := func(nb *Notebook) (ids []string) {
		for _, c := range nb.Cells {
			ids = append(ids, c.ID())
		}
		return ids
	}
	a, b := ids(parse("5")), ids(parse("5"))
	if !reflect.DeepEqual(a, b) || a[0] == a[1] || a[0] == "" || a[2] != "own" {
		t.Errorf("ids %q, then %q", a, b)
	}
	if old := ids(parse("4")); old[0] != "" {
		t.Errorf("ids in format 4.4: %q", old)
	}
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.ipynb")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		nb, err := Parse(text)
		if err != nil {
			return
		}
		once, err := nb.Bytes()
		if err != nil {
			return // a number too large for Python
		}
		again, err := Parse(once)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, once)
		}
		twice, err := again.Bytes()
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("written twice, it differs (%v)\n%s\n%s", err, once, twice)
		}
	})
}
