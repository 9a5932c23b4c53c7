package slides

import (
	"image/color"
	"math"
	"strings"
	"testing"

	"interleave/plots"
)

// contrast is that of WCAG 2.2 between two colours.
func contrast(a, b uint32) float64 {
	luminance := func(rgb uint32) float64 {
		sum := 0.0
		for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
			v := float64(rgb>>(16-8*i)&0xff) / 255
			if v <= 0.04045 {
				v /= 12.92
			} else {
				v = math.Pow((v+0.055)/1.055, 2.4)
			}
			sum += weight * v
		}
		return sum
	}
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// TestDarkened: on a dark page letters keep the contrast of text and data that of graphics, paper becomes the page, and
// what stands out more on white does so here.
func TestDarkened(t *testing.T) {
	if got := darkened(0xffffff); got != pageDark {
		t.Errorf("white becomes %06x, want the page %06x", got, pageDark)
	}
	for _, text := range []uint32{0x000000, 0x1a1a1a, 0x555555} {
		if got := contrast(darkened(text), pageDark); got < 4.5 {
			t.Errorf("letters of %06x become %06x: %.2f to 1", text, darkened(text), got)
		}
	}
	for i := range 6 {
		c := plots.Color(i)
		rgb := func(c color.NRGBA) uint32 { return uint32(c.R)<<16 | uint32(c.G)<<8 | uint32(c.B) }
		dark := darkened(rgb(c))
		if got := contrast(dark, pageDark); got < 3 {
			t.Errorf("%06x becomes %06x: %.2f to 1", rgb(c), dark, got)
		}
		was, is := oklab(rgb(c)), oklab(dark)
		if turn := math.Abs(math.Remainder(math.Atan2(was.b, was.a)-math.Atan2(is.b, is.a), 2*math.Pi)); turn > 0.2 {
			t.Errorf("%06x becomes %06x: another hue, by %.2f rad", rgb(c), dark, turn)
		}
		last := 0.0
		for paper := range 11 { // from paper to full colour
			mix := func(v uint8) uint8 { return uint8(255 - (255-float64(v))*float64(paper)/10) }
			got := contrast(darkened(rgb(color.NRGBA{mix(c.R), mix(c.G), mix(c.B), 255})), pageDark)
			if got < last {
				t.Errorf("%06x, %d tenths: %.3f to 1 after %.3f", rgb(c), paper, got, last)
			}
			last = got
		}
	}
}

// TestDarkenedText: in a drawing colours change, and text about a colour does not.
func TestDarkenedText(t *testing.T) {
	svg := `<svg><style>a{src:url(data:font/woff;base64,AAAA#FFFFFF)}</style><path style="fill:#FFFFFF;stroke:#000000"/><text style="fill:#000000">#FFFFFF is &#34;#000000&#34; &lt;fill:#FFFFFF&gt;</text></svg>`
	got := string(darkenedDrawing([]byte(svg)))
	if !strings.Contains(got, `>#FFFFFF is &#34;#000000&#34; &lt;fill:#FFFFFF&gt;</text>`) {
		t.Errorf("the text became another: %s", got)
	}
	if !strings.Contains(got, `<path style="fill:#14181F;stroke:`) || strings.Contains(got, "stroke:#000000") || !strings.Contains(got, "AAAA#FFFFFF") {
		t.Errorf("the colours are %s", got)
	}
}
