package gonum

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"interleave/plots/letters"
)

// written is what gonum itself writes of a plot.
func written(t *testing.T, p *plot.Plot, format string) []byte {
	t.Helper()
	w, err := p.WriterTo(300, 225, format)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if n, err := w.WriteTo(&b); err != nil || n != int64(b.Len()) {
		t.Fatalf("%s: %d bytes of %d, %v", format, n, b.Len(), err)
	}
	return b.Bytes()
}

// Plots are saved in every format, as documents with text and as pictures of the size that gonum gives them, in the letters of
// their own font as gonum draws them.
func TestFormats(t *testing.T) {
	for format, start := range map[string]string{"png": "\x89PNG", "jpg": "\xff\xd8", "jpeg": "\xff\xd8", "tif": "II", "tiff": "II", "svg": "<?xml", "pdf": "%PDF", "eps": "%%!PS", "tex": "%"} {
		if b := written(t, sample(t, 1), format); !bytes.HasPrefix(b, []byte(start)) {
			t.Errorf("%s begins with %.8q", format, b)
		}
	}
	if svg := string(written(t, sample(t, 1), "svg")); !strings.Contains(svg, ">Runs against the median</text>") || !strings.Contains(svg, "@font-face") {
		t.Error("an SVG has no text, or no fonts for it")
	}
	if pdf := written(t, sample(t, 1), "pdf"); !bytes.Contains(pdf, []byte("/ToUnicode")) {
		t.Error("a PDF has no text")
	}
	got, err := png.Decode(bytes.NewReader(written(t, sample(t, 1), "png")))
	if err != nil {
		t.Fatal(err)
	}
	plain := sample(t, 1)
	gonums := text.Plain{Fonts: plot.DefaultTextHandler.Cache()}
	for _, s := range []*text.Style{&plain.Title.TextStyle, &plain.X.Label.TextStyle, &plain.Y.Label.TextStyle, &plain.X.Tick.Label, &plain.Y.Tick.Label} {
		s.Handler = gonums
	}
	c := vgimg.New(300, 225)
	plain.Draw(draw.New(c))
	if got.Bounds() != c.Image().Bounds() {
		t.Fatalf("a picture of %v, gonum's is of %v", got.Bounds(), c.Image().Bounds())
	}
	differ := 0
	for y := range got.Bounds().Dy() {
		for x := range got.Bounds().Dx() {
			r1, g1, b1, _ := got.At(x, y).RGBA()
			r2, g2, b2, _ := c.Image().At(x, y).RGBA()
			if r1 != r2 || g1 != g2 || b1 != b2 {
				differ++
			}
		}
	}
	if differ > 0 {
		t.Errorf("%d pixels differ from gonum's own picture", differ)
	}
}

// A plot that is shown or saved has the letters of other fonts, with room for them.
func TestLettersOfOtherFonts(t *testing.T) {
	chinese := func() *plot.Plot {
		p := sample(t, 1)
		p.Title.Text, p.Y.Label.Text = "漢字", "時間"
		p.Legend.Add("漢字 and more")
		return p
	}
	const fonts = "../../../plots/letters/testdata/fonts"
	t.Setenv(letters.FoldersVariable, fonts)
	style := chinese().Title.TextStyle
	if got, want := style.Width("漢字"), 2*style.Font.Size; got != want {
		t.Errorf("two letters are %v wide, want %v", got, want)
	}
	with, saved := shown(t, chinese()), written(t, chinese(), "png")
	if svg := string(written(t, chinese(), "svg")); !strings.Contains(svg, ">漢字 and more</text>") {
		t.Error("the SVG lacks a text")
	}
	t.Setenv(letters.FoldersVariable, "")
	if bytes.Equal(with.Pix, shown(t, chinese()).Pix) || bytes.Equal(saved, written(t, chinese(), "png")) {
		t.Error("the picture is the same without a font that has the letters")
	}
}

// shown is the picture that a notebook shows of a plot.
func shown(t *testing.T, p *plot.Plot) *image.RGBA {
	t.Helper()
	b, err := match(p)(300, 225)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	out := image.NewRGBA(img.Bounds())
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			out.Set(x, y, img.At(x, y))
		}
	}
	return out
}
