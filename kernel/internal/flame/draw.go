package flame

import (
	"fmt"
	"html"
	"image/color"
	"strings"

	"interleave/kernel/internal/picture"
)

const (
	width    = 960.0
	row      = 22.0
	head     = 30.0
	margin   = 6.0
	maxDepth = 32
	narrow   = 1.5 // narrower boxes are not drawn
)

var (
	letters = picture.Letters{Size: 13}
	title   = picture.Letters{Size: 14, Bold: true}
	ink     = color.NRGBA{0x22, 0x2b, 0x33, 0xff}
	all     = color.NRGBA{0xd5, 0xdb, 0xe0, 0xff}
	cells   = []color.NRGBA{{0x8f, 0xc9, 0xb4, 0xff}, {0xa6, 0xd6, 0xc3, 0xff}, {0x7b, 0xbc, 0xa5, 0xff}}
	others  = []color.NRGBA{{0xf3, 0xc8, 0x8a, 0xff}, {0xf7, 0xd7, 0xa6, 0xff}, {0xee, 0xba, 0x74, 0xff}}
)

// Draw draws the graph with callers above what they call; the width of a box is its share of all. Functions of cells
// are green, others orange. At most 32 calls deep.
func (g *Graph) Draw(caption string) (picture.Picture, error) {
	depth := min(g.Root.depth(), maxDepth)
	height := head + float64(depth)*row + margin
	return picture.Paint(int(width), int(height), caption, func(p *picture.Pen) {
		p.Text(margin, 20, title, ink, title.Fit(caption, width-2*margin))
		g.node(p, g.Root, margin, width-2*margin, 0, 0)
	})
}

func (n *Node) depth() int {
	d := 0
	for _, c := range n.Children {
		d = max(d, c.depth())
	}
	return d + 1
}

func (g *Graph) node(p *picture.Pen, n *Node, x, w float64, level, turn int) {
	if w < narrow || level >= maxDepth {
		return
	}
	fill := all
	switch {
	case level == 0:
	case n.Cell:
		fill = cells[(level+turn)%len(cells)]
	default:
		fill = others[(level+turn)%len(others)]
	}
	y := head + float64(level)*row
	p.Box(x, y, w-0.6, row-1, fill)
	name := n.Name
	if n.Deep > 1 {
		name += fmt.Sprintf(" (%d deep)", n.Deep)
	}
	if full := fmt.Sprintf("%s  %s, %s", name, g.Amount(n.Value), g.Percent(n.Value)); letters.Width(full) < w-8 {
		name = full
	}
	if s := letters.Fit(name, w-8); s != "" {
		p.Text(x+4, y+row-7, letters, ink, s)
	}
	for i, c := range n.Children {
		cw := w * float64(c.Value) / float64(max(1, n.Value))
		g.node(p, c, x, cw, level+1, i)
		x += cw
	}
}

// most is how many lines a table has.
const most = 15

// Table is the lines as text; source gives the text of a line.
func (g *Graph) Table(source func(at string) string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%10s %7s %10s  %s\n", "total", "", "own", "line")
	for _, r := range g.Rows[:min(most, len(g.Rows))] {
		fmt.Fprintf(&b, "%10s %7s %10s  %s   %s\n", g.Amount(r.Total), g.Percent(r.Total), g.Amount(r.Own), r.At, source(r.At))
	}
	if n := len(g.Rows) - most; n > 0 {
		fmt.Fprintf(&b, "and %d lines more\n", n)
	}
	return b.String()
}

// HTML is the same table in markup that an untrusted notebook shows.
func (g *Graph) HTML(source func(at string) string) string {
	var b strings.Builder
	b.WriteString("<table><thead><tr><th>total</th><th></th><th>own</th><th>line</th><th></th></tr></thead><tbody>\n")
	for _, r := range g.Rows[:min(most, len(g.Rows))] {
		fmt.Fprintf(&b, "<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td style=\"text-align:left\"><code>%s</code></td></tr>\n", g.Amount(r.Total),
			g.Percent(r.Total), g.Amount(r.Own), html.EscapeString(r.At), html.EscapeString(source(r.At)))
	}
	b.WriteString("</tbody></table>")
	if n := len(g.Rows) - most; n > 0 {
		fmt.Fprintf(&b, "<p>and %d lines more</p>", n)
	}
	return b.String()
}
