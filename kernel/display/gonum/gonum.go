// Package gonum makes package display draw gonum plots at twice the resolution of the page: imported for its
// effect, where gonum.org/v1/plot is linked.
//
//	import _ "interleave/kernel/display/gonum"
//
// plot.Plot.WriterTo knows one resolution for PNG, 96 dots an inch, and asking it for a picture of double size
// gives a chart with letters half as large. vgimg.Canvas takes a resolution, and a plot draws itself on any
// canvas, so the picture here has the layout of the size asked for and four times its pixels.
package gonum

import (
	"bytes"
	"image"
	"image/color"
	imagedraw "image/draw"
	"sync"

	"git.sr.ht/~sbinet/gg"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"interleave/kernel/display/internal/chart"
)

const dotsPerInch = 2 * 96

// drawer is a *plot.Plot and what embeds one.
type drawer interface{ Draw(draw.Canvas) }

func init() { chart.Register(match) }

func match(v any) chart.Draw {
	p, ok := v.(drawer)
	if !ok {
		return nil
	}
	return func(width, height float64) ([]byte, error) {
		img := blank(vg.Length(width), vg.Length(height))
		p.Draw(draw.New(newCanvas(img)))
		var buf bytes.Buffer
		err := encode(&buf, img)
		images.Put(img)
		return buf.Bytes(), err
	}
}

// images are those of drawings that are encoded: the next one of their size need not take 4 MB of new memory.
var images sync.Pool

// blank is an image for a drawing of this size; what is on it does not matter.
func blank(width, height vg.Length) *image.RGBA {
	r := image.Rect(0, 0, pixels(width), pixels(height))
	if img, ok := images.Get().(*image.RGBA); ok && img.Rect == r {
		return img
	}
	return image.NewRGBA(r)
}

func pixels(l vg.Length) int { return max(1, int(l/vg.Inch*dotsPerInch+0.5)) }

// canvas is a vgimg.Canvas that knows one thing better: a plot begins by filling all of its canvas with the background, which
// a rasteriser for paths does in 4 ms and a fill in 0.3 ms.
type canvas struct {
	*vgimg.Canvas
	color color.Color
	begun bool
}

// newCanvas draws on img, which becomes white. vgimg itself would draw on a copy.
func newCanvas(img *image.RGBA) *canvas {
	ctx := gg.NewContextForRGBA(img)
	ctx.SetLineCapButt()
	ctx.InvertY()
	return &canvas{Canvas: vgimg.NewWith(vgimg.UseImageWithContext(img, ctx), vgimg.UseDPI(dotsPerInch))}
}

func (c *canvas) SetColor(clr color.Color) {
	c.color = clr
	c.Canvas.SetColor(clr)
}

func (c *canvas) Fill(p vg.Path) {
	if !c.begun && c.whole(p) && opaque(c.color) {
		if !white(c.color) { // as it is already
			imagedraw.Draw(c.Image(), c.Image().Bounds(), image.NewUniform(c.color), image.Point{}, imagedraw.Src)
		}
	} else {
		c.Canvas.Fill(p)
	}
	c.begun = true
}

func (c *canvas) Stroke(p vg.Path) {
	c.begun = true
	c.Canvas.Stroke(p)
}

// What moves the picture's axes ends the beginning too.

func (c *canvas) Push()                { c.begun = true; c.Canvas.Push() }
func (c *canvas) Rotate(rad float64)   { c.begun = true; c.Canvas.Rotate(rad) }
func (c *canvas) Translate(p vg.Point) { c.begun = true; c.Canvas.Translate(p) }
func (c *canvas) Scale(x, y float64)   { c.begun = true; c.Canvas.Scale(x, y) }

// whole reports whether p is the outline of the whole canvas.
func (c *canvas) whole(p vg.Path) bool {
	w, h := c.Size()
	all := vg.Rectangle{Max: vg.Point{X: w, Y: h}}.Path()
	if len(p) != len(all) {
		return false
	}
	for i := range p {
		if p[i].Type != all[i].Type || p[i].Pos != all[i].Pos {
			return false
		}
	}
	return true
}

func white(c color.Color) bool {
	r, g, b, _ := c.RGBA()
	return r&g&b == 0xffff
}

func opaque(c color.Color) bool {
	if c == nil {
		return false
	}
	_, _, _, a := c.RGBA()
	return a == 0xffff
}
