// Package gonum makes package display draw gonum plots at twice the resolution of the page: imported for its
// effect, where gonum.org/v1/plot is linked.
//
//	import _ "interleave/kernel/display/gonum"
//
// plot.Plot.WriterTo knows one resolution for PNG, 96 dots an inch, and asking it for a picture of double size
// gives a chart with letters half as large. A canvas takes a resolution, and a plot draws itself on any
// canvas, so the picture here has the layout of the size asked for and four times its pixels.
package gonum

import (
	"bytes"
	"image"
	"sync"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"interleave/kernel/display/internal/chart"
	"interleave/plots/canvas"
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
		p.Draw(draw.New(canvas.New(img, dotsPerInch)))
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
	r := canvas.Bounds(width, height, dotsPerInch)
	if img, ok := images.Get().(*image.RGBA); ok && img.Rect == r {
		return img
	}
	return image.NewRGBA(r)
}
