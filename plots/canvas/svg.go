package canvas

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgsvg"

	"interleave/plots/letters"
)

// SVG is a canvas for an SVG document. Text stays text, which can be selected and searched, and the document carries the
// letters that it uses as fonts. Letters that no font here has are left to the fonts of the document's reader.
type SVG struct {
	*vgsvg.Canvas
	edge    vg.Length
	missing letters.Missing
	texts   []*text
}

// text is what is written in one face, and in the fonts that help out.
type text struct {
	style styleOf
	fonts []*embedded
}

// styleOf is how a document names a face.
type styleOf struct {
	family string
	weight xfont.Weight
	style  xfont.Style
}

// embedded is a font of which a document carries what it uses.
type embedded struct {
	font *sfnt.Font
	use  letters.Use
}

// NewSVG returns a canvas of the given size.
func NewSVG(width, height vg.Length) *SVG {
	return &SVG{Canvas: vgsvg.NewWith(vgsvg.UseWH(width, height))}
}

// Missing implements letters.Writer.
func (c *SVG) Missing() *letters.Missing { return &c.missing }

// Edge makes text from now on the outlines of its letters, as wide as given: a white edge behind a text that is written
// next. With 0 text is text again.
func (c *SVG) Edge(width vg.Length) { c.edge = width }

// FillString implements vg.Canvas.
func (c *SVG) FillString(face font.Face, pt vg.Point, s string) {
	runs := textRuns(c, c.edge, face, pt, s)
	if len(runs) == 0 {
		return
	}
	t := c.text(face)
	for _, r := range runs {
		c.missing.Add(r.Lost)
		if r.Lost == "" {
			t.embed(r.Face.Face).use.Add(r.Text)
		}
	}
	c.Canvas.FillString(face, pt, letters.Printable(s))
}

// text is what is written in a face.
func (c *SVG) text(face font.Face) *text {
	var buf sfnt.Buffer
	family, err := face.Face.Name(&buf, sfnt.NameIDFamily)
	if err != nil {
		family = string(face.Font.Typeface)
	}
	style := styleOf{family, face.Font.Weight, face.Font.Style}
	for _, t := range c.texts {
		if t.style == style {
			return t
		}
	}
	t := &text{style: style}
	t.embed(face.Face)
	c.texts = append(c.texts, t)
	return t
}

func (t *text) embed(f *sfnt.Font) *embedded {
	for _, e := range t.fonts {
		if e.font == f {
			return e
		}
	}
	e := &embedded{font: f}
	t.fonts = append(t.fonts, e)
	return e
}

// named is how vgsvg names a face, in the style of a text. In what is written no quotation mark stands, so that no text is
// taken for a style.
var named = regexp.MustCompile(`style="font-family:([^;"]*);font-variant:[^;"]*;font-weight:([^;"]*);font-style:([^;"]*)`)

// WriteTo implements io.WriterTo.
func (c *SVG) WriteTo(w io.Writer) (int64, error) {
	var buf bytes.Buffer
	if _, err := c.Canvas.WriteTo(&buf); err != nil {
		return 0, err
	}
	var rules strings.Builder
	families := map[string]string{}
	for _, t := range c.texts {
		weight, style := t.style.css()
		var own []string
		for _, e := range t.fonts {
			name, data, err := e.packed()
			if err != nil {
				continue // the reader's fonts do
			}
			own = append(own, name)
			fmt.Fprintf(&rules, "@font-face{font-family:%s;font-weight:%s;font-style:%s;src:url(data:font/woff;base64,%s) format(\"woff\")}\n",
				name, weight, style, base64.StdEncoding.EncodeToString(data))
		}
		families[t.style.family+";"+weight+";"+style] = strings.Join(append(own, similar(t.style.family)...), ",")
	}
	svg := named.ReplaceAllFunc(buf.Bytes(), func(found []byte) []byte {
		m := named.FindSubmatch(found)
		list, ok := families[string(bytes.Join(m[1:], []byte(";")))]
		if !ok {
			return found
		}
		return fmt.Appendf(nil, `style="font-family:%s;font-variant:none;font-weight:%s;font-style:%s`, list, m[2], m[3])
	})
	// Lines are joined as in pictures of pixels.
	svg = bytes.Replace(svg, []byte("<g "), []byte(`<g stroke-linejoin="round" xml:space="preserve" `), 1)
	if at := bytes.Index(svg, []byte("<g ")); at >= 0 && rules.Len() > 0 {
		svg = slices.Concat(svg[:at], []byte("<style>\n"+rules.String()+"</style>\n"), svg[at:])
	}
	n, err := w.Write(svg)
	return int64(n), err
}

// packed is the font for a document, under a name that no other has: documents of several charts hold fonts of several.
func (e *embedded) packed() (name string, woff []byte, err error) {
	ttf, err := letters.Subset(e.font, &e.use, "LettersOfAChart")
	if err != nil {
		return "", nil, err
	}
	woff, err = letters.WOFF(ttf)
	return fmt.Sprintf("chart-%x", sha256.Sum256(ttf))[:14], woff, err
}

// css are the weight and the style as vgsvg writes them.
func (s styleOf) css() (weight, style string) {
	weight, style = "normal", "normal"
	switch {
	case s.weight == xfont.WeightBold:
		weight = "bold"
	case s.weight != xfont.WeightNormal:
		weight = fmt.Sprint(400 + 100*int(s.weight))
	}
	switch s.style {
	case xfont.StyleItalic:
		style = "italic"
	case xfont.StyleOblique:
		style = "oblique"
	}
	return weight, style
}

// similar are fonts for readers that do not take the document's: those of the same widths first.
func similar(family string) []string {
	switch {
	case strings.Contains(family, "Mono"):
		return []string{family, "Courier New", "monospace"}
	case strings.Contains(family, "Serif"):
		return []string{family, "Times New Roman", "Times", "serif"}
	}
	return []string{family, "Arial", "Helvetica", "sans-serif"}
}
