package plots_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"testing"

	"interleave/plots"
)

// unpack returns the document of a chart for slides, which must be well-formed.
func unpack(t *testing.T, s plots.SlideChart) []byte {
	t.Helper()
	packed, err := base64.StdEncoding.DecodeString(s.SVG)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	svg, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return svg
		} else if err != nil {
			t.Fatalf("%v in %.200s", err, svg)
		}
	}
}

// Every chart brings itself along for slides: as wide as a slide, no higher, letters of a size to read from afar, and
// bands of title and caption that leave room for the data.
func TestForSlide(t *testing.T) {
	for name, pair := range pairs(t) {
		c := frame(t, plots.Notebook(), pair[0])
		s, ok := c.SimpleRender()[plots.ChartMIME].(plots.SlideChart)
		if !ok {
			t.Errorf("%s: the bundle has no chart for slides", name)
			continue
		}
		svg := unpack(t, s)
		if s.Width != 1280 || s.Height > 720 || s.Letter < 18 || s.Letter > 26 || s.Title != "T" || s.Alt != c.Alt() || s.Caption != c.Caption() {
			t.Errorf("%s: %d x %d, letters of %g, %q, %q, %q", name, s.Width, s.Height, s.Letter, s.Title, s.Alt, s.Caption)
		}
		if left := float64(s.Height) - s.Top - s.Bottom; s.Top <= 0 || s.Bottom <= 0 || left < float64(s.Height)/2 {
			t.Errorf("%s: bands of %g and %g leave %g of %d", name, s.Top, s.Bottom, left, s.Height)
		}
		if !bytes.Contains(svg, []byte("<path")) || !bytes.Contains(svg, []byte(">T</text>")) || !bytes.Contains(svg, []byte("@font-face")) {
			t.Errorf("%s: the document has no text, no fonts or no data", name)
		}
		if len(s.SVG) > 30_000 { // the notebook has a picture of this size besides
			t.Errorf("%s: %d bytes in a notebook", name, len(s.SVG))
		}
		t.Logf("%s: %d kB, %d kB packed", name, len(svg)>>10, len(s.SVG)>>10)
	}
}

// The proportions of a chart stay, and a chart that was made for slides stays as it is.
func TestForSlideSize(t *testing.T) {
	kind := pairs(t)["strip"][0]
	for _, c := range []struct {
		theme         plots.Theme
		width, height int
	}{
		{plots.Notebook().Sized(640, 220), 1280, 440},
		{plots.Notebook().Sized(640, 600), 1280, 720},
		{plots.Slide().Sized(900, 500), 900, 500},
	} {
		s, err := frame(t, c.theme, kind).ForSlide()
		if err != nil || s.Width != c.width || s.Height != c.height {
			t.Errorf("%s %d x %d becomes %d x %d, %v", c.theme.Name, c.theme.Width, c.theme.Height, s.Width, s.Height, err)
		}
	}
}

// The smallest letters are those that are drawn: a text that shrinks until its box holds it counts.
func TestForSlideLetter(t *testing.T) {
	letter := func(text string) float64 {
		t.Helper()
		var boxes []plots.FlowBox
		for column := range 5 {
			boxes = append(boxes, plots.FlowBox{Text: text, Column: column})
		}
		kind, err := plots.NewFlowchart(boxes, nil)
		if err != nil {
			t.Fatal(err)
		}
		s, err := frame(t, plots.Notebook(), kind).ForSlide()
		if err != nil {
			t.Fatal(err)
		}
		return s.Letter
	}
	if short, long := letter("why?"), letter("a word which has incomprehensibilities"); short != plots.Slide().Tick || long >= short {
		t.Errorf("letters of %g in a box with room, of %g in one without", short, long)
	}
}
