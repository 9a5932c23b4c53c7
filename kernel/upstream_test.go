package main

import (
	"bytes"
	"encoding/json"
	"image"
	"image/jpeg"
	"image/png"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"interleave/kernel/internal/notebook"
)

// upstream are notebooks of the shape of gophernotes's examples, and for each code cell parts of what it shows.
var upstream = map[string][][]string{
	"worker-pools": {
		nil, nil, nil, {"..."}, {"..."}, {"..."}, {`"text/plain":"90"`},
	},
	"matrix-operations": {
		nil, nil, {`a = ⎡1  2⎤\n    ⎣3  4⎦`}, {`a + b = ⎡ 6   8⎤`}, {`a * b = ⎡19  22⎤`}, {`a^3 = ⎡ 37   54⎤`}, {`sqrt(a) = ⎡    1  1.414⎤`}, {`-2`},
	},
	"display": {
		nil, {`"image/png":"iVBOR`, "execute_result"}, {`"image/png":"iVBOR`, "display_data"}, nil, {`"image/png":"iVBOR`, "display_data", "execute_result"},
		{`"image/svg+xml":"<svg`}, {`"application/pdf":"JVBERi0`}, {`"text/html":"<ul><li>one`}, {`"text/markdown":"* one`}, {`"text/latex":"$$e^{i\\pi} + 1 = 0$$"`},
		{`"text/latex":"$\\frac{1}{2}$"`}, {`"application/javascript":"1 + 1"`}, {`"application/json":{"a":1,"b":[2,3]}`}, {`"text/html":"<b>both</b>"`, `"text/plain":"both"`},
		{`"text/html":"<i>any</i>"`}, {`"text/html":"<h1>renders itself</h1>"`}, nil, nil, {`"image/png":"iVBOR`},
	},
}

// TestUpstream runs them unchanged on both ways to link. What they download comes from a stub.
func TestUpstream(t *testing.T) {
	stub := httptest.NewServer(http.HandlerFunc(serveUpstream))
	defer stub.Close()
	t.Setenv("HTTP_PROXY", stub.URL)
	for _, mode := range []string{"thin", "thick"} {
		for name, want := range upstream {
			t.Run(mode+"/"+name, func(t *testing.T) {
				t.Setenv("INTERLEAVE_LINK", mode)
				out := filepath.Join(t.TempDir(), "out.ipynb")
				status, stdout, stderr := command("run", "--output", out, filepath.Join("testdata", "upstream-"+name+".ipynb"))
				if status != 0 {
					t.Fatalf("exit status %d\n%s%s", status, stdout, stderr)
				}
				nb, err := notebook.Read(out)
				if err != nil {
					t.Fatal(err)
				}
				checkOutputs(t, nb, want)
			})
		}
	}
}

func checkOutputs(t *testing.T, nb *notebook.Notebook, want [][]string) {
	t.Helper()
	i := 0
	for _, c := range nb.Cells {
		if c.Type() != "code" {
			continue
		}
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(c.Outputs()); err != nil {
			t.Fatal(err)
		}
		if i == len(want) {
			t.Fatalf("the notebook has more than %d code cells", i)
		}
		if len(want[i]) == 0 && len(c.Outputs()) > 0 {
			t.Errorf("code cell %d shows %s, want nothing", i+1, b.String())
		}
		for _, w := range want[i] {
			if w != "..." && !strings.Contains(b.String(), w) {
				t.Errorf("code cell %d shows %.500s, want %s", i+1, b.String(), w)
			}
		}
		i++
	}
	if i != len(want) {
		t.Errorf("%d code cells, want %d", i, len(want))
	}
}

// serveUpstream answers what the notebooks ask of sites that a test must not need.
func serveUpstream(w http.ResponseWriter, r *http.Request) {
	img := image.NewGray(image.Rect(0, 0, 4, 3))
	switch r.URL.Path {
	case "/logo.png":
		png.Encode(w, img)
	case "/photo.jpeg":
		jpeg.Encode(w, img, nil)
	case "/plain.svg":
		w.Write([]byte(`<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>`))
	case "/paper.pdf":
		w.Write([]byte("%PDF-1.4\n%%EOF\n"))
	default:
		http.NotFound(w, r)
	}
}
