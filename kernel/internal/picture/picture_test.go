package picture

import (
	"bytes"
	"image/color"
	"image/png"
	"math"
	"strings"
	"testing"

	"interleave/plots/letters"
)

func TestPaint(t *testing.T) {
	p, err := Paint(300, 200, "a < b", func(pen *Pen) {
		pen.Box(0, 0, 150, 100, color.Black)
		pen.Text(10, 150, Letters{Size: 14}, color.Black, "words")
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<svg width="100%" style="max-width:1200px" viewBox="0 0 225 150"`, "<title>a &lt; b</title>", ">words</text>", "Arial"} {
		if !strings.Contains(p.SVG, want) {
			t.Errorf("no %s in\n%s", want, p.SVG)
		}
	}
	img, err := png.Decode(bytes.NewReader(p.PNG))
	if err != nil {
		t.Fatal(err)
	}
	if b := img.Bounds(); b.Dx() != 600 || b.Dy() != 400 {
		t.Errorf("%v, want twice the size", b)
	}
	dark := func(x, y int) bool { r, _, _, _ := img.At(x, y).RGBA(); return r < 0x8000 }
	if !dark(10, 10) || !dark(290, 190) || dark(310, 10) || dark(10, 210) {
		t.Error("the box is not where it should be")
	}
}

// Letters that the pen's font lacks have their width, and are drawn.
func TestOtherLetters(t *testing.T) {
	t.Setenv(letters.FoldersVariable, "../../../plots/letters/testdata/fonts")
	l := Letters{Size: 20}
	if got := l.Width("漢字"); math.Abs(got-40) > 0.01 {
		t.Errorf("two letters of 20 pixels are %g wide", got)
	}
	paint := func() Picture {
		p, err := Paint(100, 40, "t", func(pen *Pen) { pen.Text(10, 30, l, color.Black, "漢字") })
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	with := paint()
	t.Setenv(letters.FoldersVariable, "")
	if without := paint(); bytes.Equal(with.PNG, without.PNG) {
		t.Error("the letters are not drawn")
	}
}

func TestFit(t *testing.T) {
	l := Letters{Size: 12}
	s := "a rather long name"
	if got := l.Fit(s, l.Width(s)); got != s {
		t.Errorf("got %q", got)
	}
	if got := l.Fit(s, l.Width(s)/2); !strings.HasSuffix(got, "…") || l.Width(got) > l.Width(s)/2 {
		t.Errorf("got %q", got)
	}
	if got := l.Fit(s, 3); got != "" {
		t.Errorf("got %q", got)
	}
}
