// Package picture draws one painting twice: as pixels and as vectors. Front ends show SVG only of notebooks they
// trust and PNG always, so what the kernel draws goes out as both. Sizes are CSS pixels, with y downwards; fonts
// are compiled in, and letters that they lack come from the system's. It starts no goroutine.
package picture

import (
	"bytes"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/png"
	"regexp"
	"sync"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgsvg"

	"interleave/plots/canvas"
	"interleave/plots/letters"
)

// Picture is a painting in both forms.
type Picture struct {
	Width, Height int // CSS pixels
	PNG           []byte
	SVG           string
}

// Paint calls paint once for each form, on white. title is what screen readers read.
func Paint(width, height int, title string, paint func(*Pen)) (Picture, error) {
	w, h := px(float64(width)), px(float64(height))
	on := func(c vg.Canvas) {
		p := &Pen{c: c, h: float64(height)}
		p.Box(0, 0, float64(width), float64(height), color.White)
		paint(p)
	}
	const dotsPerInch = 192
	pixels := canvas.New(image.NewRGBA(canvas.Bounds(w, h, dotsPerInch)), dotsPerInch)
	on(pixels)
	var b bytes.Buffer
	fast := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := fast.Encode(&b, pixels.Image()); err != nil {
		return Picture{}, fmt.Errorf("draw: %w", err)
	}
	vectors := vgsvg.NewWith(vgsvg.UseWH(w, h))
	on(vectors)
	var s bytes.Buffer
	if _, err := vectors.WriteTo(&s); err != nil {
		return Picture{}, fmt.Errorf("draw: %w", err)
	}
	return Picture{width, height, b.Bytes(), finish(s.Bytes(), title)}, nil
}

// fixedSize is the size that vgsvg writes. Without it the picture takes the width that there is: JupyterLab would cut off what
// is wider than its window.
var fixedSize = regexp.MustCompile(`<svg width="[^"]*" height="[^"]*"`)

// finish frees the size, names fonts of the same widths for readers without Liberation, and adds the title.
func finish(svg []byte, title string) string {
	svg = fixedSize.ReplaceAll(svg, []byte(`<svg width="100%" style="max-width:1200px"`))
	svg = bytes.ReplaceAll(svg, []byte("font-family:Liberation Sans"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif"))
	if at := bytes.Index(svg, []byte("<svg")); at >= 0 {
		if end := bytes.IndexByte(svg[at:], '>'); end >= 0 {
			at += end + 1
			return string(svg[at-end-1:at]) + "<title>" + html.EscapeString(title) + "</title>" + string(svg[at:])
		}
	}
	return string(svg)
}

const points = 72.0 / 96

func px(v float64) vg.Length { return vg.Length(v * points) }

// Pen paints.
type Pen struct {
	c vg.Canvas
	h float64
}

func (p *Pen) at(x, y float64) vg.Point { return vg.Point{X: px(x), Y: px(p.h - y)} }

// Box fills a rectangle whose upper left corner is x, y.
func (p *Pen) Box(x, y, w, h float64, fill color.Color) {
	var path vg.Path
	path.Move(p.at(x, y))
	path.Line(p.at(x+w, y))
	path.Line(p.at(x+w, y+h))
	path.Line(p.at(x, y+h))
	path.Close()
	p.c.SetColor(fill)
	p.c.Fill(path)
}

// Line strokes a straight line.
func (p *Pen) Line(x0, y0, x1, y1, width float64, stroke color.Color) {
	var path vg.Path
	path.Move(p.at(x0, y0))
	path.Line(p.at(x1, y1))
	p.c.SetColor(stroke)
	p.c.SetLineWidth(px(width))
	p.c.Stroke(path)
}

// Letters are a size in CSS pixels and a weight.
type Letters struct {
	Size float64
	Bold bool
}

// Text writes s with its left end at x and its base line at y.
func (p *Pen) Text(x, y float64, l Letters, fill color.Color, s string) {
	p.c.SetColor(fill)
	p.c.FillString(l.face(), p.at(x, y), s)
}

var faces = sync.OnceValue(func() *font.Cache { return font.NewCache(liberation.Collection()) })

func (l Letters) face() font.Face {
	f := font.Font{Typeface: "Liberation", Variant: "Sans"}
	if l.Bold {
		f.Weight = xfont.WeightBold
	}
	return faces().Lookup(f, px(l.Size))
}

// Width is how wide s is.
func (l Letters) Width(s string) float64 {
	return float64(letters.Width(l.face(), s)) / points
}

// Fit shortens s with an ellipsis to a width; "" when not even three letters have room.
func (l Letters) Fit(s string, width float64) string {
	if l.Width(s) <= width {
		return s
	}
	r := []rune(s)
	lo, hi := 0, len(r)
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if l.Width(string(r[:mid])+"…") <= width {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	if lo < 3 {
		return ""
	}
	return string(r[:lo]) + "…"
}
