package kernelspec

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
)

// The logo: two strands that cross twice, each once above and once below, in a square of side 1. Text cells
// and goroutines alike interleave.
const (
	amplitude = 0.26
	halfWidth = 0.1
	gap       = 0.045
	crossings = 2
	margin    = 0.05
	steps     = 64 // pieces of a strand
)

type point struct{ x, y float64 }

var strands = [2]color.RGBA{{0x00, 0x9f, 0xc7, 0xff}, {0xe5, 0x6b, 0x2e, 0xff}}

// strand returns the middle line of strand 0 or 1, from top to bottom.
func strand(n int) []point {
	line := make([]point, steps+1)
	for i := range line {
		t := float64(i) / steps
		x := amplitude * math.Cos(crossings*math.Pi*t)
		if n == 1 {
			x = -x
		}
		line[i] = point{0.5 + x, margin + (1-2*margin)*t}
	}
	return line
}

// above is the strand on top at height y: they take turns from crossing to crossing.
func above(y float64) int {
	return int(math.Floor((y-margin)/(1-2*margin)*crossings)) & 1
}

// distance is that of a point to a line.
func distance(line []point, p point) float64 {
	best := math.Inf(1)
	for i := range len(line) - 1 {
		a, b := line[i], line[i+1]
		dx, dy := b.x-a.x, b.y-a.y
		t := ((p.x-a.x)*dx + (p.y-a.y)*dy) / (dx*dx + dy*dy)
		t = max(0, min(1, t))
		best = min(best, math.Hypot(p.x-a.x-t*dx, p.y-a.y-t*dy))
	}
	return best
}

// colourAt is the strand seen at a point, -1 for none.
func colourAt(lines [2][]point, p point) int {
	if p.y < margin || p.y > 1-margin {
		return -1
	}
	top := above(p.y)
	switch d := distance(lines[top], p); {
	case d <= halfWidth:
		return top
	case d <= halfWidth+gap:
		return -1
	case distance(lines[1-top], p) <= halfWidth:
		return 1 - top
	}
	return -1
}

func logoPNG(size int) ([]byte, error) {
	const sub = 4 // samples per side of a pixel
	lines := [2][]point{strand(0), strand(1)}
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	for py := range size {
		for px := range size {
			var n [2]int
			for s := range sub * sub {
				x := (float64(px) + (float64(s%sub)+0.5)/sub) / float64(size)
				y := (float64(py) + (float64(s/sub)+0.5)/sub) / float64(size)
				if c := colourAt(lines, point{x, y}); c >= 0 {
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
	var out bytes.Buffer
	out.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" fill="none" stroke-width="20">` + "\n")
	for n, c := range strands {
		fmt.Fprintf(&out, `<path stroke="#%02x%02x%02x" d="`, c.R, c.G, c.B)
		other, pen := strand(1-n), "M"
		for _, p := range strand(n) {
			if above(p.y) != n && distance(other, p) < halfWidth+gap {
				pen = "M"
				continue
			}
			fmt.Fprintf(&out, "%s%.1f %.1f", pen, 100*p.x, 100*p.y)
			pen = "L"
		}
		out.WriteString("\"/>\n")
	}
	out.WriteString("</svg>\n")
	return out.Bytes()
}
