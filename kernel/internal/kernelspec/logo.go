package kernelspec

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
)

// The logo: two strands that cross three times, each now above and now below, in a square of side 1. Text
// cells and goroutines alike interleave.
const (
	amplitude = 0.27
	halfWidth = 0.095
	gap       = 0.045
	crossings = 3
	margin    = 0.06
)

var strands = [2]color.RGBA{{0x00, 0x9f, 0xc7, 0xff}, {0xe5, 0x6b, 0x2e, 0xff}}

// at returns where a strand (0 or 1) is at height y, and the cosine of its slope.
func at(strand int, y float64) (x, cos float64) {
	k := crossings * math.Pi / (1 - 2*margin)
	phase := k * (y - margin)
	x, slope := amplitude*math.Cos(phase), -amplitude*k*math.Sin(phase)
	if strand == 1 {
		x, slope = -x, -slope
	}
	return 0.5 + x, 1 / math.Hypot(1, slope)
}

// above is the strand on top at height y: they take turns from crossing to crossing.
func above(y float64) int {
	return int(math.Floor((y-margin)/(1-2*margin)*crossings)) & 1
}

// inside reports whether the strand, widened by extra, covers a point.
func inside(strand int, x, y, extra float64) bool {
	cx, cos := at(strand, y)
	return math.Abs(x-cx)*cos <= halfWidth+extra
}

// colourAt is the strand seen at a point, -1 for none.
func colourAt(x, y float64) int {
	if y < margin || y > 1-margin {
		return -1
	}
	top := above(y)
	switch {
	case inside(top, x, y, 0):
		return top
	case inside(top, x, y, gap):
		return -1
	case inside(1-top, x, y, 0):
		return 1 - top
	}
	return -1
}

func logoPNG(size int) ([]byte, error) {
	const sub = 8 // samples per side of a pixel
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	for py := range size {
		for px := range size {
			var n [2]int
			for s := range sub * sub {
				x := (float64(px) + (float64(s%sub)+0.5)/sub) / float64(size)
				y := (float64(py) + (float64(s/sub)+0.5)/sub) / float64(size)
				if c := colourAt(x, y); c >= 0 {
					n[c]++
				}
			}
			if n[0]+n[1] == 0 {
				continue
			}
			mix := func(a, b uint8) uint8 { return uint8((int(a)*n[0] + int(b)*n[1]) / (n[0] + n[1])) }
			a, b := strands[0], strands[1]
			img.SetNRGBA(px, py, color.NRGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), uint8(255 * (n[0] + n[1]) / (sub * sub))})
		}
	}
	var out bytes.Buffer
	err := png.Encode(&out, img)
	return out.Bytes(), err
}

// logoSVG draws the same strands as lines; the lower one is left out where the upper one crosses it.
func logoSVG() []byte {
	const steps = 96
	var out bytes.Buffer
	out.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" fill="none" stroke-width="19" stroke-linejoin="round">` + "\n")
	for strand, c := range strands {
		fmt.Fprintf(&out, `<path stroke="#%02x%02x%02x" d="`, c.R, c.G, c.B)
		pen := "M"
		for i := range steps + 1 {
			y := margin + (1-2*margin)*float64(i)/steps
			x, _ := at(strand, y)
			if above(y) != strand && inside(1-strand, x, y, halfWidth*0.6+gap) {
				pen = "M"
				continue
			}
			fmt.Fprintf(&out, "%s%.1f %.1f", pen, 100*x, 100*y)
			pen = "L"
		}
		out.WriteString("\"/>\n")
	}
	out.WriteString("</svg>\n")
	return out.Bytes()
}
