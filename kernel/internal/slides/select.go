package slides

import (
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"strings"

	"interleave/kernel/internal/notebook"
)

// Source is a notebook and the name that its slides and charts begin with.
type Source struct {
	Name     string // such as 05-race-condition
	Notebook *notebook.Notebook
}

// Title is the first heading of the notebook, its name if it has none.
func (s Source) Title() string {
	if title, ok := s.heading(); ok {
		return title
	}
	return s.Name
}

var heading = regexp.MustCompile(`(?m)^#\s+(.+?)\s*$`)

func (s Source) heading() (string, bool) {
	for _, c := range s.Notebook.Cells {
		if c.Type() == "markdown" {
			m := heading.FindStringSubmatch(c.Source())
			return strings.NewReplacer("*", "", "`", "").Replace(strings.Join(m[min(1, len(m)):], "")), m != nil
		}
	}
	return "", false
}

// slideType is what the notebook says of a cell: slide, subslide, fragment, skip, notes or -.
func slideType(c *notebook.Cell) string {
	show, _ := c.Metadata()["slideshow"].(map[string]any)
	t, _ := show["slide_type"].(string)
	if t == "" {
		return "-"
	}
	return t
}

// page is a cell of a notebook that is made for nbconvert.
type page = map[string]any

// pages are the cells that are on slides, as nbconvert shall see them.
func (s Source) pages() []page {
	var list []page
	_, titled := s.heading()
	if !titled {
		list = append(list, markdown(s.Name+".deck", "title", "# "+s.Name))
	}
	var own []*notebook.Cell // of the slide so far
	flush := func() {
		if len(own) > 0 {
			list = append(list, s.notes(own))
		}
		own = nil
	}
	for i, c := range s.Notebook.Cells {
		kind := slideType(c)
		if kind == "skip" || c.Type() == "raw" {
			continue
		}
		if !titled && len(list) == 1 && kind != "notes" {
			kind = "slide" // not on that of the title
		}
		if kind == "slide" || kind == "subslide" {
			flush()
		}
		own = append(own, c)
		p := s.page(c)
		meta := page{"slideshow": page{"slide_type": kind}, "interleave_slide": s.Name + "." + cellName(c, i)}
		if hidden, ok := p["transient"]; ok {
			meta["transient"] = hidden
		}
		if len(list) == 0 {
			meta["interleave_class"] = "title"
		}
		delete(p, "transient")
		p["metadata"] = meta
		list = append(list, p)
	}
	flush()
	return list
}

// notes are what the speaker sees of a slide besides the author's own notes: which cells it is of, what its charts say in
// words, and the code that is left out.
func (s Source) notes(cells []*notebook.Cell) page {
	var names []string
	var b strings.Builder
	for i, c := range cells {
		names = append(names, "`"+cellName(c, i)+"`")
		for _, o := range c.Outputs() {
			if chart, ok := chartOf(o); ok && chart.Alt != "" {
				fmt.Fprintf(&b, "\n\n%s", html.EscapeString(chart.Alt))
			}
		}
		if hidden, _ := s.page(c)["transient"].(page); hidden["remove_source"] == true {
			fmt.Fprintf(&b, "\n\n```go\n%s\n```", c.Source())
		}
	}
	return page{"cell_type": "markdown", "source": fmt.Sprintf("Notebook %s: %s", s.Name, strings.Join(names, ", ")) + b.String(),
		"metadata": page{"slideshow": page{"slide_type": "notes"}}}
}

func cellName(c *notebook.Cell, i int) string {
	if id := c.ID(); id != "" {
		return id
	}
	return fmt.Sprintf("cell-%d", i+1)
}

// markdown is a slide of text that no notebook has.
func markdown(id, class, text string) page {
	return page{"cell_type": "markdown", "source": text, "metadata": page{
		"slideshow": page{"slide_type": "slide"}, "interleave_slide": id, "interleave_class": class,
	}}
}

// page is one cell with what a slide shows of its outputs. Its key transient says that the code is left out.
func (s Source) page(c *notebook.Cell) page {
	p := page{"cell_type": c.Type(), "source": c.Source()}
	if c.Type() != "code" {
		return p
	}
	outputs, chart := []any{}, false
	for _, o := range c.Outputs() {
		shown, isChart := output(o)
		if shown != nil {
			outputs = append(outputs, shown)
		}
		chart = chart || isChart
	}
	p["outputs"], p["execution_count"] = outputs, nil
	hide := chart || c.Tagged("hide-input") || len(outputs) > 0 && isName(c.Source())
	p["transient"] = page{"remove_source": hide && !c.Tagged("show-input")}
	return p
}

var identifier = regexp.MustCompile(`^[\pL_][\pL\d_]*$`)

// isName reports whether a cell only names a value, besides comments.
func isName(source string) bool {
	var code []string
	for line := range strings.Lines(source) {
		line, _, _ = strings.Cut(line, "//")
		if line = strings.TrimSpace(line); line != "" {
			code = append(code, line)
		}
	}
	return len(code) == 1 && identifier.MatchString(code[0])
}

// output is what a slide shows of an output, nil for nothing, and whether it is a chart.
func output(o map[string]any) (shown page, chart bool) {
	switch o["output_type"] {
	case "stream":
		if text, _ := o["text"].(string); o["name"] == "stdout" && strings.TrimSpace(text) != "" {
			return page{"output_type": "stream", "name": "stdout", "text": strings.TrimRight(text, "\n")}, false
		}
		return nil, false
	case "error":
		text := fmt.Sprint(o["ename"], ": ", o["evalue"])
		return page{"output_type": "stream", "name": "stdout", "text": text}, false
	}
	data, _ := o["data"].(map[string]any)
	show := func(mime, text string) page {
		return page{"output_type": "display_data", "data": page{mime: text}, "metadata": page{}}
	}
	if c, ok := chartOf(o); ok {
		return show("text/html", c.figure()), true
	}
	for _, mime := range []string{"text/html", "text/markdown", "text/plain"} {
		text, ok := data[mime].(string)
		if !ok {
			continue
		}
		if mime == "text/html" && strings.Contains(text, "<progress") {
			return nil, false
		}
		return show(mime, text), false
	}
	return nil, false
}

// number reads a number of a notebook's tree.
func number(v any) float64 {
	switch n := v.(type) {
	case json.Number:
		f, _ := n.Float64()
		return f
	case float64:
		return n
	}
	return 0
}
