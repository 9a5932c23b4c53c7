package plots

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Heat shows ratios over two parameters: one coloured cell for each pair, with the median written in it, the line
// on which the ratio is 1 (break-even), and rings round cells that the text speaks of. Blue is above 1, orange
// below, on a logarithmic scale; "~" follows a median whose interval contains 1.
type Heat struct {
	columns, rows []string
	cells         [][]summary // [row][column]
	rings         [][2]int    // {column, row}
	// Edges draws break-even along the edges of cells instead of between their centres; it may be set before NewChart. It
	// is for rows or columns that are names, such as kinds of map: between two names there is no value.
	Edges bool
}

// NewHeat makes a heat map of ratios[row][column], all runs of each cell; row 0 is drawn at the bottom. ringed
// lists cells as {column, row}. It returns [ErrShape] if the table does not fit the names or a ring is outside,
// and [ErrEmpty], [ErrNotFinite] or [ErrNotPositive] for the ratios.
func NewHeat(columns, rows []string, ratios [][][]float64, ringed ...[2]int) (*Heat, error) {
	if len(columns) == 0 || len(rows) == 0 {
		return nil, fmt.Errorf("heat map: %w", ErrEmpty)
	}
	if len(ratios) != len(rows) {
		return nil, fmt.Errorf("heat map: %d rows of ratios for %d names: %w", len(ratios), len(rows), ErrShape)
	}
	h := &Heat{columns: slices.Clone(columns), rows: slices.Clone(rows), rings: slices.Clone(ringed)}
	for r, list := range ratios {
		if len(list) != len(columns) {
			return nil, fmt.Errorf("heat map: row %q: %d cells for %d columns: %w", rows[r], len(list), len(columns), ErrShape)
		}
		var sums []summary
		for c, values := range list {
			if err := positive(fmt.Sprintf("heat map: cell %q, %q", columns[c], rows[r]), values...); err != nil {
				return nil, err
			}
			sums = append(sums, summarize(values))
		}
		h.cells = append(h.cells, sums)
	}
	for _, r := range ringed {
		if r[0] < 0 || r[0] >= len(columns) || r[1] < 0 || r[1] >= len(rows) {
			return nil, fmt.Errorf("heat map: ring at %v is outside: %w", r, ErrShape)
		}
	}
	return h, nil
}

// DataRange covers the cells, each of size 1 around its index, and the colour bar on the right.
func (h *Heat) DataRange() (xmin, xmax, ymin, ymax float64) {
	return -0.5, h.right() + 0.2*h.bar(), -0.5, float64(len(h.rows)) - 0.5
}

// bar is the width, in cells, of the room for the colour bar; right is where that room ends.
func (h *Heat) bar() float64   { return 0.2 * float64(len(h.columns)) }
func (h *Heat) right() float64 { return float64(len(h.columns)) - 0.5 + h.bar() }

// Layout names columns and rows.
func (h *Heat) Layout(p *plot.Plot, t Theme) {
	p.X.Tick.Marker, p.Y.Tick.Marker = at0(h.columns), at0(h.rows)
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Tick.Length, a.LineStyle.Width, a.Padding = 0, 0, px(t.Tick*0.3)
	}
}

// span is the largest factor away from 1 on the colour scale, at least 1.25.
func (h *Heat) span() float64 {
	top := math.Log(1.25)
	for _, row := range h.cells {
		for _, s := range row {
			top = max(top, math.Abs(math.Log(s.Median)))
		}
	}
	return math.Exp(top)
}

func (h *Heat) color(ratio float64) color.NRGBA {
	f := math.Log(ratio) / math.Log(h.span())
	strength := math.Pow(min(1, math.Abs(f)), 0.6)*0.92 + 0.03 // the root sets small differences from 1 apart
	if f < 0 {
		return soft(orange, strength)
	}
	return soft(blue, strength)
}

// Draw draws cells, contour, rings and colour bar.
func (h *Heat) Draw(c draw.Canvas, p *plot.Plot, t Theme) {
	x := func(v float64) vg.Length { return c.X(p.X.Norm(v)) }
	y := func(v float64) vg.Length { return c.Y(p.Y.Norm(v)) }
	for r, row := range h.cells {
		for k, s := range row {
			fill := h.color(s.Median)
			box(c, fill, x(float64(k)-0.49), y(float64(r)-0.49), x(float64(k)+0.49), y(float64(r)+0.49))
		}
	}
	wide := t.line(white)
	wide.Width *= 2.6
	for _, style := range []draw.LineStyle{wide, t.line(ink)} {
		for _, line := range h.breakEven() {
			c.StrokeLine2(style, x(line[0]), y(line[1]), x(line[2]), y(line[3]))
		}
	}
	for r, row := range h.cells {
		for k, s := range row {
			fill := h.color(s.Median)
			style := at(t.letters(t.Tick, on(fill)), text.XCenter, text.YCenter)
			at, label := vg.Point{X: x(float64(k)), Y: y(float64(r))}, h.label(s)
			half := style.Width(label)/2 + t.em(0.25)
			box(c, fill, at.X-half, at.Y-t.em(0.6), at.X+half, at.Y+t.em(0.6)) // the line stops short of the number
			c.FillText(style, at.Add(vg.Point{Y: t.em(0.08)}), label)
		}
	}
	for _, r := range h.rings {
		k, row := float64(r[0]), float64(r[1])
		edge := t.line(ink)
		edge.Width *= 1.7
		in := t.em(0.12)
		outline(c, edge, x(k-0.49)+in, y(row-0.49)+in, x(k+0.49)-in, y(row+0.49)-in)
	}
	h.scale(c, t, x, y)
}

func (h *Heat) label(s summary) string {
	text := fmt.Sprintf("%.2f", s.Median)
	if s.Median >= 10 {
		text = fmt.Sprintf("%.0f", s.Median)
	}
	if s.Claimed && s.Lo <= 1 && s.Hi >= 1 {
		text += " ~"
	}
	return text
}

// scale draws the colour bar.
func (h *Heat) scale(c draw.Canvas, t Theme, x, y func(float64) vg.Length) {
	left, right := x(h.right()-0.75*h.bar()), x(h.right()-0.45*h.bar())
	low, high := y(-0.49), y(float64(len(h.rows))-0.51)
	span := math.Log(h.span())
	const steps = 120
	for i := range steps {
		f := (float64(i)+0.5)/steps*2 - 1
		y0 := low + (high-low)*vg.Length(i)/steps
		box(c, h.color(math.Exp(f*span)), left, y0, right, y0+(high-low)/steps+px(0.3))
	}
	style := at(t.letters(t.Tick*0.9, ink), text.XLeft, text.YCenter)
	for _, v := range []float64{1 / h.span(), math.Pow(h.span(), -0.5), 1, math.Sqrt(h.span()), h.span()} {
		pos := low + (high-low)*vg.Length((math.Log(v)/span+1)/2)
		pos = min(max(pos, low+t.em(0.35)), high-t.em(0.35))
		c.FillText(style, vg.Point{X: right + t.em(0.35), Y: pos + t.em(0.08)}, fmt.Sprintf("%.2g", v))
	}
	mid := low + (high-low)/2
	c.StrokeLine2(t.line(ink), left, mid, right, mid)
}

// breakEven is the line in pieces {x0, y0, x1, y1}.
func (h *Heat) breakEven() [][4]float64 {
	if h.Edges {
		return h.edges()
	}
	return h.contour()
}

// edges are those between a cell with a median below 1 and a neighbour with one of at least 1.
func (h *Heat) edges() (lines [][4]float64) {
	below := func(c, r int) bool { return h.cells[r][c].Median < 1 }
	for r := range h.rows {
		for c := range h.columns {
			x, y := float64(c), float64(r)
			if c > 0 && below(c, r) != below(c-1, r) {
				lines = append(lines, [4]float64{x - 0.5, y - 0.5, x - 0.5, y + 0.5})
			}
			if r > 0 && below(c, r) != below(c, r-1) {
				lines = append(lines, [4]float64{x - 0.5, y - 0.5, x + 0.5, y - 0.5})
			}
		}
	}
	return lines
}

// contour returns the pieces {x0, y0, x1, y1} of the line where the logarithm of the median is zero, interpolated
// between the centres of neighbouring cells. In each square of four cells every crossed side gives one point;
// four points are joined by the sign of the mean (marching squares). From the centres of the outer cells the line goes
// straight on to the edge of the map.
func (h *Heat) contour() [][4]float64 {
	var lines [][4]float64
	z := func(c, r int) float64 {
		if v := math.Log(h.cells[r][c].Median); v != 0 {
			return v
		}
		return 1e-12
	}
	for r := range len(h.rows) - 1 {
		for c := range len(h.columns) - 1 {
			corner := [4][2]int{{c, r}, {c + 1, r}, {c + 1, r + 1}, {c, r + 1}}
			var cross [][2]float64
			mean := 0.0
			for i, a := range corner {
				b := corner[(i+1)%4]
				za, zb := z(a[0], a[1]), z(b[0], b[1])
				mean += za / 4
				if (za < 0) != (zb < 0) {
					f := za / (za - zb)
					cross = append(cross, [2]float64{
						float64(a[0]) + f*float64(b[0]-a[0]), float64(a[1]) + f*float64(b[1]-a[1])})
				}
			}
			add := func(i, j int) { lines = append(lines, [4]float64{cross[i][0], cross[i][1], cross[j][0], cross[j][1]}) }
			switch {
			case len(cross) == 2:
				add(0, 1)
			case len(cross) == 4 && (mean < 0) == (z(c, r) < 0):
				add(0, 1)
				add(2, 3)
			case len(cross) == 4:
				add(3, 0)
				add(1, 2)
			}
		}
	}
	right, top := len(h.columns)-1, len(h.rows)-1
	type side struct {
		cell int
		edge float64
	}
	sides := func(last int) []side { return []side{{0, -0.5}, {last, float64(last) + 0.5}} }
	for r := range top {
		for _, s := range sides(right) {
			if za, zb := z(s.cell, r), z(s.cell, r+1); (za < 0) != (zb < 0) {
				at := float64(r) + za/(za-zb)
				lines = append(lines, [4]float64{s.edge, at, float64(s.cell), at})
			}
		}
	}
	for c := range right {
		for _, s := range sides(top) {
			if za, zb := z(c, s.cell), z(c+1, s.cell); (za < 0) != (zb < 0) {
				at := float64(c) + za/(za-zb)
				lines = append(lines, [4]float64{at, s.edge, at, float64(s.cell)})
			}
		}
	}
	return lines
}

// Keys explain line and ring.
func (h *Heat) Keys() []Key {
	keys := []Key{{"above 1", soft(blue, 0.6), Area}, {"below 1", soft(orange, 0.6), Area}, {"break-even", ink, Line}}
	return keys
}

// Note states n and the meaning of "~".
func (h *Heat) Note() string {
	var all []summary
	for _, row := range h.cells {
		all = append(all, row...)
	}
	text := note(all)
	if slices.ContainsFunc(all, func(s summary) bool { return s.Claimed && s.Lo <= 1 && s.Hi >= 1 }) {
		text += `; "~": the interval contains 1`
	}
	if len(h.rings) > 0 {
		text += "; framed: the cell spoken of"
	}
	return text
}

// Alt gives the smallest and the largest median, and the framed cells.
func (h *Heat) Alt() string {
	lowest, highest := [2]int{}, [2]int{}
	at := func(p [2]int) float64 { return h.cells[p[1]][p[0]].Median }
	above := 0
	for r, row := range h.cells {
		for c, s := range row {
			if p := [2]int{c, r}; s.Median < at(lowest) {
				lowest = p
			} else if s.Median > at(highest) {
				highest = p
			}
			if s.Median > 1 {
				above++
			}
		}
	}
	name := func(p [2]int) string {
		return fmt.Sprintf("%s at %s, %s", number(at(p)), h.columns[p[0]], h.rows[p[1]])
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Heat map of %d by %d cells; %d are above 1. Lowest %s. Highest %s.",
		len(h.columns), len(h.rows), above, name(lowest), name(highest))
	for _, r := range h.rings {
		fmt.Fprintf(&b, " Framed: %s.", name(r))
	}
	return b.String()
}

// Table has one row per cell.
func (h *Heat) Table() (header []string, rows [][]string) {
	for r, row := range h.cells {
		for c, s := range row {
			rows = append(rows, append([]string{h.columns[c], h.rows[r]}, s.cells()...))
		}
	}
	return []string{"column", "row", "n", "ratio (median)", "low", "high"}, rows
}
