package slides

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"interleave/kernel/internal/browser"
	"interleave/kernel/internal/notebook"
	"interleave/kernel/internal/python"
)

// converter is that of the environment that all tests use.
func converter(t *testing.T) Converter {
	t.Helper()
	env, err := python.Open(t.Context(), python.Options{Set: python.Test, Progress: func(done, total int, what string) {
		t.Logf("environment %d/%d %s", done, total, what)
	}})
	if err != nil {
		t.Fatal(err)
	}
	return Converter{Jupyter: env.Program("jupyter")}
}

// viewer is a window of the size of a slide, without a network.
func viewer(t *testing.T) *browser.Viewer {
	t.Helper()
	v, err := browser.NewViewer(t.Context(), t.TempDir(), 1280, 720, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v
}

// show opens a deck from a file.
func show(t *testing.T, v *browser.Viewer, d Deck, theme string) {
	t.Helper()
	text, err := d.HTML(theme)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), d.Name+".html")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s, %s: %d kB", d.Name, theme, len(text)>>10)
	if err := v.Open((&url.URL{Scheme: "file", Path: path}).String()); err != nil {
		t.Fatal(err)
	}
}

// all are the notebooks of the workshop.
func all(t *testing.T) []Source {
	t.Helper()
	paths, err := filepath.Glob("../../../notebooks/*.ipynb")
	if err != nil || len(paths) < 2 {
		t.Fatalf("%d notebooks, %v", len(paths), err)
	}
	var sources []Source
	for _, path := range paths {
		nb, err := notebook.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, Source{Name: strings.TrimSuffix(filepath.Base(path), ".ipynb"), Notebook: nb})
	}
	return sources
}

// TestWorkshop steps through every slide of every notebook, in both themes, in a browser without a network. The slides of
// a notebook are the same in the deck of all of them.
// With PICTURES=DIR it leaves a picture of each slide there, to be looked at.
func TestWorkshop(t *testing.T) {
	sources := all(t)
	decks, err := converter(t).Decks(t.Context(), sources)
	if err != nil {
		t.Fatal(err)
	}
	v := viewer(t)
	look := func(d Deck, theme string, least int) {
		show(t, v, d, theme)
		slides, faults, err := Check(v)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range faults {
			t.Errorf("%s, %s: %v", d.Name, theme, f)
		}
		if slides < least {
			t.Errorf("%s: %d slides, want %d at least", d.Name, slides, least)
		}
		for _, r := range v.Requests() {
			t.Errorf("%s asks the network for %s", d.Name, r)
		}
		if dir := os.Getenv("PICTURES"); dir != "" {
			pictures(t, v, dir, theme)
		}
	}
	all := Join("all", "Interleave", decks)
	for _, theme := range Themes() {
		look(all, theme, 2+8*len(decks))
	}
}

func pictures(t *testing.T, v *browser.Viewer, dir, theme string) {
	n := 0
	count, err := v.Eval(`String(Reveal.getSlides().length)`)
	if err == nil {
		_, err = fmt.Sscan(count, &n)
	}
	for i := 0; err == nil && i < n; i++ {
		var name string
		name, err = v.Eval(fmt.Sprintf(`(async () => { const s = Reveal.getSlides()[%d], at = Reveal.getIndices(s); Reveal.slide(at.h, at.v);
			await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r))); return s.id; })()`, i))
		if err != nil {
			break
		}
		var png []byte
		if png, err = v.Picture(); err == nil {
			err = os.WriteFile(filepath.Join(dir, name+"."+theme+".png"), png, 0o644)
		}
	}
	if err != nil {
		t.Error(err)
	}
}

func TestTidy(t *testing.T) {
	got := tidy(`<div id="cell-id=a"><h2 id="Same">Same</h2><td style="x">1.5 [0.9, 2.1] n=10</td><pre>s := []int{1, 2} // [1, 2]</pre>`)
	want := `<div><h2>Same</h2><td style="x">1.5 [0.9,&nbsp;2.1] n=10</td><pre>s := []int{1, 2} // [1, 2]</pre>`
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}
