package plots

import (
	"fmt"
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Kind is a kind of chart. All of this package's kinds implement it, and so may others.
type Kind interface {
	plot.DataRanger
	// Layout sets the axes of p: scales, ticks and ranges. It is called once for each chart, after p has the data's range.
	Layout(p *plot.Plot, t Theme)
	// Draw draws the data on c, with the axes of p, in the theme that Layout had. It changes nothing: the same kind may
	// be in several charts, each with a theme of its own.
	Draw(c draw.Canvas, p *plot.Plot, t Theme)
	// Keys are the entries of the legend; none if the axes name everything.
	Keys() []Key
	// Note is what the caption must say about the data: n, the interval, what is a model.
	Note() string
	// Alt describes the picture in words, without title.
	Alt() string
	// Table returns the data that are drawn.
	Table() (header []string, rows [][]string)
}

// Labels are the words around the data.
type Labels struct {
	Title   string // says what the chart shows, best as a sentence
	X, Y    string // axes, with unit
	Machine string // where it was measured, for the caption
}

// Chart is a kind with its frame. It never changes: what it shows does not depend on where it was shown or saved before.
// Draw and everything built on it may be called repeatedly, but not concurrently.
type Chart struct {
	theme  Theme
	labels Labels
	kind   Kind
	plot   *plot.Plot
}

// NewChart frames a kind. It returns [ErrShape] for a theme without size.
func NewChart(theme Theme, labels Labels, kind Kind) (*Chart, error) {
	if theme.Width < 100 || theme.Height < 80 || theme.Width > 8192 || theme.Height > 8192 || theme.Tick <= 0 {
		return nil, fmt.Errorf("chart of %d x %d: %w", theme.Width, theme.Height, ErrShape)
	}
	if kind == nil {
		return nil, fmt.Errorf("chart: %w", ErrEmpty)
	}
	p := theme.frame()
	p.X.Label.Text, p.Y.Label.Text = labels.X, labels.Y
	p.Add(themed{kind, theme})
	kind.Layout(p, theme)
	labels.X, labels.Y = p.X.Label.Text, p.Y.Label.Text
	p.X.Label.Text, p.Y.Label.Text = "", "" // drawn by axes
	return &Chart{theme, labels, kind, p}, nil
}

// themed is a kind as a plotter of gonum's, which gives a plotter no theme.
type themed struct {
	Kind
	theme Theme
}

func (k themed) Plot(c draw.Canvas, p *plot.Plot) { k.Draw(c, p, k.theme) }

// Size returns the chart's size in CSS pixels.
func (c *Chart) Size() (width, height int) { return c.theme.Width, c.theme.Height }

// Caption is the text under the chart.
func (c *Chart) Caption() string {
	parts := []string{}
	for _, s := range []string{c.kind.Note(), c.labels.Machine} {
		if s = strings.TrimSpace(s); s != "" {
			parts = append(parts, strings.TrimSuffix(s, "."))
		}
	}
	return strings.Join(parts, ". ")
}

// Alt describes the chart in words, for readers who do not see it.
func (c *Chart) Alt() string {
	if c.labels.Title == "" {
		return c.kind.Alt()
	}
	return strings.TrimSuffix(c.labels.Title, ".") + ". " + c.kind.Alt()
}

// Table returns the data that are drawn: a header and rows of the same length.
func (c *Chart) Table() (header []string, rows [][]string) { return c.kind.Table() }

// Draw draws the chart: title, legend, data, caption from top to bottom.
func (c *Chart) Draw(canvas draw.Canvas) { c.inside(c.around(canvas)) }

// around draws title and caption, and returns what they leave.
func (c *Chart) around(canvas draw.Canvas) draw.Canvas {
	t := c.theme
	canvas.SetColor(white)
	canvas.Fill(canvas.Rectangle.Path())
	margin := t.em(0.8)
	area := draw.Crop(canvas, margin, -margin, margin, -margin)

	title := at(bold(t.letters(t.Title, ink)), text.XLeft, text.YTop)
	for _, line := range wrap(title, c.labels.Title, area.Max.X-area.Min.X) {
		area.FillText(title, vg.Point{X: area.Min.X, Y: area.Max.Y}, line)
		area.Max.Y -= px(t.Title * 1.25)
	}
	if c.labels.Title != "" {
		area.Max.Y -= t.em(0.15)
	}

	small := at(t.letters(t.Caption, dim), text.XLeft, text.YBottom)
	lines := wrap(small, c.Caption(), area.Max.X-area.Min.X)
	for i := len(lines) - 1; i >= 0; i-- {
		area.FillText(small, vg.Point{X: area.Min.X, Y: area.Min.Y}, lines[i])
		area.Min.Y += px(t.Caption * 1.3)
	}
	if len(lines) > 0 {
		area.Min.Y += t.em(0.45)
	}
	return area
}

// inside draws the legend and the data.
func (c *Chart) inside(area draw.Canvas) {
	area.Max.Y = c.legend(area)
	c.plot.Draw(c.axes(area))
}

// axes writes the labels of the axes, centred on the data, and returns what is left of area. gonum would place them
// itself, but on a logarithmic axis it takes the mean of the range for the centre and makes room on the wrong side.
func (c *Chart) axes(area draw.Canvas) draw.Canvas {
	t := c.theme
	style := at(t.letters(t.Label, ink), text.XCenter, text.YBottom)
	rest := area
	if c.labels.X != "" {
		rest.Min.Y += px(t.Label * 1.35)
	}
	var up []string // the label of Y, in as many lines as its height asks for
	if c.labels.Y != "" {
		up = wrap(style, c.labels.Y, area.Max.Y-area.Min.Y)
		rest.Min.X += px(t.Label * (0.4 + 1.35*float64(len(up))))
	}
	data := c.plot.DataCanvas(rest)
	if c.labels.X != "" {
		area.FillText(style, vg.Point{X: data.Center().X, Y: area.Min.Y}, c.labels.X)
	}
	for i, line := range up {
		middle := min(data.Center().Y, area.Max.Y-style.Width(line)/2) // below the legend
		turned := style
		turned.Rotation, turned.YAlign = math.Pi/2, text.YTop
		area.FillText(turned, vg.Point{X: area.Min.X + px(t.Label*1.35*float64(i)), Y: middle}, line)
	}
	return rest
}

// Key is an entry of the legend: a name and how its data look.
type Key struct {
	Name  string
	Color color.Color
	Mark  Mark
}

// Mark is the shape that a legend entry shows.
type Mark int

const (
	Dot  Mark = iota // a filled point
	Ring             // a hollow point
	Line             // a line
	Dash             // a dashed line
	Area             // a filled rectangle
)

// legend draws the keys in rows below the top of area and returns the height at which the data begin.
func (c *Chart) legend(area draw.Canvas) vg.Length {
	t := c.theme
	style := at(t.letters(t.Tick, ink), text.XLeft, text.YCenter)
	x, y := area.Min.X, area.Max.Y
	for i, k := range c.kind.Keys() {
		width := t.em(2.1) + style.Width(k.Name) + t.em(1.1)
		switch {
		case i == 0:
			y -= t.em(0.7)
		case x+width-t.em(1.1) > area.Max.X:
			x, y = area.Min.X, y-t.em(1.4)
		}
		c.mark(area, k, x, y)
		area.FillText(style, vg.Point{X: x + t.em(2.1), Y: y + t.em(0.1)}, k.Name)
		x += width
	}
	if y == area.Max.Y {
		return y - t.em(0.3)
	}
	return y - t.em(1)
}

func (c *Chart) mark(area draw.Canvas, k Key, x, y vg.Length) {
	t := c.theme
	left, right, middle := x, x+t.em(1.6), x+t.em(0.8)
	switch k.Mark {
	case Line:
		area.StrokeLine2(t.line(k.Color), left, y, right, y)
	case Dash:
		area.StrokeLine2(t.dashed(k.Color), left, y, right, y)
	case Area:
		box(area, k.Color, left+t.em(0.2), y-t.em(0.4), right-t.em(0.2), y+t.em(0.4))
	case Ring:
		ring(area, t, k.Color, vg.Point{X: middle, Y: y})
	default:
		area.DrawGlyph(t.dot(k.Color), vg.Point{X: middle, Y: y})
	}
}
