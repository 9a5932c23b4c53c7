package plots

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"interleave/plots/letters"
)

// box fills a rectangle.
func box(c draw.Canvas, fill color.Color, x0, y0, x1, y1 vg.Length) {
	c.FillPolygon(fill, []vg.Point{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}})
}

// outline strokes a rectangle.
func outline(c draw.Canvas, s draw.LineStyle, x0, y0, x1, y1 vg.Length) {
	c.StrokeLines(s, []vg.Point{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}, {X: x0, Y: y0}})
}

// ring strokes a hollow point, larger than a dot so that both are seen where they coincide.
func ring(c draw.Canvas, t Theme, col color.Color, p vg.Point) {
	circle(c, draw.LineStyle{Color: col, Width: px(t.Line * 0.9)}, p, px(t.Dot*1.9))
}

// circle strokes a circle, as four Bézier curves: gonum's PDF canvas ends a stroked arc with a speck elsewhere.
func circle(c draw.Canvas, s draw.LineStyle, p vg.Point, radius vg.Length) {
	const k = 0.5522847498 // 4/3 (sqrt 2 - 1): the control points of a quarter
	at := func(x, y vg.Length) vg.Point { return vg.Point{X: p.X + x*radius, Y: p.Y + y*radius} }
	var path vg.Path
	path.Move(at(1, 0))
	path.CubeTo(at(1, k), at(k, 1), at(0, 1))
	path.CubeTo(at(-k, 1), at(-1, k), at(-1, 0))
	path.CubeTo(at(-1, -k), at(-k, -1), at(0, -1))
	path.CubeTo(at(k, -1), at(1, -k), at(1, 0))
	path.Close()
	c.SetLineStyle(s)
	c.Stroke(path)
}

// disc fills a circle.
func disc(c draw.Canvas, fill color.Color, p vg.Point, radius vg.Length) {
	c.DrawGlyphNoClip(draw.GlyphStyle{Color: fill, Radius: radius, Shape: draw.CircleGlyph{}}, p)
}

// halo writes text with a white edge, so that it reads on lines and points.
func halo(c draw.Canvas, style text.Style, p vg.Point, s string) {
	edge := style
	edge.Color = white
	d := style.Font.Size * 0.11
	if doc, ok := letters.Innermost(c).(interface{ Edge(vg.Length) }); ok { // in a document the text stands once
		doc.Edge(2 * d)
		c.FillText(edge, p, s)
		doc.Edge(0)
		c.FillText(style, p, s)
		return
	}
	for _, o := range []vg.Point{{X: d}, {X: -d}, {Y: d}, {Y: -d}, {X: d, Y: d}, {X: -d, Y: -d}, {X: d, Y: -d}, {X: -d, Y: d}} {
		c.FillText(edge, p.Add(o), s)
	}
	c.FillText(style, p, s)
}

// rulesX draws faint vertical lines at the labelled ticks of the X axis; rulesY the same for Y.
func rulesX(c draw.Canvas, p *plot.Plot, t Theme) {
	for _, m := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		if x := c.X(p.X.Norm(m.Value)); m.Label != "" && c.ContainsX(x) {
			c.StrokeLine2(t.thin(), x, c.Min.Y, x, c.Max.Y)
		}
	}
}

func rulesY(c draw.Canvas, p *plot.Plot, t Theme) {
	for _, m := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
		if y := c.Y(p.Y.Norm(m.Value)); m.Label != "" && c.ContainsY(y) {
			c.StrokeLine2(t.thin(), c.Min.X, y, c.Max.X, y)
		}
	}
}

// widen extends a range by a share of its length on both sides, so that points do not sit on the frame.
func widen(a *plot.Axis, share float64) {
	if a.Max == a.Min {
		d := max(1e-9, 0.05*max(a.Max, -a.Max))
		a.Min, a.Max = a.Min-d, a.Max+d
		return
	}
	d := (a.Max - a.Min) * share
	a.Min, a.Max = a.Min-d, a.Max+d
}

// logarithmic makes an axis logarithmic and extends it by a factor on both sides.
func logarithmic(a *plot.Axis, factor float64) {
	a.Scale = logScale{}
	a.Tick.Marker = logTicks{}
	a.Min, a.Max = max(a.Min/factor, math.SmallestNonzeroFloat64), min(a.Max*factor, math.MaxFloat64)
}

// logScale is plot.LogScale without its panic: data were checked by New, and a tick below the smallest number
// falls on the left end.
type logScale struct{}

func (logScale) Normalize(lo, hi, x float64) float64 {
	if x <= 0 {
		return 0
	}
	return (math.Log(x) - math.Log(lo)) / (math.Log(hi) - math.Log(lo))
}

// lanes turns the Y axis into named rows from the top: row i is at y = -i.
func lanes(a *plot.Axis, names []string) {
	a.Min, a.Max = -float64(len(names))+0.5, 0.5
	a.Tick.Marker = plot.ConstantTicks(nil)
	marks := make([]plot.Tick, len(names))
	for i, name := range names {
		marks[i] = plot.Tick{Value: -float64(i), Label: name}
	}
	a.Tick.Marker = plot.ConstantTicks(marks)
	a.Tick.Length = 0
}
