// Package canvas draws gonum plots: into an image, in a time that is linear in the number of points, and as documents whose
// text is text. Letters that a plot's font lacks come from other fonts, see package letters.
//
// gonum's own canvas for images, vgimg, rasterises a path with one list of cells for each row of pixels. A line through
// thousands of noisy points crosses every row thousands of times, and its time grows with the square of the points: 2,000
// take 40 seconds. Long paths are rasterised here by golang.org/x/image/vector, which adds up coverage in an array of
// pixels instead. Outlines, joins, caps and dashes are made as vgimg makes them. Short paths, and those with arcs, go to
// vgimg.
//
// [SVG] and [PDF] are canvases for documents.
//
// The package knows nothing of charts and starts no goroutine.
package canvas

import (
	"image"
	"image/color"
	imagedraw "image/draw"

	"git.sr.ht/~sbinet/gg"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"

	"interleave/plots/letters"
)

// Canvas is a vgimg.Canvas that is fast for long paths and for its background. Its image is white at first.
type Canvas struct {
	*vgimg.Canvas
	img   *image.RGBA
	ctx   *gg.Context
	state style
	stack []style
	begun bool // something was drawn, or the axes were moved

	missing letters.Missing
}

// style is what Push saves.
type style struct {
	color color.Color
	width vg.Length
	dash  []vg.Length
	off   vg.Length
}

// Bounds is the size in pixels of an image for a canvas of the given size.
func Bounds(width, height vg.Length, dotsPerInch int) image.Rectangle {
	pixels := func(l vg.Length) int { return max(1, int(l.Dots(float64(dotsPerInch))+0.5)) }
	return image.Rect(0, 0, pixels(width), pixels(height))
}

// New returns a canvas on img, of which every pixel becomes white.
func New(img *image.RGBA, dotsPerInch int) *Canvas {
	ctx := gg.NewContextForRGBA(img)
	ctx.SetLineCapButt()
	ctx.InvertY()
	c := &Canvas{img: img, ctx: ctx, state: style{color: color.Black}}
	c.Canvas = vgimg.NewWith(vgimg.UseImageWithContext(img, ctx), vgimg.UseDPI(dotsPerInch))
	return c
}

// SetColor implements vg.Canvas.
func (c *Canvas) SetColor(clr color.Color) {
	if clr == nil {
		clr = color.Black
	}
	c.state.color = clr
	c.Canvas.SetColor(clr)
}

// SetLineWidth implements vg.Canvas.
func (c *Canvas) SetLineWidth(w vg.Length) {
	c.state.width = w
	c.Canvas.SetLineWidth(w)
}

// SetLineDash implements vg.Canvas.
func (c *Canvas) SetLineDash(pattern []vg.Length, offset vg.Length) {
	c.state.dash, c.state.off = pattern, offset
	c.Canvas.SetLineDash(pattern, offset)
}

// Push implements vg.Canvas.
func (c *Canvas) Push() {
	c.begun = true
	c.stack = append(c.stack, c.state)
	c.Canvas.Push()
}

// Pop implements vg.Canvas.
func (c *Canvas) Pop() {
	c.state, c.stack = c.stack[len(c.stack)-1], c.stack[:len(c.stack)-1]
	c.Canvas.Pop()
}

// Rotate implements vg.Canvas.
func (c *Canvas) Rotate(rad float64) { c.begun = true; c.Canvas.Rotate(rad) }

// Translate implements vg.Canvas.
func (c *Canvas) Translate(p vg.Point) { c.begun = true; c.Canvas.Translate(p) }

// Scale implements vg.Canvas.
func (c *Canvas) Scale(x, y float64) { c.begun = true; c.Canvas.Scale(x, y) }

// Stroke implements vg.Canvas.
func (c *Canvas) Stroke(p vg.Path) {
	c.begun = true
	if c.state.width > 0 && long(p) {
		c.strokeLong(p)
		return
	}
	c.Canvas.Stroke(p)
}

// Fill implements vg.Canvas. A plot begins by filling all of its canvas with the background: as a path that takes 4 ms,
// as a rectangle 0.3 ms.
func (c *Canvas) Fill(p vg.Path) {
	switch {
	case !c.begun && c.whole(p) && opaque(c.state.color):
		if !white(c.state.color) { // as it is already
			imagedraw.Draw(c.img, c.img.Bounds(), image.NewUniform(c.state.color), image.Point{}, imagedraw.Src)
		}
	case long(p):
		c.fillLong(p)
	default:
		c.Canvas.Fill(p)
	}
	c.begun = true
}

// Missing implements letters.Writer.
func (c *Canvas) Missing() *letters.Missing { return &c.missing }

// FillString implements vg.Canvas.
func (c *Canvas) FillString(face font.Face, pt vg.Point, s string) {
	c.begun = true
	runs := letters.Runs(face, s)
	for _, r := range runs {
		c.missing.Add(r.Lost)
	}
	letters.Fill(c.Canvas, runs, pt)
}

// DrawImage implements vg.Canvas.
func (c *Canvas) DrawImage(rect vg.Rectangle, img image.Image) {
	c.begun = true
	c.Canvas.DrawImage(rect, img)
}

// whole reports whether p is the outline of the whole canvas.
func (c *Canvas) whole(p vg.Path) bool {
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
	_, _, _, a := c.RGBA()
	return a == 0xffff
}
