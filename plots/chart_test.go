package plots_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"interleave/plots"
)

func frame(t *testing.T, theme plots.Theme, kind plots.Kind) *plots.Chart {
	t.Helper()
	c, err := plots.NewChart(theme, plots.Labels{Title: "T", Machine: "M"}, kind)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A golden that two exchanged series pass would be worth nothing; the same picture drawn twice must pass.
func TestSwapIsSeen(t *testing.T) {
	for name, pair := range pairs(t) {
		first, second := frame(t, plots.Notebook(), pair[0]), frame(t, plots.Notebook(), pair[1])
		picture := first.Image(2)
		if share := compare(picture, second.Image(2)); share <= allowed {
			t.Errorf("%s: exchanged series differ in %.3f %% of the area, and %.3f %% are allowed", name, 100*share, 100*allowed)
		}
		if share := compare(picture, first.Image(2)); share != 0 {
			t.Errorf("%s: drawn again it differs in %.3f %%", name, 100*share)
		}
		if first.Alt() == second.Alt() {
			t.Errorf("%s: the description does not tell exchanged series apart", name)
		}
	}
}

// Every kind draws in both themes, describes itself, and hands out a full table.
func TestEveryKind(t *testing.T) {
	for name, pair := range pairs(t) {
		for i, theme := range []plots.Theme{plots.Notebook(), plots.Slide(), plots.Notebook().Sized(320, 220)} {
			c := frame(t, theme, pair[i%2])
			if b := c.Image(1).Bounds(); b.Dx() != theme.Width || b.Dy() != theme.Height {
				t.Errorf("%s: drawn as %v", name, b)
			}
			header, rows := c.Table()
			if len(header) == 0 || len(rows) == 0 {
				t.Errorf("%s: no data table", name)
			}
			for _, r := range rows {
				if len(r) != len(header) {
					t.Errorf("%s: row %q does not fit header %q", name, r, header)
				}
			}
			if alt := c.Alt(); !strings.HasPrefix(alt, "T. ") || strings.ContainsAny(alt, "\n") || strings.Contains(alt, "NaN") {
				t.Errorf("%s: description %q", name, alt)
			}
			if caption := c.Caption(); !strings.HasSuffix(caption, ". M") {
				t.Errorf("%s: caption %q", name, caption)
			}
		}
	}
}

// What a chart shows does not depend on where it was shown before: shown, saved and shown again, and with the same kind in
// a chart for slides meanwhile, it is the same picture in every format.
func TestShownChartIsTheSavedChart(t *testing.T) {
	dir := t.TempDir()
	for name, pair := range pairs(t) {
		c := frame(t, plots.Notebook(), pair[0])
		save := func(ext string) []byte {
			t.Helper()
			at := filepath.Join(dir, "chart"+ext)
			if err := c.Save(at); err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(at)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		png, svg := save(".png"), save(".svg")
		shown := c.SimpleRender()
		frame(t, plots.Slide(), pair[0]).Image(1)
		again := c.SimpleRender()
		for mime, first := range shown {
			if fmt.Sprint(first) != fmt.Sprint(again[mime]) {
				t.Errorf("%s: shown again, its %s is another", name, mime)
			}
		}
		if !bytes.Equal(shown["image/png"].([]byte), png) {
			t.Errorf("%s: the picture shown is not the one that was saved", name)
		}
		if !bytes.Equal(save(".png"), png) || !bytes.Equal(save(".svg"), svg) {
			t.Errorf("%s: saved after it was shown, it is another picture", name)
		}
	}
}

// Measurements of fewer than six runs are drawn, without an interval.
func TestFewRuns(t *testing.T) {
	s, err := plots.NewStrip("ms", plots.Group{Name: "few", Values: []float64{3, 1, 2, 5, 4}})
	if err != nil {
		t.Fatal(err)
	}
	c := frame(t, plots.Notebook(), s)
	if _, rows := c.Table(); rows[0][3] != "not claimed" {
		t.Errorf("rows %q", rows)
	}
	if !strings.Contains(c.Caption(), "fewer than 6 values carry no interval") || !strings.Contains(c.Alt(), "no interval") {
		t.Errorf("caption %q, description %q", c.Caption(), c.Alt())
	}
}

// One value, or values all alike, give a chart and no panic.
func TestDegenerate(t *testing.T) {
	for _, v := range [][]float64{{0}, {7}, {-3, -3}, {1e300, -1e300}, {1e-300}, {5e-324, 1e308}} {
		g := plots.Group{Name: "", Values: v}
		for name, kind := range map[string]plots.Kind{
			"strip":     must[*plots.Strip](t)(plots.NewStrip("", g)),
			"ecdf":      must[*plots.ECDF](t)(plots.NewECDF("", g)),
			"histogram": must[*plots.Histogram](t)(plots.NewHistogram("", 3, g)),
			"box":       must[*plots.Box](t)(plots.NewBox("", g)),
		} {
			frame(t, plots.Notebook(), kind).Image(1)
			_ = name
		}
		if slices.Min(v) > 0 {
			frame(t, plots.Notebook(), must[*plots.Dots](t)(plots.NewDots("", g))).Image(1)
		}
	}
}

func TestRender(t *testing.T) {
	c := frame(t, plots.Notebook(), pairs(t)["strip"][0])
	bundle := c.SimpleRender()
	raw, _ := bundle["image/png"].([]byte)
	m, err := png.Decode(bytes.NewReader(raw))
	if err != nil || m.Bounds().Dx() != 1280 || m.Bounds().Dy() != 800 {
		t.Fatalf("picture %v, %v", m, err)
	}
	page, _ := bundle["text/html"].(string)
	for _, want := range []string{`width="640" height="400"`, `alt="T. Strip chart`, "<table>", "<td>one</td>", "data:image/png;base64,", "a.download='t.png'"} {
		if !strings.Contains(page, want) {
			t.Errorf("HTML without %q", want)
		}
	}
	if strings.Contains(page, "<script") || strings.Contains(page, "<svg") {
		t.Error("HTML holds what a sanitizer removes")
	}
	if text, _ := bundle["text/plain"].(string); !strings.Contains(text, "group\tn\tmedian (ms)") || !strings.Contains(text, "96.1 %") {
		t.Errorf("text %q", text)
	}
}

// Text from outside is escaped.
func TestRenderEscapes(t *testing.T) {
	s, err := plots.NewStrip("ms", plots.Group{Name: `<img src=x onerror="a">`, Values: []float64{1}})
	if err != nil {
		t.Fatal(err)
	}
	page := frame(t, plots.Notebook(), s).SimpleRender()["text/html"].(string)
	if strings.Contains(page, "<img src=x") || strings.Contains(page, `onerror="`) {
		t.Errorf("a group's name became markup")
	}
}

// TestLongTable: a chart of many points brings the first rows of its data into a notebook, and says how many there are.
func TestLongTable(t *testing.T) {
	chart := func(n int) *plots.Chart {
		levels := make([]plots.Level, n)
		for i := range levels {
			levels[i] = plots.Level{N: float64(i), Values: []float64{1}}
		}
		lines, err := plots.NewLines("ms", plots.Series{Name: "a", Levels: levels})
		if err != nil {
			t.Fatal(err)
		}
		return frame(t, plots.Notebook(), lines)
	}
	c := chart(30_000)
	page, text := c.SimpleRender()["text/html"].(string), c.String()
	if _, rows := c.Table(); len(rows) != 30_000 {
		t.Errorf("the table has %d rows", len(rows))
	}
	for name, s := range map[string]string{"page": page, "text": text} {
		if !strings.Contains(s, "… 29,500 more rows, which Table returns") {
			t.Errorf("the %s does not say how many rows there are: …%s", name, s[max(0, len(s)-200):])
		}
	}
	if n := strings.Count(page, "<tr>"); n != 501 {
		t.Errorf("%d rows on the page", n)
	}
	if text := chart(501).String(); strings.Contains(text, "more row") {
		t.Error("one row is left out to say that it is")
	}
}

func TestSave(t *testing.T) {
	dir := t.TempDir()
	c := frame(t, plots.Slide(), pairs(t)["strip"][0])
	for ext, start := range map[string]string{".png": "\x89PNG", ".svg": "<?xml", ".pdf": "%PDF"} {
		name := filepath.Join(dir, "chart"+ext)
		if err := c.Save(name); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(name)
		if err != nil || !bytes.HasPrefix(b, []byte(start)) {
			t.Errorf("%s starts with %.8q, %v", ext, b, err)
		}
		if ext == ".svg" && (!bytes.Contains(b, []byte(">T</text>")) || !bytes.Contains(b, []byte("@font-face")) || !bytes.Contains(b, []byte("<title>T. Strip chart"))) {
			t.Error("the SVG has no text, no fonts or no title")
		}
		if ext == ".pdf" && !bytes.Contains(b, []byte("/ToUnicode")) {
			t.Error("the PDF has no text")
		}
	}
	if err := c.Save(filepath.Join(dir, "chart.gif")); err == nil {
		t.Error("an unknown extension is accepted")
	}
	if err := c.Save(filepath.Join(dir, "no", "chart.png")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestChartRefuses(t *testing.T) {
	kind := pairs(t)["strip"][0]
	if _, err := plots.NewChart(plots.Theme{}, plots.Labels{}, kind); !errors.Is(err, plots.ErrShape) {
		t.Errorf("no theme: %v", err)
	}
	if _, err := plots.NewChart(plots.Notebook(), plots.Labels{}, nil); !errors.Is(err, plots.ErrEmpty) {
		t.Errorf("no kind: %v", err)
	}
}

// README.md shows every picture of the gallery with its description, and no other.
func TestReadme(t *testing.T) {
	var b strings.Builder
	b.WriteString(readmeTop)
	files, err := filepath.Glob("gallery/*.png")
	if err != nil || len(files) == 0 {
		t.Fatalf("no gallery: %v", err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".png")
		what, ok := captions[name]
		if !ok {
			t.Fatalf("the gallery holds %s, which has no caption", f)
		}
		alt, err := os.ReadFile(strings.TrimSuffix(f, ".png") + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n<img src=\"%s\" width=\"640\" alt=\"%s\">\n", name, what, f, strings.TrimSpace(string(alt)))
	}
	if len(files) != len(captions) {
		t.Errorf("%d pictures, %d captions", len(files), len(slices.Collect(maps.Keys(captions))))
	}
	if *update {
		if err := os.WriteFile("README.md", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("README.md")
	if err != nil || string(got) != b.String() {
		t.Errorf("README.md is not up to date (%v): run go test ./plots -update twice", err)
	}
}

const readmeTop = `# plots

The charts of the workshop, on gonum/plot. Each kind is a struct made from plain data by a function that refuses what
cannot be drawn honestly; the Example of each function made the picture below, and checks it
(` + "`go test ./plots -update`" + ` draws them anew). Data marked as example data were not measured.

| question | chart |
|---|---|
| do the variants differ? | strip |
| how is it distributed? | ecdf, histogram, box |
| does it scale? | scaling, knee |
| how does it change with time or size? | lines |
| who ran when? | gantt, twolane, zigzag |
| how do two parameters act together? | heat |
| what can happen at all? | interleaving, count |
| who waits for whom? | waitfor |
| which way leads where? | flowchart |
| what does it cost, over decades? | dots |
| of what does it consist? | stack |
| what does a switch between two tasks take? | slices |

` + "```go" + `
strip, err := plots.NewStrip("ms", plots.Group{Name: "sequential", Values: values})
chart, err := plots.NewChart(plots.Notebook(), plots.Labels{Title: "...", Machine: card.Short()}, strip)
chart // the last line of a cell shows the chart; chart.Save("strip.svg") writes it
` + "```" + `

Letters that the charts' own font (Liberation Sans) lacks come from the fonts of the system, Chinese and Japanese ones for example; the folders in
` + "`INTERLEAVE_FONTS`" + ` take the place of the system's. Where no font has a letter, and for scripts such as Arabic and Thai, there is a box, and
` + "`chart.Notes()`" + ` says which letters they are; a cell that shows the chart prints that. In SVG and PDF text can be selected and searched: the file
carries the letters that it uses.

Once the cell has run, two buttons under the chart copy its picture and save it. ` + "`go run ./kernel slides --only charts -o DIR`" + ` writes
every chart that a notebook shows as SVG, PDF and PNG at the size of a slide, without running it: the chart brings them along.
`

// captions says for what each chart of the gallery is.
var captions = map[string]string{
	"strip":        "`NewStrip`, `NewLogStrip`: every run, median and interval; rings are numbers said elsewhere.",
	"ecdf":         "`NewECDF`, `NewLogECDF`: which share of the runs is at most so long.",
	"histogram":    "`NewHistogram`: counts in bins, one row per group.",
	"scaling":      "`NewScaling`: speed-up by workers, the ideal line, and models in grey.",
	"knee":         "`NewKnee`: throughput by requests at once, with Little's law and the capacity.",
	"lines":        "`NewLines`, `NewLogLines`, and `NewTimeLines` with round marks of clock and calendar: values over time or size.",
	"heat":         "`NewHeat`: a ratio over two parameters, with the line where it is 1.",
	"gantt":        "`NewGantt`: who ran when; package plots/trace reads the intervals from an execution trace.",
	"twolane":      "`TwoLanes`: CPU and I/O of a job, from the same intervals.",
	"zigzag":       "`NewZigZag`: sequential, concurrent, parallel, from the measured order of steps.",
	"dots":         "`NewDots`: costs over decades.",
	"slices":       "`NewSlices`: the cost of a switch as it is usually drawn, and to scale.",
	"stack":        "`NewStack`: the parts of a value, with every total.",
	"box":          "`NewBox`, `NewLogBox`: many values per group; no outliers are removed.",
	"count":        "`NewCount`: exact counts of an enumeration; not for measurements.",
	"flowchart":    "`NewFlowchart`: questions, answers and where they lead.",
	"waitfor":      "`NewWaitFor`: who waits for whom; circles are thick.",
	"interleaving": "`NewInterleaving`: a schedule as a table.",
}

// TestLongLabel: a long label of Y leaves what stands above the data as it is, and a very long one takes more lines.
func TestLongLabel(t *testing.T) {
	kind, err := plots.NewECDF("ms", plots.Group{Name: "a", Values: []float64{1, 2, 3}})
	if err != nil {
		t.Fatal(err)
	}
	draw := func(label string) (image.Image, image.Rectangle) {
		c, err := plots.NewChart(plots.Slide(), plots.Labels{Title: "T", X: "x", Y: label, Machine: "M"}, kind)
		if err != nil {
			t.Fatal(err)
		}
		picture := c.Image(1)
		return picture, picture.Bounds()
	}
	const above = 105 // title and legend of a slide
	short, size := draw("y")
	for _, label := range []string{"share of repeats at most this long", strings.Repeat("a very long label ", 5)} {
		long, _ := draw(label)
		for y := range above {
			for x := range size.Dx() {
				if short.At(x, y) != long.At(x, y) {
					t.Fatalf("%q reaches up to %d, %d", label, x, y)
				}
			}
		}
	}
}
