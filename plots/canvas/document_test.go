package canvas_test

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/ledongthuc/pdf"
	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"interleave/plots/canvas"
	"interleave/plots/letters"
)

const testFonts = "../letters/testdata/fonts"

var cache = font.NewCache(liberation.Collection())

func sans(weight xfont.Weight) font.Face {
	return cache.Lookup(font.Font{Typeface: "Liberation", Variant: "Sans", Weight: weight}, 12)
}

// write writes a canvas.
func write(t *testing.T, c io.WriterTo) []byte {
	t.Helper()
	var b bytes.Buffer
	n, err := c.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("%d bytes of %d: %v", n, b.Len(), err)
	}
	return b.Bytes()
}

// words are the texts of an SVG document, which must be well-formed.
func words(t *testing.T, svg []byte) (all []string) {
	t.Helper()
	within := ""
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%v in %.300s", err, svg)
		}
		switch x := token.(type) {
		case xml.StartElement:
			within = x.Name.Local
		case xml.EndElement:
			within = ""
		case xml.CharData:
			if within == "text" {
				all = append(all, string(x))
			}
		}
	}
}

// pages is the text of a PDF document whose fonts take the codes of letters, as they are in Unicode, for their own.
func pages(t *testing.T, b []byte) string {
	t.Helper()
	if r, err := pdf.NewReader(bytes.NewReader(b), int64(len(b))); err != nil || r.NumPage() != 1 {
		t.Fatalf("no document of one page: %v", err)
	}
	if !bytes.Contains(b, []byte("/ToUnicode")) || !bytes.Contains(b, []byte("<0000> <FFFF> <0000>")) {
		t.Error("the document does not say that its codes are Unicode's")
	}
	var all strings.Builder
	for _, stream := range bytes.Split(b, []byte("stream\n"))[1:] {
		r, err := zlib.NewReader(bytes.NewReader(stream))
		if err != nil {
			continue // no page
		}
		page, err := io.ReadAll(r)
		if err != nil {
			continue
		}
		for _, m := range shown.FindAllSubmatch(page, -1) {
			codes := escaped.ReplaceAllFunc(m[1], func(c []byte) []byte {
				if c[1] == 'r' {
					return []byte{'\r'}
				}
				return c[1:]
			})
			var units []uint16
			for i := 0; i+1 < len(codes); i += 2 {
				units = append(units, binary.BigEndian.Uint16(codes[i:]))
			}
			all.WriteString(string(utf16.Decode(units)))
		}
	}
	return all.String()
}

var (
	shown   = regexp.MustCompile(`(?s)\(((?:\\.|[^\\)])*)\) Tj`)
	escaped = regexp.MustCompile(`(?s)\\.`)
)

var face = regexp.MustCompile(`@font-face\{font-family:([^;]*);font-weight:([^;]*);font-style:([^;]*);src:url\(data:font/woff;base64,([^)]*)\) format\("woff"\)\}`)

// Text in a document is text: a line in one piece, whatever fonts it needs, with each of them embedded and named.
func TestSVGText(t *testing.T) {
	t.Setenv(letters.FoldersVariable, testFonts)
	c := canvas.NewSVG(width, height)
	lines := []string{"時間 (ms)", `a < b & "c"`, "AV Té λ→∞", "two  blanks", "#1F77B4 style=\"font-family:x;font-variant:y;font-weight:normal;font-style:normal"}
	for i, s := range lines {
		c.FillString(sans(xfont.WeightNormal), vg.Point{X: 10, Y: vg.Length(20 * i)}, s)
	}
	c.FillString(sans(xfont.WeightBold), vg.Point{X: 10, Y: 200}, "漢字 bold")
	c.FillString(sans(xfont.WeightBold), vg.Point{X: 10, Y: 220}, "  ")
	svg := write(t, c)
	if got := words(t, svg); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", append(lines, "漢字 bold")) {
		t.Errorf("the texts are %q", got)
	}
	if bytes.Contains(svg, []byte("<path")) {
		t.Error("there are shapes")
	}
	fonts := face.FindAllSubmatch(svg, -1)
	if len(fonts) != 4 { // two weights, in two fonts each
		t.Fatalf("%d fonts in %.2000s", len(fonts), svg)
	}
	names := map[string]bool{}
	for _, f := range fonts {
		b, err := base64.StdEncoding.DecodeString(string(f[4]))
		if err != nil || !bytes.HasPrefix(b, []byte("wOFF")) {
			t.Errorf("font %s: %.10q, %v", f[1], b, err)
		}
		names[string(f[1])] = true
	}
	if len(names) != 4 {
		t.Errorf("fonts share a name: %v", names)
	}
	for _, weight := range []string{"normal", "bold"} {
		var list []string
		for _, f := range fonts {
			if string(f[2]) == weight {
				list = append(list, string(f[1]))
			}
		}
		want := `style="font-family:` + strings.Join(append(list, "Liberation Sans", "Arial", "Helvetica", "sans-serif"), ",") + ";font-variant:none;font-weight:" + weight
		if !bytes.Contains(svg, []byte(want)) {
			t.Errorf("no text has %s", want)
		}
	}
	if len(svg) > 20_000 {
		t.Errorf("the document has %d bytes", len(svg))
	}
	t.Logf("%d bytes", len(svg))
}

// The fonts of two charts in one page do not get into each other's way; the same chart is the same document.
func TestSVGNames(t *testing.T) {
	document := func(s string) string {
		c := canvas.NewSVG(width, height)
		c.FillString(sans(xfont.WeightNormal), vg.Point{}, s)
		return string(write(t, c))
	}
	name := func(svg string) string { return face.FindStringSubmatch(svg)[1] }
	if a, b := document("abc"), document("abd"); name(a) == name(b) || a != document("abc") {
		t.Errorf("fonts are called %s and %s", name(a), name(b))
	}
}

// What no font has is left to the reader's fonts in SVG, and is a box in PDF and pictures. Each canvas names it.
func TestMissing(t *testing.T) {
	t.Setenv(letters.FoldersVariable, "")
	const s = "x 漢😀 ع\x01"
	svg, document, proof := canvas.NewSVG(width, height), canvas.NewPDF(width, height), new(canvas.Proof)
	pixels := canvas.New(image.NewRGBA(canvas.Bounds(width, height, dotsPerInch)), dotsPerInch)
	for name, c := range map[string]interface {
		vg.Canvas
		letters.Writer
	}{"SVG": svg, "PDF": document, "pixels": pixels, "proof": proof} {
		c.FillString(sans(xfont.WeightNormal), vg.Point{X: 100, Y: 100}, s)
		if got := string(c.Missing().Letters()); got != "漢😀ع" {
			t.Errorf("%s: missing are %q", name, got)
		}
	}
	if got := words(t, write(t, svg)); len(got) != 1 || got[0] != "x 漢😀 ع " {
		t.Errorf("the text is %q", got)
	}
	if got := pages(t, write(t, document)); strings.TrimSpace(got) != "x" {
		t.Errorf("the text is %q", got)
	}
	boxes := canvas.New(image.NewRGBA(canvas.Bounds(width, height, dotsPerInch)), dotsPerInch)
	boxes.FillString(sans(xfont.WeightNormal), vg.Point{X: 100, Y: 100}, "x □□ □ ")
	if share := differ(t, pixels.Image(), boxes.Image()); share != 0 {
		t.Errorf("%.2f %% of the pixels differ from boxes", 100*share)
	}
}

// Pictures show a letter of another font where the text has it.
func TestPixelsOfOtherFonts(t *testing.T) {
	t.Setenv(letters.FoldersVariable, testFonts)
	f := sans(xfont.WeightNormal)
	picture := func(s string, at vg.Length) image.Image {
		c := canvas.New(image.NewRGBA(canvas.Bounds(200, 40, dotsPerInch)), dotsPerInch)
		c.FillString(f, vg.Point{X: at, Y: 20}, s)
		return c.Image()
	}
	blank := picture("", 0)
	whole, first, second, third := picture("ab 時間 c", 10), picture("ab ", 10), picture("時間", 10+f.Width("ab ")), picture(" c", 10+f.Width("ab ")+24)
	sum := differ(t, first, blank) + differ(t, second, blank) + differ(t, third, blank)
	if got := differ(t, whole, blank); math.Abs(got-sum) > 0.02*sum || differ(t, second, blank) == 0 {
		t.Errorf("%.3f %% are drawn, its parts are %.3f %%", 100*got, 100*sum)
	}
}

// In PDF text is text too, in every alphabet, with kerning, turned and in colours.
func TestPDFText(t *testing.T) {
	t.Setenv(letters.FoldersVariable, testFonts)
	c := canvas.NewPDF(width, height)
	f := sans(xfont.WeightNormal)
	c.FillString(f, vg.Point{X: 10, Y: 20}, "時間 (ms)")
	c.FillString(f, vg.Point{X: 10, Y: 50}, "Tokyo AVATAR, Привет")
	c.Push()
	c.SetColor(color.NRGBA{200, 0, 0, 128})
	c.Rotate(1)
	c.FillString(f, vg.Point{X: 100, Y: -20}, "turned")
	c.Pop()
	c.FillString(f, vg.Point{X: 10, Y: 80}, "λ → ∞")
	c.FillString(sans(xfont.WeightBold), vg.Point{X: 10, Y: 110}, `bold \ (漢字)`)
	b := write(t, c)
	got := pages(t, b)
	for _, want := range []string{"時間 (ms)", "Tokyo AVATAR, Привет", "turned", "λ → ∞", `bold \ (漢字)`} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
	if len(b) > 40_000 {
		t.Errorf("the document has %d bytes", len(b))
	}
	t.Logf("%d bytes", len(b))
}

// A chart of gonum's in both documents has all of its words, and fewer bytes than a picture.
func TestPlotAsDocument(t *testing.T) {
	t.Setenv(letters.FoldersVariable, testFonts)
	p := noisy(t, 50)
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = "漢字 and words", "時間 (ms)", "tokens"
	handler := letters.Handler{Plain: text.Plain{Fonts: cache}}
	for _, s := range []*text.Style{&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label} {
		s.Handler = handler
	}
	svg, document := canvas.NewSVG(width, height), canvas.NewPDF(width, height)
	p.Draw(draw.New(svg))
	p.Draw(draw.New(document))
	inSVG, inPDF := strings.Join(words(t, write(t, svg)), "|"), pages(t, write(t, document))
	for _, want := range []string{p.Title.Text, p.X.Label.Text, p.Y.Label.Text} {
		if !strings.Contains(inSVG, want) || !strings.Contains(inPDF, want) {
			t.Errorf("%q is not in %q and %q", want, inSVG, inPDF)
		}
	}
}

// What is not text keeps its place in PDF: each kind of path can be written, and a picture.
func TestPDFShapes(t *testing.T) {
	c := canvas.NewPDF(width, height)
	c.Push() // and never taken back
	c.Translate(vg.Point{X: 5, Y: 5})
	c.Scale(2, 1)
	c.SetLineDash([]vg.Length{3, 2}, 1)
	c.SetColor(nil)
	var p vg.Path
	p.Move(vg.Point{X: 1, Y: 2})
	p.Line(vg.Point{X: 30, Y: 2})
	p.QuadTo(vg.Point{X: 40, Y: 2}, vg.Point{X: 40, Y: 20})
	p.CubeTo(vg.Point{X: 40, Y: 30}, vg.Point{X: 20, Y: 30}, vg.Point{X: 10, Y: 30})
	p.Arc(vg.Point{X: 10, Y: 20}, 10, math.Pi/2, 1.5*math.Pi)
	p.Close()
	c.Stroke(p)
	c.Fill(p)
	c.DrawImage(vg.Rectangle{Min: vg.Point{X: 10, Y: 10}, Max: vg.Point{X: 20, Y: 20}}, image.NewGray(image.Rect(0, 0, 2, 2)))
	b := write(t, c)
	if r, err := pdf.NewReader(bytes.NewReader(b), int64(len(b))); err != nil || r.NumPage() != 1 {
		t.Errorf("%v", err)
	}
	if w, h := c.Size(); w != width || h != height {
		t.Errorf("%v by %v", w, h)
	}
}

// A white edge behind a text is a shape: the text stands in the document once.
func TestEdge(t *testing.T) {
	svg, document := canvas.NewSVG(width, height), canvas.NewPDF(width, height)
	for _, c := range []interface {
		vg.Canvas
		Edge(vg.Length)
	}{svg, document} {
		c.Edge(2)
		c.SetColor(color.White)
		c.FillString(sans(xfont.WeightNormal), vg.Point{X: 10, Y: 10}, "once")
		c.Edge(0)
		c.SetColor(color.Black)
		c.FillString(sans(xfont.WeightNormal), vg.Point{X: 10, Y: 10}, "once")
	}
	b := write(t, svg)
	if got := words(t, b); len(got) != 1 || !bytes.Contains(b, []byte("<path")) || !bytes.Contains(b, []byte(`stroke-linejoin="round"`)) {
		t.Errorf("texts %q in %.300s", got, b)
	}
	if got := pages(t, write(t, document)); strings.Count(got, "once") != 1 {
		t.Errorf("the text is %q", got)
	}
}
