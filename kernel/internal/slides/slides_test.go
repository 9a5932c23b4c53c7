package slides

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"interleave/kernel/internal/notebook"
	"interleave/kernel/internal/python"
)

// slide is a deck of one slide that holds some HTML.
func slide(text string) Deck {
	return Deck{Name: "broken", Title: "Broken", Sections: `<section><section id="broken.cell">` + text + `</section></section>`}
}

// A deck that is broken in one way is found out for it, and the same deck without the break is not.
func TestCheckFindsFaults(t *testing.T) {
	v := viewer(t)
	const dot = `data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7`
	drawn := func(width, letter int) string {
		svg := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" width="1280" height="400"><rect width="9" height="9"/></svg>`))
		return fmt.Sprintf(`<p><img alt="a chart" data-letter="%d" width="1280" height="400" style="width: %dpx; height: auto" src="data:image/svg+xml;base64,%s"></p>`, letter, width, svg)
	}
	for _, c := range []struct{ name, bad, good, kind string }{
		{"too tall", strings.Repeat("<p>line</p>", 40), strings.Repeat("<p>line</p>", 8), "overflow"},
		{"too wide", `<p style="white-space: nowrap; max-width: none">` + strings.Repeat("word ", 80) + `</p>`, `<p>` + strings.Repeat("word ", 80) + `</p>`, "overflow"},
		{"scrolls", `<div style="overflow: auto; height: 60px">` + strings.Repeat("<p>line</p>", 5) + `</div>`, `<div style="overflow: auto; height: 60px"><p>line</p></div>`, "overflow"},
		{"on another", `<p>under</p><p style="margin-top: -30px">over</p>`, `<p>under</p><p>over</p>`, "overlap"},
		{"small", `<p style="font-size: 17px">read me</p>`, `<p style="font-size: 18px">read me</p>`, "small"},
		{"small in a drawing", drawn(640, 26), drawn(1000, 26), "small"},
		{"faint", `<p style="color: #aaa">read me</p>`, `<p style="color: #666">read me</p>`, "contrast"},
		{"faint on a tint", `<p style="color: #888; background: #ccc">read me</p>`, `<p style="color: #444; background: #ccc">read me</p>`, "contrast"},
		{"no picture", `<p><img alt="gone" src="data:image/png;base64,AAAA" style="width: 90px; height: 90px"></p>`, `<p><img alt="there" src="` + dot + `" style="width: 90px; height: 90px"></p>`, "picture"},
		{"shrunk", `<p><img alt="tiny" src="` + dot + `" style="width: 9px; height: 9px"></p>`, `<p><img alt="there" src="` + dot + `" style="width: 90px; height: 90px"></p>`, "picture"},
	} {
		for _, text := range []string{c.bad, c.good} {
			show(t, v, slide(text), "light")
			n, faults, err := Check(v)
			if err != nil || n != 1 {
				t.Fatalf("%s: %d slides, %v", c.name, n, err)
			}
			found := slices.ContainsFunc(faults, func(f Fault) bool { return f.Kind == c.kind && f.Slide == "broken.cell" })
			if text == c.bad && !found {
				t.Errorf("%s: no fault of kind %s in %v", c.name, c.kind, faults)
			}
			if text == c.good && len(faults) > 0 {
				t.Errorf("%s, mended: %v", c.name, faults)
			}
		}
	}
	if asked := v.Requests(); len(asked) > 0 {
		t.Errorf("requests %q", asked)
	}
	show(t, v, slide(`<p><img alt="far" src="http://127.0.0.1:9/far.png" style="width: 90px; height: 90px"></p>`), "light")
	if _, faults, err := Check(v); err != nil || len(faults) == 0 {
		t.Errorf("a picture of the network: %v, %v", faults, err)
	}
	if asked := v.Requests(); len(asked) != 1 || asked[0] != "http://127.0.0.1:9/far.png" {
		t.Errorf("requests %q", asked)
	}
}

// packed is a chart as package plots puts it into a bundle.
func packed(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, `<?xml version="1.0"?><svg width="960pt" height="300pt" viewBox="0 0 960 300" xmlns="http://www.w3.org/2000/svg"><title>alt</title><rect x="9" y="60" width="900" height="200"/></svg>`); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{"title": "A title", "caption": "n = 6", "alt": "A <chart>", "width": 1280, "height": 400, "top": 60, "bottom": 50, "letter": 26, "svg": %q}`,
		base64.StdEncoding.EncodeToString(b.Bytes()))
}

// small is a notebook of every kind of cell.
func small(t *testing.T) Source {
	t.Helper()
	cell := func(id, kind, slide, source, outputs string) string {
		more := ""
		if kind == "code" {
			more = fmt.Sprintf(`, "execution_count": 1, "outputs": [%s]`, outputs)
		}
		return fmt.Sprintf(`{"cell_type": %q, "id": %q, "metadata": {"slideshow": {"slide_type": %q}}, "source": %q%s}`, kind, id, slide, source, more)
	}
	data := func(bundle string) string {
		return `{"output_type": "display_data", "metadata": {}, "data": ` + bundle + `}`
	}
	png := "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
	chart := data(`{"image/png": "` + png + `", "application/vnd.interleave.chart+json": ` + packed(t) + `}`)
	text := `{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [` + strings.Join([]string{
		cell("intro", "markdown", "slide", "## First `x`", ""),
		cell("left-out", "code", "skip", "hidden := 1", ""),
		cell("run", "code", "-", "work(7)", `{"output_type": "stream", "name": "stderr", "text": "noise"}, `+data(`{"text/html": "<progress max=\"2\"></progress>"}`)+`, {"output_type": "stream", "name": "stdout", "text": "seven\n"}`),
		cell("why", "markdown", "fragment", "Because.", ""),
		cell("say", "markdown", "notes", "Speak slowly.", ""),
		cell("one", "code", "slide", "plots.NewChart(1)", chart),
		cell("two", "code", "subslide", "result // of it", data(`{"text/html": "<table><tr><td>nine</td></tr></table>", "text/plain": "unformatted"}`)),
		cell("pair", "code", "skip", "x", chart+", "+data(`{"image/png": "`+png+`"}`)),
	}, ",") + `]}`
	nb, err := notebook.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return Source{Name: "small", Notebook: nb}
}

// The metadata for slides is followed, and what does not belong on a slide is left out.
func TestDeck(t *testing.T) {
	decks, err := converter(t).Decks(t.Context(), []Source{small(t)})
	if err != nil {
		t.Fatal(err)
	}
	got := decks[0].Sections
	for _, want := range []string{
		`<section class="title" id="small.deck">`, "<h1>small</h1>", `<section id="small.intro">`, `<section id="small.one">`, `<section id="small.two">`,
		`<div class="fragment">`, `<aside class="notes">`, "Speak slowly.", "seven", "work", "nine", `class="title">A title<`, "n = 6", `alt="A &lt;chart&gt;"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%.600s", want, got)
		}
	}
	shown := regexp.MustCompile(`(?s)<aside.*?</aside>`).ReplaceAllString(got, "")
	for _, no := range []string{"hidden", "noise", "<progress", "NewChart", "of it", "unformatted", "small.why", "small.say", "image/png"} {
		if strings.Contains(shown, no) {
			t.Errorf("%s is on a slide", no)
		}
	}
	if opened, closed := strings.Count(got, "<section"), strings.Count(got, "</section>"); opened != closed || opened != 7 {
		t.Errorf("%d sections open and %d close", opened, closed)
	}
	// What a slide leaves out, the speaker sees.
	for _, want := range []string{"small: <code>one</code>", "A &lt;chart&gt;", "NewChart"} {
		if notes := strings.Join(regexp.MustCompile(`(?s)<aside.*?</aside>`).FindAllString(got, -1), ""); !strings.Contains(notes, want) {
			t.Errorf("the notes have no %s:\n%s", want, notes)
		}
	}
	v := viewer(t)
	for _, theme := range Themes() {
		show(t, v, decks[0], theme)
		if n, faults, err := Check(v); n != 4 || len(faults) > 0 || err != nil {
			t.Errorf("%s: %d slides, %v, %v", theme, n, faults, err)
		}
	}
	if front := Join("all", "All", decks).Sections; !strings.Contains(front, `<a href="#/small.deck">small</a>`) {
		t.Errorf("the contents do not lead to the notebook: %.400s", front)
	}
	if _, err := decks[0].HTML("neon"); err == nil || !strings.Contains(err.Error(), "light and dark") {
		t.Errorf("a theme that there is not: %v", err)
	}

	pages, err := Pages(t.Context(), v)
	if err != nil || len(pages) != 4 || pages[1].Title != "First x" || !strings.HasPrefix(pages[1].Notes, "Speak slowly.") {
		t.Fatalf("%d pages, %v, %.300v", len(pages), err, pages)
	}
	env, err := python.Open(t.Context(), python.Options{Set: python.Test})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "small.pptx")
	if err := PowerPoint(t.Context(), env.Program("python"), path, "dark", pages); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), env.Program("python"), "-I", filepath.Join("testdata", "look.py"), path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var looks []struct {
		Title, Notes                 string
		Pictures, Colours            int
		Fills, Below, OnSlide, Sized bool
	}
	if err := json.Unmarshal(out, &looks); err != nil || len(looks) != len(pages) {
		t.Fatalf("%d slides, %v: %s", len(looks), err, out)
	}
	for i, look := range looks {
		if look.Title != pages[i].Title || look.Title == "" || words(look.Notes) != words(pages[i].Notes) {
			t.Errorf("slide %d: title %q, notes %q, want those of %+v", i+1, look.Title, look.Notes, pages[i])
		}
		if look.Pictures != 1 || i > 0 && look.Colours < 20 || !look.Fills || !look.Below || !look.Sized {
			t.Errorf("slide %d: %+v: want one picture that shows more than the title of the first slide, fills the slide and lies below the title, and letters with a size", i+1, look)
		}
		if look.OnSlide == pages[i].Outside {
			t.Errorf("slide %d: its title is on the slide: %t", i+1, look.OnSlide)
		}
	}
	if !pages[3].Outside || pages[3].Title != pages[2].Title || pages[1].Outside {
		t.Errorf("a slide without a heading goes on with the one before it: %.300v", pages)
	}
}

// words is a text without its spaces and lines.
func words(text string) string { return strings.Join(strings.Fields(text), " ") }

// Every chart is named after its cell, those of cells that no slide shows too.
func TestCharts(t *testing.T) {
	var names []string
	for _, c := range small(t).Charts() {
		names = append(names, c.File())
		if (c.SVG == nil) == (c.PNG == nil) {
			t.Errorf("%s has a drawing and a picture, or neither", c.File())
		}
	}
	if want := []string{"small-one", "small-pair-1", "small-pair-2"}; !slices.Equal(names, want) {
		t.Errorf("charts %q, want %q", names, want)
	}
	svg, height := small(t).Charts()[0].cropped()
	if height != 290 || !bytes.Contains(svg, []byte(`viewBox="0 45 960 217.5"`)) || !bytes.Contains(svg, []byte("<rect")) {
		t.Errorf("cropped to %g: %s", height, svg)
	}
}

// A bundle that only looks like a chart is none, and its picture is shown.
func TestChartOfDamaged(t *testing.T) {
	for _, svg := range []string{"", "AAAA", "not base64", base64.StdEncoding.EncodeToString([]byte("no gzip"))} {
		o := map[string]any{"data": map[string]any{chartMIME: map[string]any{"svg": svg}}}
		if _, ok := chartOf(o); ok {
			t.Errorf("%q is a chart", svg)
		}
	}
}

func TestFoldTable(t *testing.T) {
	table := func(n int) page {
		return page{"outputs": []any{page{"data": page{"text/html": "<table><thead><tr><th>h</th></tr></thead><tbody>" + strings.Repeat("<tr><td>r</td></tr>", n) + "</tbody></table>"}}}}
	}
	for n, want := range map[int]int{5: 0, 9: 0, 10: 1, 13: 2} {
		cell := table(n)
		rest := foldTable(cell)
		rows := strings.Count(fmt.Sprint(cell)+strings.Join(rest, ""), "<td>r")
		if len(rest) != want || rows != n {
			t.Errorf("%d rows: %d more tables, %d rows in all", n, len(rest), rows)
		}
	}
}
