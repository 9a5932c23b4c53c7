package canvas

import (
	"image"
	"math"
	"slices"

	"github.com/golang/freetype/raster"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
	"gonum.org/v1/plot/vg"
)

// longPath is the number of components from which a path is drawn here. Below it vgimg is as fast, and its pictures stay as
// they are, to the pixel.
const longPath = 100

// long reports whether a path is long and made of lines.
func long(p vg.Path) bool {
	if len(p) < longPath {
		return false
	}
	for _, comp := range p {
		if comp.Type != vg.MoveComp && comp.Type != vg.LineComp && comp.Type != vg.CloseComp {
			return false
		}
	}
	return true
}

// point is a place in the image, in pixels from its upper left corner.
type point struct{ x, y float64 }

func (p point) fixed() fixed.Point26_6 {
	return fixed.Point26_6{X: fixed.Int26_6(math.Round(p.x * 64)), Y: fixed.Int26_6(math.Round(p.y * 64))}
}

// lines are the lines of a path, one for each place that it moves to and draws from.
func (c *Canvas) lines(p vg.Path) [][]point {
	var all [][]point
	dpi := c.DPI()
	for _, comp := range p {
		if comp.Type == vg.CloseComp {
			if n := len(all); n > 0 {
				all[n-1] = append(all[n-1], all[n-1][0])
			}
			continue
		}
		x, y := c.ctx.TransformPoint(comp.Pos.X.Dots(dpi), comp.Pos.Y.Dots(dpi))
		if comp.Type == vg.MoveComp || len(all) == 0 {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], point{x, y})
	}
	return slices.DeleteFunc(all, func(line []point) bool { return len(line) < 2 })
}

// strokeLong draws the lines of a path with width, dashes and round joins, and ends that are cut off.
func (c *Canvas) strokeLong(p vg.Path) {
	lines := c.lines(p)
	if len(c.state.dash) > 0 {
		lines = dashes(lines, c.dots(c.state.dash), c.state.off.Dots(c.DPI()))
	}
	width := c.state.width.Dots(c.DPI())
	c.draw(lines, width, func(to raster.Adder) {
		raster.Stroke(to, path(lines), fixed.Int26_6(math.Round(width*64)), raster.ButtCapper, raster.RoundJoiner)
	})
}

// fillLong fills a path by the rule of non-zero winding.
func (c *Canvas) fillLong(p vg.Path) {
	lines := c.lines(p)
	c.draw(lines, 0, func(to raster.Adder) {
		for _, line := range lines {
			to.Start(line[0].fixed())
			for _, q := range line[1:] {
				to.Add1(q.fixed())
			}
		}
	})
}

// draw rasterises the outline that add gives, which keeps within reach of the lines, and paints it.
func (c *Canvas) draw(lines [][]point, reach float64, add func(raster.Adder)) {
	box := bounds(lines, reach).Intersect(c.img.Bounds())
	if box.Empty() {
		return
	}
	out := outline{vector.NewRasterizer(box.Dx(), box.Dy()), box.Min}
	add(out)
	out.to.ClosePath()
	out.to.Draw(c.img, box, image.NewUniform(c.state.color), image.Point{})
}

// bounds is the area that lines with this reach on each side may cover.
func bounds(lines [][]point, reach float64) image.Rectangle {
	low, high := point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	for _, line := range lines {
		for _, p := range line {
			low = point{min(low.x, p.x), min(low.y, p.y)}
			high = point{max(high.x, p.x), max(high.y, p.y)}
		}
	}
	edge := func(v float64) int { return int(min(max(v, math.MinInt16), math.MaxInt16)) }
	return image.Rect(edge(math.Floor(low.x-reach)), edge(math.Floor(low.y-reach)), edge(math.Ceil(high.x+reach)), edge(math.Ceil(high.y+reach)))
}

// path is lines as a path of the stroker's. It leaves out points closer than a sixteenth of a pixel to the one before, whose
// direction says nothing and would give a join of its own.
func path(lines [][]point) raster.Path {
	const close = 4 // in 64ths of a pixel
	var p raster.Path
	for _, line := range lines {
		var last fixed.Point26_6
		for i, q := range line {
			at := q.fixed()
			d := at.Sub(last)
			switch {
			case i == 0:
				p.Start(at)
			case max(d.X, -d.X)+max(d.Y, -d.Y) > close:
				p.Add1(at)
			default:
				continue
			}
			last = at
		}
	}
	return p
}

// outline hands what the stroker adds to a rasteriser of the part of the image that begins at from.
type outline struct {
	to   *vector.Rasterizer
	from image.Point
}

func (o outline) at(p fixed.Point26_6) (x, y float32) {
	return float32(p.X)/64 - float32(o.from.X), float32(p.Y)/64 - float32(o.from.Y)
}

// Start implements raster.Adder.
func (o outline) Start(a fixed.Point26_6) {
	o.to.ClosePath()
	o.to.MoveTo(o.at(a))
}

// Add1 implements raster.Adder.
func (o outline) Add1(b fixed.Point26_6) { o.to.LineTo(o.at(b)) }

// Add2 implements raster.Adder.
func (o outline) Add2(b, c fixed.Point26_6) {
	bx, by := o.at(b)
	cx, cy := o.at(c)
	o.to.QuadTo(bx, by, cx, cy)
}

// Add3 implements raster.Adder.
func (o outline) Add3(b, c, d fixed.Point26_6) {
	bx, by := o.at(b)
	cx, cy := o.at(c)
	dx, dy := o.at(d)
	o.to.CubeTo(bx, by, cx, cy, dx, dy)
}

func (c *Canvas) dots(lengths []vg.Length) []float64 {
	var list []float64
	for _, l := range lengths {
		list = append(list, l.Dots(c.DPI()))
	}
	return list
}

// dashes cuts lines into those parts that a pattern shows: its lengths are those of strokes and gaps in turn, and the
// pattern begins at offset. The pattern starts again with each line and goes on round corners.
func dashes(lines [][]point, pattern []float64, offset float64) [][]point {
	total := 0.0
	for _, d := range pattern {
		total += d
	}
	if !(total > 0) {
		return lines
	}
	if len(pattern)%2 == 1 { // strokes and gaps change places in every second round
		pattern, total = append(pattern[:len(pattern):len(pattern)], pattern...), 2*total
	}
	first, rest := 0, math.Mod(math.Mod(offset, total)+total, total)
	for rest >= pattern[first] {
		rest -= pattern[first]
		first = (first + 1) % len(pattern)
	}
	var shown [][]point
	for _, line := range lines {
		shown = append(shown, dash(line, pattern, first, pattern[first]-rest)...)
	}
	return shown
}

// dash cuts one line, which begins in part i of the pattern, of which left is to come.
func dash(line []point, pattern []float64, i int, left float64) [][]point {
	var shown [][]point
	part := []point{line[0]}
	cut := func() {
		if i%2 == 0 && len(part) > 1 {
			shown = append(shown, part)
		}
		part = nil
	}
	for k := 1; k < len(line); k++ {
		from, to := line[k-1], line[k]
		length := math.Hypot(to.x-from.x, to.y-from.y)
		done := 0.0
		for length-done > left {
			done += left
			at := point{from.x + (to.x-from.x)*done/length, from.y + (to.y-from.y)*done/length}
			part = append(part, at)
			cut()
			part = append(part, at)
			i = (i + 1) % len(pattern)
			left = pattern[i]
		}
		left -= length - done
		part = append(part, to)
	}
	cut()
	return shown
}
