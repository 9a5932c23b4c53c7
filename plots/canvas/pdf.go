package canvas

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"strings"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/sfnt"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"

	"interleave/plots/letters"
)

// PDF is a canvas for a PDF document of one page. gonum's own knows the letters of western Europe only. Here text stays
// text, which can be selected and searched, in all letters of Unicode's first plane, and the document carries the letters
// that it uses as fonts. Other letters are shapes.
//
// What is drawn is kept until WriteTo, when all letters are known.
type PDF struct {
	width, height vg.Length
	state         style
	stack         []style
	edge          vg.Length
	missing       letters.Missing
	fonts         []*embedded
	drawn         []func(*fpdf.Fpdf)
	images        int
}

// NewPDF returns a canvas of the given size.
func NewPDF(width, height vg.Length) *PDF {
	c := &PDF{width: width, height: height}
	vg.Initialize(c)
	return c
}

// Missing implements letters.Writer.
func (c *PDF) Missing() *letters.Missing { return &c.missing }

// Edge makes text from now on the outlines of its letters, as [SVG.Edge] does.
func (c *PDF) Edge(width vg.Length) { c.edge = width }

// Size implements vg.CanvasSizer.
func (c *PDF) Size() (width, height vg.Length) { return c.width, c.height }

func (c *PDF) later(draw func(doc *fpdf.Fpdf)) { c.drawn = append(c.drawn, draw) }

// SetLineWidth implements vg.Canvas.
func (c *PDF) SetLineWidth(w vg.Length) {
	c.state.width = w
	c.later(func(doc *fpdf.Fpdf) { doc.SetLineWidth(w.Points()) })
}

// SetLineDash implements vg.Canvas.
func (c *PDF) SetLineDash(pattern []vg.Length, offset vg.Length) {
	dashes := make([]float64, len(pattern))
	for i, d := range pattern {
		dashes[i] = d.Points()
	}
	c.later(func(doc *fpdf.Fpdf) { doc.SetDashPattern(dashes, offset.Points()) })
}

// SetColor implements vg.Canvas.
func (c *PDF) SetColor(clr color.Color) {
	if clr == nil {
		clr = color.Black
	}
	v := color.NRGBA64Model.Convert(clr).(color.NRGBA64)
	r, g, b, alpha := int(v.R>>8), int(v.G>>8), int(v.B>>8), float64(v.A)/math.MaxUint16
	c.later(func(doc *fpdf.Fpdf) {
		doc.SetFillColor(r, g, b)
		doc.SetDrawColor(r, g, b)
		doc.SetTextColor(r, g, b)
		doc.SetAlpha(alpha, "Normal")
	})
}

// Rotate implements vg.Canvas.
func (c *PDF) Rotate(radians float64) {
	c.later(func(doc *fpdf.Fpdf) { doc.TransformRotate(-radians*180/math.Pi, 0, 0) })
}

// Translate implements vg.Canvas.
func (c *PDF) Translate(pt vg.Point) {
	c.later(func(doc *fpdf.Fpdf) { doc.TransformTranslate(pt.X.Points(), pt.Y.Points()) })
}

// Scale implements vg.Canvas.
func (c *PDF) Scale(x, y float64) {
	c.later(func(doc *fpdf.Fpdf) { doc.TransformScale(100*x, 100*y, 0, 0) })
}

// Push implements vg.Canvas.
func (c *PDF) Push() {
	c.stack = append(c.stack, c.state)
	c.later((*fpdf.Fpdf).TransformBegin)
}

// Pop implements vg.Canvas.
func (c *PDF) Pop() {
	c.state, c.stack = c.stack[len(c.stack)-1], c.stack[:len(c.stack)-1]
	c.later((*fpdf.Fpdf).TransformEnd)
}

// Stroke implements vg.Canvas.
func (c *PDF) Stroke(p vg.Path) {
	if c.state.width > 0 {
		c.path(p, "D")
	}
}

// Fill implements vg.Canvas.
func (c *PDF) Fill(p vg.Path) { c.path(p, "F") }

func (c *PDF) path(p vg.Path, how string) {
	p = append(vg.Path(nil), p...) // the caller may use its own again
	c.later(func(doc *fpdf.Fpdf) {
		begun := false
		for _, comp := range p {
			x, y := comp.Pos.X.Points(), comp.Pos.Y.Points()
			switch comp.Type {
			case vg.MoveComp:
				doc.MoveTo(x, y)
			case vg.LineComp:
				doc.LineTo(x, y)
			case vg.ArcComp:
				arc(doc, comp, begun)
			case vg.CurveComp:
				if len(comp.Control) == 1 {
					doc.CurveTo(comp.Control[0].X.Points(), comp.Control[0].Y.Points(), x, y)
				} else {
					doc.CurveBezierCubicTo(comp.Control[0].X.Points(), comp.Control[0].Y.Points(), comp.Control[1].X.Points(), comp.Control[1].Y.Points(), x, y)
				}
			case vg.CloseComp:
				doc.ClosePath()
			}
			begun = true
		}
		doc.DrawPath(how)
	})
}

// arc draws an arc as curves of at most a quarter of the circle each. fpdf's own ends the path before.
func arc(doc *fpdf.Fpdf, comp vg.PathComp, begun bool) {
	parts := max(1, int(math.Ceil(math.Abs(comp.Angle)/(math.Pi/2)-1e-9)))
	step := comp.Angle / float64(parts)
	k := 4.0 / 3 * math.Tan(step/4)
	r, cx, cy := comp.Radius.Points(), comp.Pos.X.Points(), comp.Pos.Y.Points()
	sin, cos := math.Sincos(comp.Start)
	if begun {
		doc.LineTo(cx+r*cos, cy+r*sin)
	} else {
		doc.MoveTo(cx+r*cos, cy+r*sin)
	}
	for i := range parts {
		sin2, cos2 := math.Sincos(comp.Start + step*float64(i+1))
		doc.CurveBezierCubicTo(cx+r*(cos-k*sin), cy+r*(sin+k*cos), cx+r*(cos2+k*sin2), cy+r*(sin2-k*cos2), cx+r*cos2, cy+r*sin2)
		sin, cos = sin2, cos2
	}
}

// FillString implements vg.Canvas.
func (c *PDF) FillString(face font.Face, pt vg.Point, s string) {
	for _, r := range textRuns(c, c.edge, face, pt, s) {
		c.missing.Add(r.Lost)
		if r.Lost != "" || strings.ContainsFunc(r.Text, func(r rune) bool { return r > 0xffff }) {
			c.Fill(glyphs([]letters.Run{r}, pt))
		} else {
			c.write(r, pt)
		}
		pt.X += r.Width()
	}
}

// write writes a run. PDF knows no kerning: a part of the text that is moved by it begins at a place of its own.
func (c *PDF) write(r letters.Run, pt vg.Point) {
	family, e := c.embed(r.Face.Face)
	e.use.Add(r.Text)
	size := r.Face.Font.Size
	x := pt.X
	for _, part := range kerned(r) {
		at := x + part.at
		c.later(func(doc *fpdf.Fpdf) {
			doc.TransformBegin()
			doc.SetFont(family, "", size.Points()/2) // fpdf writes a font only when it changes, and knows nothing of what TransformEnd takes back
			doc.SetFont(family, "", size.Points())
			doc.TransformTranslate(at.Points(), pt.Y.Points())
			doc.TransformScale(100, -100, 0, 0) // the page stands on its head, see WriteTo
			doc.Text(0, 0, part.text)
			doc.TransformEnd()
		})
	}
}

// part is a part of a text without kerning inside, and where it begins.
type part struct {
	text string
	at   vg.Length
}

func kerned(r letters.Run) (parts []part) {
	all := []rune(r.Text)
	begin, from := 0, vg.Length(0)
	for i := 1; i < len(all); i++ {
		pair := r.Face.Width(string(all[i-1:i+1])) - r.Face.Width(string(all[i-1:i])) - r.Face.Width(string(all[i:i+1]))
		if pair > 1e-9 || pair < -1e-9 {
			parts = append(parts, part{string(all[begin:i]), from})
			begin, from = i, r.Face.Width(string(all[:i+1]))-r.Face.Width(string(all[i:i+1]))
		}
	}
	return append(parts, part{string(all[begin:]), from})
}

func (c *PDF) embed(f *sfnt.Font) (family string, e *embedded) {
	for i, e := range c.fonts {
		if e.font == f {
			return fmt.Sprint("letters", i), e
		}
	}
	e = &embedded{font: f}
	c.fonts = append(c.fonts, e)
	return fmt.Sprint("letters", len(c.fonts)-1), e
}

// DrawImage implements vg.Canvas.
func (c *PDF) DrawImage(rect vg.Rectangle, img image.Image) {
	var buf bytes.Buffer
	err := png.Encode(&buf, img)
	c.images++
	name := fmt.Sprintf("image%d", c.images)
	size := rect.Size()
	c.later(func(doc *fpdf.Fpdf) {
		if err != nil {
			doc.SetError(err)
			return
		}
		how := fpdf.ImageOptions{ImageType: "png"}
		doc.RegisterImageOptionsReader(name, how, &buf)
		doc.TransformBegin()
		doc.TransformTranslate(rect.Min.X.Points(), rect.Max.Y.Points())
		doc.TransformScale(100, -100, 0, 0)
		doc.ImageOptions(name, 0, 0, size.X.Points(), size.Y.Points(), false, how, 0, "")
		doc.TransformEnd()
	})
}

// WriteTo implements io.WriterTo.
func (c *PDF) WriteTo(w io.Writer) (int64, error) {
	doc := fpdf.NewCustom(&fpdf.InitType{UnitStr: "pt", Size: fpdf.SizeType{Wd: c.width.Points(), Ht: c.height.Points()}})
	doc.SetMargins(0, 0, 0)
	doc.SetAutoPageBreak(false, 0)
	for i, e := range c.fonts {
		ttf, err := letters.Subset(e.font, &e.use, "LettersOfAChart")
		if err != nil {
			return 0, fmt.Errorf("write the fonts of a PDF: %w", err)
		}
		doc.AddUTF8FontFromBytes(fmt.Sprint("letters", i), "", ttf)
	}
	doc.AddPage()
	doc.SetLineJoinStyle("round")
	doc.TransformBegin() // fpdf measures from the upper left corner downwards
	doc.TransformTranslate(0, c.height.Points())
	doc.TransformScale(100, -100, 0, 0)
	for _, draw := range c.drawn {
		draw(doc)
	}
	for range len(c.stack) + 1 {
		doc.TransformEnd()
	}
	var buf bytes.Buffer
	if err := doc.Output(&buf); err != nil {
		return 0, fmt.Errorf("write a PDF: %w", err)
	}
	return buf.WriteTo(w)
}
