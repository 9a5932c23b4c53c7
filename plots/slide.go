package plots

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"interleave/plots/canvas"
)

// ChartMIME is the type under which a bundle carries a chart for slides; see [SlideChart].
const ChartMIME = "application/vnd.interleave.chart+json"

// SlideChart is a chart as a slide shows it. It travels in the bundle of a chart, beside the picture for the
// notebook; front ends ignore types that they do not know.
type SlideChart struct {
	Title   string  `json:"title"`
	Caption string  `json:"caption"`
	Alt     string  `json:"alt"`
	Width   int     `json:"width"`  // of the drawing, in CSS pixels
	Height  int     `json:"height"` //
	Top     float64 `json:"top"`    // height of the title in the drawing, in CSS pixels: a slide that sets it itself cuts it off
	Bottom  float64 `json:"bottom"` // height of the caption
	Letter  float64 `json:"letter"` // height of the smallest letters between the two
	SVG     string  `json:"svg"`    // gzip, base64
}

// ForSlide draws the chart again in the theme for slides, as wide as a slide and in its own proportions, at most as
// high as a slide. A chart that has another theme than that for notebooks keeps it.
func (c *Chart) ForSlide() (SlideChart, error) {
	s := c
	if c.theme.Name == Notebook().Name {
		t := Slide()
		height := min(t.Height, t.Width*c.theme.Height/c.theme.Width)
		again, err := NewChart(t.Sized(t.Width, height), c.labels, c.kind)
		if err != nil {
			return SlideChart{}, err
		}
		s = again
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return SlideChart{}, err
	}
	svg, letter, err := s.svg()
	if err == nil {
		_, err = w.Write(svg)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return SlideChart{}, fmt.Errorf("draw chart for slides: %w", err)
	}
	top, bottom := s.bands()
	return SlideChart{
		Title: s.labels.Title, Caption: s.Caption(), Alt: s.Alt(),
		Width: s.theme.Width, Height: s.theme.Height, Top: top, Bottom: bottom, Letter: letter,
		SVG: base64.StdEncoding.EncodeToString(packed.Bytes()),
	}, nil
}

// svg is the chart as an SVG document, and the height in CSS pixels of the smallest letters between title and caption.
func (c *Chart) svg() (document []byte, letter float64, err error) {
	w, h := c.size()
	to := &ruler{SVG: canvas.NewSVG(w, h)}
	area := c.around(draw.NewCanvas(to, w, h))
	to.least = px(min(c.theme.Tick, c.theme.Label))
	c.inside(area)
	var buf bytes.Buffer
	if _, err := to.WriteTo(&buf); err != nil {
		return nil, 0, err
	}
	return describe(buf.Bytes(), c.Alt()), float64(to.least) / pointsPerPixel, nil
}

// ruler is a canvas that remembers the height of the smallest letters it was asked for.
type ruler struct {
	*canvas.SVG
	least vg.Length // at first an upper bound
}

func (r *ruler) FillString(face font.Face, pt vg.Point, s string) {
	if strings.TrimSpace(s) != "" {
		r.least = min(r.least, face.Font.Size)
	}
	r.SVG.FillString(face, pt, s)
}

// bands are the heights in CSS pixels of what [Chart.Draw] puts above and below data and legend.
func (c *Chart) bands() (top, bottom float64) {
	t := c.theme
	room := px(float64(t.Width)) - 2*t.em(0.8)
	upper, lower := t.em(0.8), t.em(0.8)
	upper += vg.Length(len(wrap(bold(t.letters(t.Title, ink)), c.labels.Title, room))) * px(t.Title*1.25)
	lower += vg.Length(len(wrap(t.letters(t.Caption, dim), c.Caption(), room))) * px(t.Caption*1.3)
	return float64(upper) / pointsPerPixel, float64(lower) / pointsPerPixel
}
