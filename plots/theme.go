package plots

import (
	"image/color"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"interleave/plots/letters"
)

// Theme is the size of a chart and of what is in it. The zero value is not usable: start from [Notebook] or
// [Slide] and change Width or Height to give a chart more room.
type Theme struct {
	Name          string
	Width, Height int // in CSS pixels (1/96 inch)

	// Sizes in CSS pixels.
	Title, Label, Tick, Caption float64 // letters
	Line                        float64 // width of a data line
	Dot                         float64 // radius of a data point
}

// Notebook is the theme for reading at the desk: 640 x 400 CSS pixels.
func Notebook() Theme {
	return Theme{Name: "notebook", Width: 640, Height: 400, Title: 16, Label: 13.5, Tick: 13, Caption: 11, Line: 2, Dot: 3.4}
}

// Slide is the theme for the wall: 1280 x 720 CSS pixels, no letter below 1/40 of the height except the caption.
func Slide() Theme {
	return Theme{Name: "slide", Width: 1280, Height: 720, Title: 34, Label: 27, Tick: 26, Caption: 18, Line: 4, Dot: 7}
}

// Sized returns the theme with another size in CSS pixels; letters stay as they are.
func (t Theme) Sized(width, height int) Theme {
	t.Width, t.Height = width, height
	return t
}

const pointsPerPixel = 72.0 / 96 // CSS defines a pixel as 1/96 inch

// px converts CSS pixels to the canvas's unit.
func px(v float64) vg.Length { return vg.Length(v * pointsPerPixel) }

// em is the unit of distance: the height of a tick label's letters.
func (t Theme) em(v float64) vg.Length { return px(t.Tick * v) }

func (t Theme) thin() draw.LineStyle { return draw.LineStyle{Color: faint, Width: px(t.Line / 2)} }

func (t Theme) line(c color.Color) draw.LineStyle {
	return draw.LineStyle{Color: c, Width: px(t.Line)}
}

func (t Theme) dashed(c color.Color) draw.LineStyle {
	d := px(t.Line)
	return draw.LineStyle{Color: c, Width: d * 0.8, Dashes: []vg.Length{4 * d, 2.5 * d}}
}

func (t Theme) dot(c color.Color) draw.GlyphStyle {
	return draw.GlyphStyle{Color: c, Radius: px(t.Dot), Shape: draw.CircleGlyph{}}
}

// handler sets text plainly, with the fonts that are compiled in, and for letters that they lack with the system's. It is never
// changed.
var handler = letters.Handler{Plain: text.Plain{Fonts: font.NewCache(liberation.Collection())}}

func (t Theme) letters(size float64, c color.Color) text.Style {
	return text.Style{
		Color: c, Handler: handler,
		Font: font.Font{Typeface: "Liberation", Variant: "Sans", Size: px(size)},
	}
}

func bold(s text.Style) text.Style {
	s.Font.Weight = stdfont.WeightBold
	return s
}

func at(s text.Style, x text.XAlignment, y text.YAlignment) text.Style {
	s.XAlign, s.YAlign = x, y
	return s
}

// crowded returns the theme with smaller dots if rows share the height of c so that they would touch.
func (t Theme) crowded(c draw.Canvas, rows int) Theme {
	t.Dot = min(t.Dot, float64(c.Max.Y-c.Min.Y)/pointsPerPixel/float64(max(rows, 1))*0.11)
	return t
}

// frame returns an empty plot whose axes follow the theme.
func (t Theme) frame() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	p.TextHandler = handler
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.LineStyle = draw.LineStyle{Color: dim, Width: px(t.Line / 2)}
		axis.Tick.LineStyle = axis.LineStyle
		axis.Tick.Length = px(t.Tick * 0.4)
		axis.Padding = px(t.Tick * 0.3)
		tick, label := t.letters(t.Tick, ink), t.letters(t.Label, ink)
		tick.XAlign, tick.YAlign = axis.Tick.Label.XAlign, axis.Tick.Label.YAlign
		label.XAlign, label.YAlign = axis.Label.TextStyle.XAlign, axis.Label.TextStyle.YAlign
		axis.Tick.Label, axis.Label.TextStyle = tick, label
		axis.Label.Padding = px(t.Tick * 0.3)
		axis.Tick.Marker = ticks{}
	}
	return p
}
