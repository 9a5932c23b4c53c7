package plots

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"interleave/plots/canvas"
)

func (c *Chart) size() (vg.Length, vg.Length) {
	return px(float64(c.theme.Width)), px(float64(c.theme.Height))
}

// Image draws the chart with scale device pixels to a CSS pixel.
func (c *Chart) Image(scale int) image.Image {
	w, h := c.size()
	dotsPerInch := 96 * max(1, scale)
	img := image.NewRGBA(canvas.Bounds(w, h, dotsPerInch))
	c.Draw(draw.New(canvas.New(img, dotsPerInch)))
	return img
}

func (c *Chart) png() ([]byte, error) {
	var buf bytes.Buffer
	encoder := png.Encoder{} // the best compression makes a picture 4 % smaller and takes twice the time
	if err := encoder.Encode(&buf, c.Image(2)); err != nil {
		return nil, fmt.Errorf("encode chart: %w", err)
	}
	return buf.Bytes(), nil
}

// Save writes the chart to a file whose name ends in .svg, .png or .pdf. The PNG has two pixels to a CSS pixel. In SVG and
// PDF text can be selected and searched, and the file carries the letters that it uses as fonts. The SVG carries the
// description as its title. For letters that cannot be drawn see [Chart.Notes].
func (c *Chart) Save(name string) error {
	w, h := c.size()
	var buf bytes.Buffer
	var err error
	switch ext := strings.ToLower(filepath.Ext(name)); ext {
	case ".png":
		var b []byte
		b, err = c.png()
		buf.Write(b)
	case ".svg":
		var b []byte
		b, _, err = c.svg()
		buf.Write(b)
	case ".pdf":
		doc := canvas.NewPDF(w, h)
		c.Draw(draw.NewCanvas(doc, w, h))
		_, err = doc.WriteTo(&buf)
	default:
		return fmt.Errorf("save chart %s: extension %q: want .svg, .png or .pdf", name, ext)
	}
	if err == nil {
		err = os.WriteFile(name, buf.Bytes(), 0o644)
	}
	if err != nil {
		return fmt.Errorf("save chart %s: %w", name, err)
	}
	return nil
}

// Notes say what a reader of the chart should know about its letters, one sentence each: that no font has some of them, so
// that boxes stand for them, and what to do. A cell that shows the chart prints them. There are none for a chart whose
// letters are all there.
func (c *Chart) Notes() []string {
	w, h := c.size()
	var proof canvas.Proof
	c.Draw(draw.NewCanvas(&proof, w, h))
	return proof.Missing().Notes()
}

// describe puts a title into an SVG document, which is what screen readers read.
func describe(svg []byte, alt string) []byte {
	start := bytes.Index(svg, []byte("<svg"))
	end := start + bytes.IndexByte(svg[max(start, 0):], '>') + 1
	if start < 0 || end <= start {
		return svg
	}
	title := []byte("\n<title>" + html.EscapeString(alt) + "</title>")
	return slices.Concat(svg[:end], title, svg[end:])
}

// SimpleRender is the chart as a Jupyter bundle, by MIME type: image/png at twice the pixels; text/html with the
// same picture at its size in CSS pixels, its description, and the data in a table that folds out (plain markup
// that a front end's sanitizer keeps; where it need not sanitize, buttons copy the picture and save it); text/plain with the description and the data; [ChartMIME] with the chart for slides.
func (c *Chart) SimpleRender() map[string]any {
	b, err := c.png()
	if err != nil {
		return map[string]any{"text/plain": err.Error()}
	}
	bundle := map[string]any{"image/png": b, "text/html": c.figure(b), "text/plain": c.String()}
	if slide, err := c.ForSlide(); err == nil { // without it slides show the picture
		bundle[ChartMIME] = slide
	}
	return bundle
}

func (c *Chart) figure(b []byte) string {
	var s strings.Builder
	fmt.Fprintf(&s, `<figure style="margin:0"><img alt="%s" width="%d" height="%d" style="max-width:100%%;height:auto" onload="%s" src="data:image/png;base64,%s">`,
		html.EscapeString(c.Alt()), c.theme.Width, c.theme.Height, fmt.Sprintf(controls, fileName(c.labels.Title)), base64.StdEncoding.EncodeToString(b))
	s.WriteString("<details><summary>Data of this chart</summary>" + c.TableHTML() + "</details></figure>")
	return s.String()
}

// controls puts buttons under the picture, which copy it and save it. A notebook that is not trusted loses the script, and
// so has no buttons that do nothing.
const controls = `this.onload=null;` +
	`const p=document.createElement('p'),add=(text,act)=>{const b=document.createElement('button');b.type='button';b.textContent=text;b.onclick=()=>act(b);p.append(b,' ')};` +
	`add('Copy picture',b=>fetch(this.src).then(r=>r.blob()).then(d=>navigator.clipboard.write([new ClipboardItem({'image/png':d})]))` +
	`.then(()=>b.textContent='Copied',e=>b.textContent='Not copied: '+e.message));` +
	`add('Save PNG',()=>{const a=document.createElement('a');a.href=this.src;a.download='%s.png';a.click()});` +
	`p.className='chart-controls';p.style.margin=0;this.after(p)`

// fileName is a title as the name of a file: letters and digits of ASCII, and hyphens.
func fileName(title string) string {
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	if len(words) == 0 {
		return "chart"
	}
	return strings.Join(words[:min(len(words), 8)], "-")
}

// shownRows is how many rows of its data a chart brings into a notebook. A chart of 30,000 points would weigh 5 MB.
const shownRows = 500

// shortTable is Table with the first rows, and what is said of the others.
func (c *Chart) shortTable() (header []string, rows [][]string, more string) {
	header, rows = c.Table()
	if n := len(rows) - shownRows; n > 1 {
		return header, rows[:shownRows], fmt.Sprintf("… %s more rows, which Table returns", number(float64(n)))
	}
	return header, rows, ""
}

// TableHTML is the data as an HTML table, of at most 500 rows.
func (c *Chart) TableHTML() string {
	header, rows, more := c.shortTable()
	var s strings.Builder
	row := func(tag string, cells []string) {
		s.WriteString("<tr>")
		for _, cell := range cells {
			fmt.Fprintf(&s, "<%s>%s</%s>", tag, html.EscapeString(cell), tag)
		}
		s.WriteString("</tr>\n")
	}
	s.WriteString("<table>\n<thead>")
	row("th", header)
	s.WriteString("</thead>\n<tbody>\n")
	for _, r := range rows {
		row("td", r)
	}
	s.WriteString("</tbody>\n</table>")
	if more != "" {
		s.WriteString("\n<p>" + more + "</p>")
	}
	return s.String()
}

// String is the description, the caption and the data as text, columns apart by tabs, at most 500 rows.
func (c *Chart) String() string {
	header, rows, more := c.shortTable()
	var s strings.Builder
	s.WriteString(c.Alt() + "\n")
	if caption := c.Caption(); caption != "" {
		s.WriteString(caption + "\n")
	}
	s.WriteString("\n" + strings.Join(header, "\t"))
	for _, r := range rows {
		s.WriteString("\n" + strings.Join(r, "\t"))
	}
	if more != "" {
		s.WriteString("\n" + more)
	}
	return s.String()
}
