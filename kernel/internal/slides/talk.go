package slides

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Evidence is a cell that shows today what a page of a talk has said.
type Evidence struct {
	Page     int    // of the talk, from 1
	Item     string // what the page says
	Notebook string // the beginning of the source's name, such as 05
	Cell     string // its id
	Chart    bool   // the cell shows one
}

// divider begins the item of a page that only names a part of the talk.
const divider = "part: "

// Replay makes a deck in the order of a talk of so many pages: one slide a page, with the first evidence there is for
// it, a chart before anything else. A page without evidence, or one that names a part, is a slide that says so.
func (c Converter) Replay(ctx context.Context, name, title string, total int, sources []Source, evidence []Evidence) (Deck, error) {
	pages := []page{markdown(name+".title", "title", fmt.Sprintf("# %s\n\nThe talk's %d pages in its order, each with evidence of today.", title, total))}
	for n := 1; n <= total; n++ {
		own := slices.DeleteFunc(slices.Clone(evidence), func(e Evidence) bool { return e.Page != n })
		id := fmt.Sprintf("%s.%d", name, n)
		if len(own) == 0 {
			pages = append(pages, markdown(id, "divider", fmt.Sprintf("## Page %d\n\nThe notebooks have nothing of this page.", n)))
			continue
		}
		best := own[max(0, slices.IndexFunc(own, func(e Evidence) bool { return e.Chart }))]
		if part, ok := strings.CutPrefix(best.Item, divider); ok {
			pages = append(pages, markdown(id, "divider", fmt.Sprintf("<p class=\"page\">page %d of %d</p>\n\n# %s", n, total, strings.ToUpper(part[:1])+part[1:])))
			continue
		}
		cell, err := find(sources, best)
		if err != nil {
			return Deck{}, err
		}
		var meta = page{"slideshow": page{"slide_type": "-"}}
		if hidden, ok := cell["transient"]; ok {
			meta["transient"] = hidden
			delete(cell, "transient")
		}
		cell["metadata"] = meta
		label := fmt.Sprintf("<p class=\"page\">page %d of %d: %s. Notebook %s, cell %s</p>", n, total, best.Item, best.Notebook, best.Cell)
		pages = append(pages, markdown(id, "", label), cell)
		for i, more := range foldTable(cell) {
			text := markdown(fmt.Sprintf("%s.%d", id, i+2), "", label+"\n\n"+more)
			text["metadata"].(page)["slideshow"] = page{"slide_type": "subslide"}
			pages = append(pages, text)
		}
	}
	decks := []Deck{{Name: name, Title: title}}
	err := c.convert(ctx, decks, [][]page{pages})
	return decks[0], err
}

// find is the cell that evidence names.
func find(sources []Source, e Evidence) (page, error) {
	for _, s := range sources {
		if !strings.HasPrefix(s.Name, e.Notebook) {
			continue
		}
		for _, c := range s.Notebook.Cells {
			if c.ID() == e.Cell {
				return s.page(c), nil
			}
		}
		return nil, fmt.Errorf("%s has no cell %s, which page %d of the talk needs", s.Name, e.Cell, e.Page)
	}
	return nil, fmt.Errorf("page %d of the talk needs notebook %s, which is not among those given", e.Page, e.Notebook)
}

// rowsOnSlide is how many rows of a table are on a slide when it is long.
const rowsOnSlide = 6

// foldTable shortens the first long table that a cell shows, and returns the rest of it as tables of the same head, each
// for a slide of its own below the first.
func foldTable(cell page) (rest []string) {
	outputs, _ := cell["outputs"].([]any)
	for _, o := range outputs {
		data, _ := o.(page)["data"].(page)
		text, _ := data["text/html"].(string)
		head, body, ok := strings.Cut(text, "<tbody>")
		body, foot, ends := strings.Cut(body, "</tbody>")
		rows := strings.SplitAfter(strings.TrimSpace(body), "</tr>")
		rows = slices.DeleteFunc(rows, func(r string) bool { return strings.TrimSpace(r) == "" })
		if !ok || !ends || strings.Count(head, "<table") != 1 || len(rows) < rowsOnSlide+4 {
			continue
		}
		var tables []string
		for part := range slices.Chunk(rows, rowsOnSlide) {
			tables = append(tables, head+"<tbody>"+strings.Join(part, "")+"</tbody>"+foot)
		}
		data["text/html"] = tables[0]
		for _, t := range tables[1:] { // a blank line would end the table in Markdown
			rest = append(rest, strings.ReplaceAll(strings.ReplaceAll(t, "\n\n", "\n"), "\t", " "))
		}
		return rest
	}
	return nil
}
