package slides

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"html"
	"image/png"
	"io"
	"regexp"
	"strings"
)

// chartMIME is the type under which package plots puts the chart for slides into a bundle.
const chartMIME = "application/vnd.interleave.chart+json"

// largestDrawing bounds what a packed drawing may unpack to.
const largestDrawing = 32 << 20

// Chart is a chart that a cell shows. It is a drawing, or a picture where the notebook holds nothing better.
type Chart struct {
	Notebook, Cell string // Notebook is the name of the source
	Number         int    // from 1 among the charts of the cell
	Alone          bool   // the cell has no other

	Title, Caption, Alt string
	Width, Height       float64 // of the drawing, in CSS pixels; of a picture, in its own
	SVG                 []byte  // the drawing, or
	PNG                 []byte  // the picture

	top, bottom, letter float64 // see plots.SlideChart
}

// File is the name of the chart's files without extension: notebook and cell, and a number if the cell has several.
func (c Chart) File() string {
	name := c.Notebook + "-" + c.Cell
	if !c.Alone {
		name += fmt.Sprintf("-%d", c.Number)
	}
	return name
}

// Charts are all charts of a notebook, those of cells that are not on a slide too.
func (s Source) Charts() []Chart {
	var all []Chart
	for i, cell := range s.Notebook.Cells {
		var own []Chart
		for _, o := range cell.Outputs() {
			if c, ok := chartOf(o); ok {
				c.Notebook, c.Cell, c.Number = s.Name, cellName(cell, i), len(own)+1
				own = append(own, c)
			}
		}
		if len(own) == 1 {
			own[0].Alone = true
		}
		all = append(all, own...)
	}
	return all
}

// chartOf takes the chart out of an output.
func chartOf(o map[string]any) (Chart, bool) {
	data, _ := o["data"].(map[string]any)
	if m, ok := data[chartMIME].(map[string]any); ok {
		if c, err := drawing(m); err == nil {
			return c, true
		}
	}
	text, ok := data["image/png"].(string)
	if !ok {
		return Chart{}, false
	}
	picture, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(strings.TrimSpace(text), "\n", ""))
	if err != nil {
		return Chart{}, false
	}
	size, err := png.DecodeConfig(bytes.NewReader(picture))
	if err != nil {
		return Chart{}, false
	}
	c := Chart{PNG: picture, Width: float64(size.Width), Height: float64(size.Height)}
	c.Alt, _ = data["text/plain"].(string)
	c.Alt, _, _ = strings.Cut(c.Alt, "\n")
	return c, true
}

func drawing(m map[string]any) (Chart, error) {
	text := func(key string) string { s, _ := m[key].(string); return s }
	packed, err := base64.StdEncoding.DecodeString(text("svg"))
	if err != nil {
		return Chart{}, err
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return Chart{}, err
	}
	svg, err := io.ReadAll(io.LimitReader(r, largestDrawing))
	if err != nil {
		return Chart{}, err
	}
	c := Chart{
		Title: text("title"), Caption: text("caption"), Alt: text("alt"), SVG: svg,
		Width: number(m["width"]), Height: number(m["height"]),
		top: number(m["top"]), bottom: number(m["bottom"]), letter: number(m["letter"]),
	}
	if c.Width < 1 || c.Height < 1 || !root.Match(svg) {
		return Chart{}, fmt.Errorf("a chart of %g x %g", c.Width, c.Height)
	}
	return c, nil
}

// root is the first tag of a drawing, whose size is replaced.
var root = regexp.MustCompile(`<svg[^>]*>`)

// Inline is the drawing as an element of an HTML page.
func (c Chart) Inline() string {
	at := root.FindIndex(c.SVG)
	return string(c.SVG[at[0]:])
}

// cropped is the drawing without its title and caption, which the slide sets itself.
func (c Chart) cropped() (svg []byte, height float64) {
	height = c.Height - c.top - c.bottom
	// The drawing's own unit is the point, and its view box is that of the whole chart.
	const unit = 72.0 / 96
	tag := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="%g" height="%g" viewBox="0 %g %g %g">`,
		c.Width, height, c.top*unit, c.Width*unit, height*unit)
	at := root.FindIndex(c.SVG)
	return append(append([]byte(tag), c.SVG[at[1]:]...), '\n'), height
}

// figure is the chart as HTML.
func (c Chart) figure() string {
	picture := func(class, mime string, data []byte, width, height float64, more string) string {
		return fmt.Sprintf(`<div class="%s" style="aspect-ratio: %g / %g"><img alt="%s" width="%g" height="%g"%s src="data:%s;base64,%s"></div>`,
			class, width, height, html.EscapeString(c.Alt), width, height, more, mime, base64.StdEncoding.EncodeToString(data))
	}
	if c.SVG == nil {
		return `<figure class="chart">` + picture("drawing picture", "image/png", c.PNG, c.Width, c.Height, "") + `</figure>`
	}
	svg, height := c.cropped()
	var b strings.Builder
	b.WriteString(`<figure class="chart">`)
	if c.Title != "" {
		fmt.Fprintf(&b, `<div class="title">%s</div>`, html.EscapeString(c.Title))
	}
	b.WriteString(picture("drawing", "image/svg+xml", svg, c.Width, height, fmt.Sprintf(` data-letter="%g"`, c.letter)))
	if c.Caption != "" {
		fmt.Fprintf(&b, `<div class="caption">%s</div>`, html.EscapeString(c.Caption))
	}
	b.WriteString(`</figure>`)
	return b.String()
}
