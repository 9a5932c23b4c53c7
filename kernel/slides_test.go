package main

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ledongthuc/pdf"

	"interleave/kernel/internal/browser"
)

// chartCells make a chart of package plots, and one of gonum that brings no slide along.
var chartCells = []string{
	"import \"interleave/plots\"\nstrip, err := plots.NewStrip(\"ms\", plots.Group{Name: \"a\", Values: []float64{1, 2, 3, 4, 5, 6}})\nif err != nil { panic(err) }\n" +
		"plots.NewChart(plots.Notebook(), plots.Labels{Title: \"Six runs\"}, strip)",
	"import \"gonum.org/v1/plot\"\nplot.New()",
}

// TestSlidesCommand runs a notebook and makes all there is of it: the notebook itself stays as it was.
func TestSlidesCommand(t *testing.T) {
	dir := t.TempDir()
	path, out := filepath.Join(dir, "two.ipynb"), filepath.Join(dir, "out")
	writeNotebook(t, path, chartCells...)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := command("slides", "--execute", path, "-o", out)
	if status != 0 {
		t.Fatalf("status %d\n%s\n%s", status, stdout, stderr)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("--execute has changed the notebook, %v", err)
	}
	names := written(t, out)
	charts := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !strings.HasPrefix(n, "charts/") })
	if len(charts) != 4 { // three of the chart of plots, the picture of gonum's
		t.Errorf("charts %q", charts)
	}
	if !strings.Contains(stderr, "only charts of package plots") {
		t.Errorf("nothing is said of the chart that is a picture: %s", stderr)
	}
	page := file(t, filepath.Join(out, "two.html"))
	if !bytes.Contains(page, []byte("Six runs")) || !bytes.Contains(page, []byte("Reveal.initialize")) {
		t.Error("the deck has not what it shows")
	}
	// A title, for the notebook has none, and both cells on the slide behind it: nothing says otherwise.
	if pages := printed(t, filepath.Join(out, "two.pdf")); len(pages) != 1+1 || !strings.Contains(pages[0].text, "two") || !strings.Contains(pages[1].text, "Six runs") || pages[1].shapes < 10 {
		t.Errorf("the PDF has the pages %+v", pages)
	} else if pages[0].left < 20 || pages[1].left < 20 { // a slide's margin is 30 points at least
		t.Errorf("letters begin at %g and %g: the pages have lost their margin", pages[0].left, pages[1].left)
	}
	if !bytes.HasPrefix(file(t, filepath.Join(out, "two.pptx")), []byte("PK")) {
		t.Error("the PPTX is none")
	}
	for _, name := range charts {
		text := file(t, filepath.Join(out, name))
		switch filepath.Ext(name) {
		case ".svg":
			if !bytes.Contains(text, []byte("<path")) || !bytes.Contains(text, []byte(">Six runs</text>")) {
				t.Errorf("%s draws nothing, or its letters are no text", name)
			}
		case ".pdf":
			if pages := printed(t, filepath.Join(out, name)); len(pages) != 1 || pages[0].shapes < 10 || !strings.Contains(pages[0].text, "Six runs") {
				t.Errorf("%s has the pages %+v", name, pages)
			}
		case ".png":
			m, err := png.Decode(bytes.NewReader(text))
			if err != nil || m.Bounds().Dx() < 1000 {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if slices.Contains(charts, strings.TrimSuffix(name, "png")+"svg") && (m.Bounds().Dx() != 2560 || m.Bounds().Dy() != 1440) {
				t.Errorf("%s is %v, want two pixels for one of 1280 x 720", name, m.Bounds())
			}
		}
	}
}

// paper is what is on a page of a PDF.
type paper struct {
	text   string
	shapes int     // that are filled or stroked
	left   float64 // where the letters begin that are farthest to the left, in the page's own unit
}

var painting = regexp.MustCompile(`(?m)(^|\s)(f\*?|S|B\*?)$`)

// printed are the pages of a PDF.
func printed(t *testing.T, path string) (pages []paper) {
	t.Helper()
	f, r, err := pdf.Open(path)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	defer f.Close()
	for i := range r.NumPage() {
		page := r.Page(i + 1)
		text, err := page.GetPlainText(nil)
		if err != nil {
			t.Fatalf("%s, page %d: %v", path, i+1, err)
		}
		p := paper{text: text, left: math.Inf(1)}
		for _, letter := range page.Content().Text {
			p.left = min(p.left, letter.X)
		}
		streams := []pdf.Value{page.V.Key("Contents")}
		// Drawings of a page are objects of their own.
		objects := page.Resources().Key("XObject")
		for _, name := range objects.Keys() {
			streams = append(streams, objects.Key(name))
		}
		for _, s := range streams {
			code, err := io.ReadAll(s.Reader())
			if err != nil {
				t.Fatalf("%s, page %d: %v", path, i+1, err)
			}
			p.shapes += len(painting.FindAll(code, -1))
		}
		pages = append(pages, p)
	}
	return pages
}

// written are the files below a folder.
func written(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	for _, pattern := range []string{"*.*", "charts/*"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			name, err := filepath.Rel(dir, f)
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, name)
		}
	}
	return names
}

func file(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Without a browser there is what needs none, and it is said what is missing and what to do.
func TestSlidesWithoutBrowser(t *testing.T) {
	if _, err := browser.Find(); err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	notebook, err := filepath.Abs("../notebooks/08-goroutines-for-cpu-work.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", t.TempDir())
	status, stdout, stderr := command("slides", "--only", "charts", notebook, "-o", out)
	if status != 0 || !strings.Contains(stderr, "SVG alone") || !strings.Contains(stderr, "apt-get install chromium") {
		t.Errorf("status %d\n%s\n%s", status, stdout, stderr)
	}
	names := written(t, out)
	if len(names) < 5 {
		t.Errorf("written: %q", names)
	}
	for _, name := range names {
		if filepath.Ext(name) != ".svg" && !strings.Contains(stderr, filepath.Base(name)) {
			t.Errorf("%s is there", name)
		}
	}
}

func TestSlidesRefuses(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "more"), 0o755); err != nil {
		t.Fatal(err)
	}
	one, two := filepath.Join(dir, "same.ipynb"), filepath.Join(dir, "more", "same.ipynb")
	writeNotebook(t, one, "1")
	writeNotebook(t, two, "2")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"slides", one}, "--output"},
		{[]string{"slides", one, two, "-o", dir}, "two notebooks have the name same"},
		{[]string{"slides", one, "-o", dir, "--theme", "neon"}, "light"},
		{[]string{"slides", one, "-o", dir, "--deck", "talk2019"}, "needs notebook 00"},
	} {
		if status, _, stderr := command(c.args...); status == 0 || !strings.Contains(stderr, c.want) {
			t.Errorf("%q: status %d, %s", c.args, status, stderr)
		}
	}
}

// TestSlidesInJupyterLab asks for slides in a cell: JupyterLab tells the kernel which file the notebook is.
func TestSlidesInJupyterLab(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	lab := startLab(t, ctx)
	p := openLab(t, ctx, lab)
	defer p.Close()
	out := t.TempDir()
	for _, err := range []error{
		p.Edit(1, "%slides -o "+out), p.Run(),
		p.Wait("the slides", func(cells []browser.Cell) bool { return cells[1].Number() == "1" }),
	} {
		if err != nil {
			t.Fatalf("%v\nthe server's log:\n%s", err, lab.Log())
		}
	}
	text := read(t, p)[1].Text()
	if !strings.Contains(text, "Slides of test.ipynb as last saved") || !strings.Contains(text, "save first") {
		t.Errorf("the cell shows %s", text)
	}
	if page := file(t, filepath.Join(out, "test.html")); !bytes.Contains(page, []byte("plotter")) || bytes.Contains(page, []byte("%slides -o")) {
		t.Error("the deck is not that of the saved notebook")
	}
}

// controls is whether the buttons under the first chart can be seen, and what they save.
const controls = `(() => {
	if (!document.querySelector('.jp-Notebook .jp-OutputArea img')) return 'no chart';
	const box = document.querySelector('.jp-Notebook figure p');
	if (!box) return 'none';
	let saved = '';
	const click = HTMLAnchorElement.prototype.click;
	HTMLAnchorElement.prototype.click = function() { saved = this.download + ' ' + this.href.slice(0, 22); };
	try { box.querySelectorAll('button')[1].click(); } finally { HTMLAnchorElement.prototype.click = click; }
	return 'saves ' + saved;
})()`

// TestChartControls looks for the buttons under a chart in JupyterLab: not before the notebook is trusted, when they could
// do nothing, and as soon as it has run.
func TestChartControls(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	lab := startLab(t, ctx, chartCells...)
	path := filepath.Join(lab.Dir, "test.ipynb")
	if status, _, stderr := command("run", "--inplace", path); status != 0 {
		t.Fatal(stderr)
	}
	p := openLab(t, ctx, lab)
	defer p.Close()
	if got, err := p.Eval(controls); err != nil || got != "none" {
		t.Errorf("before it is trusted: %q, %v", got, err)
	}
	if err := p.RunAll(); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait("a run", func(cells []browser.Cell) bool { return cells[1].Number() == "2" && cells[0].Number() == "1" }); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; {
		got, err := p.Eval(controls)
		if err == nil && got == "saves six-runs.png data:image/png;base64," {
			break
		}
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("after the run: %q, %v", got, err)
		}
	}
	shot, err := p.PictureOf(0)
	if err != nil {
		t.Fatal(err)
	}
	save(t, "lab-chart-controls.png", shot)
}

// TestSlidesOfTheTalk makes the deck in the order of the talk: a slide for each of its pages, and none that holds too much.
func TestSlidesOfTheTalk(t *testing.T) {
	notebooks, err := filepath.Glob("../notebooks/*.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	status, stdout, stderr := command(append(append([]string{"slides"}, notebooks...), "--deck", talkName, "-o", out)...)
	if status != 0 || strings.Contains(stderr, "look at the slide") {
		t.Fatalf("status %d\n%s\n%s", status, stdout, stderr)
	}
	page := string(file(t, filepath.Join(out, talkName+".html")))
	last := 0
	for n := 1; n <= talkPages; n++ {
		at := strings.Index(page, fmt.Sprintf(`id="%s.%d"`, talkName, n))
		if at < last {
			t.Errorf("page %d stands at %d, the one before it at %d", n, at, last)
		}
		last = at
	}
	pages := printed(t, filepath.Join(out, talkName+".pdf"))
	if len(pages) < 1+talkPages {
		t.Errorf("%d pages in the PDF", len(pages))
	}
	for i, p := range pages {
		if strings.TrimSpace(p.text) == "" {
			t.Errorf("page %d of the PDF is empty", i+1)
		}
	}
	if strings.Contains(page, "have nothing of this page") {
		t.Error("a page of the talk has no evidence")
	}
}
