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
		c := vgimg.NewWith(vgimg.UseWH(vg.Length(width), vg.Length(height)), vgimg.UseDPI(dotsPerInch))
		p.Draw(draw.New(c))
		var buf bytes.Buffer
		err := encode(&buf, c.Image())
		return buf.Bytes(), err
	}
}
