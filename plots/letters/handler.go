package letters

import (
	imagedraw "image/draw"
	"math"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Writer is a canvas that finds fonts for a line by itself, as those of package canvas do.
type Writer interface {
	// Missing are the letters that were to be written and that no font has.
	Missing() *Missing
}

// Handler is gonum's handler of plain text, [text.Plain], with letters of other fonts. A line with the letters of its own font is
// measured and drawn exactly as Plain does it.
type Handler struct{ text.Plain }

// Box implements text.Handler.
func (h Handler) Box(txt string, fnt font.Font) (width, height, depth vg.Length) {
	face := h.Fonts.Lookup(fnt, fnt.Size)
	ext := face.Extents()
	return Width(face, txt), ext.Ascent, ext.Descent
}

// Draw implements text.Handler.
func (h Handler) Draw(c vg.Canvas, txt string, sty text.Style, pt vg.Point) {
	txt = strings.TrimRight(txt, "\n")
	if len(txt) == 0 {
		return
	}
	face := h.Fonts.Lookup(sty.Font, sty.Font.Size)
	c.SetColor(sty.Color)
	if sty.Rotation != 0 {
		c.Push()
		c.Rotate(sty.Rotation)
		defer c.Pop()
	}
	sin64, cos64 := math.Sincos(sty.Rotation)
	cos, sin := vg.Length(cos64), vg.Length(sin64)
	pt.X, pt.Y = pt.Y*sin+pt.X*cos, pt.Y*cos-pt.X*sin

	lines := h.Lines(txt)
	pt.Y += sty.Height(txt)*vg.Length(sty.YAlign) - face.Extents().Ascent
	for i, line := range lines {
		at := pt.Add(vg.Point{X: vg.Length(sty.XAlign) * Width(face, line), Y: vg.Length(len(lines)-i) * sty.Font.Size})
		if pixels(c) {
			Fill(c, Runs(face, line), at)
		} else {
			c.FillString(face, at, line)
		}
	}
}

// Fill writes runs one after the other, from pt on the base line.
func Fill(c vg.Canvas, runs []Run, pt vg.Point) {
	for i, r := range runs {
		if i > 0 {
			pt.X += runs[i-1].Width()
		}
		if r.Text != "" {
			c.FillString(r.Face, pt, r.Text)
		}
	}
}

// pixels reports whether c is a canvas of pixels that finds no fonts by itself: gonum's own. Documents hold text, for which their
// readers find fonts.
func pixels(c vg.Canvas) bool {
	c = Innermost(c)
	if _, ok := c.(Writer); ok {
		return false
	}
	_, ok := c.(interface{ Image() imagedraw.Image })
	return ok
}

// Innermost is the canvas that a part of it draws on.
func Innermost(c vg.Canvas) vg.Canvas {
	for {
		switch x := c.(type) {
		case *draw.Canvas:
			c = x.Canvas
		case draw.Canvas:
			c = x.Canvas
		default:
			return c
		}
	}
}
