package gonum

import (
	"bytes"
	"flag"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"strings"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg/draw"

	"interleave/kernel/display"
	"interleave/plots/canvas"
)

var save = flag.String("save", "", "write the sample chart to this file")

// sample is a chart of waves in colours, with a title, a grid and letters.
func sample(t testing.TB, waves int) *plot.Plot {
	t.Helper()
	p := plot.New()
	p.Title.Text = "Runs against the median"
	p.X.Label.Text = "goroutines"
	p.Y.Label.Text = "ns/op"
	p.Add(plotter.NewGrid())
	for k := range waves {
		pts := make(plotter.XYs, 50)
		for i := range pts {
			pts[i] = plotter.XY{X: float64(i), Y: 30 * math.Sin(float64(i+k)/5)}
		}
		line, err := plotter.NewLine(pts)
		if err != nil {
			t.Fatal(err)
		}
		line.Color = plotutil.Color(k)
		p.Add(line)
	}
	return p
}

func decode(t *testing.T, d display.Data) image.Image {
	t.Helper()
	b, ok := d.Data[display.MIMETypePNG].([]byte)
	if !ok {
		t.Fatalf("no PNG: %v", d.Data)
	}
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestPlotIsACrispPicture(t *testing.T) {
	d, ok := display.Bundle(sample(t, 5))
	if !ok {
		t.Fatal("nothing to show")
	}
	if *save != "" {
		if err := os.WriteFile(*save, d.Data[display.MIMETypePNG].([]byte), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := decode(t, d).Bounds().Size(); got != image.Pt(1280, 800) {
		t.Errorf("pixels %v, want 1280 x 800", got)
	}
	meta, _ := d.Metadata[display.MIMETypePNG].(display.MIMEMap)
	if meta["width"] != 640 || meta["height"] != 400 {
		t.Errorf("metadata %v, want 640 x 400 CSS pixels", d.Metadata)
	}
	if got, want := d.Data[display.MIMETypeText], "plot: Runs against the median (640 x 400)"; got != want {
		t.Errorf("text %q, want %q", got, want)
	}
}

func TestSizedDrawsForItsSize(t *testing.T) {
	d := display.Sized(sample(t, 1), 300, 200)
	if got := decode(t, d).Bounds().Size(); got != image.Pt(600, 400) {
		t.Errorf("pixels %v, want 600 x 400", got)
	}
}

// TestEmbeddedPlot: a chart type of the user's own that embeds a plot is a chart.
func TestEmbeddedPlot(t *testing.T) {
	type chart struct{ *plot.Plot }
	d, _ := display.Bundle(chart{sample(t, 1)})
	decode(t, d)
	if text, _ := d.Data[display.MIMETypeText].(string); !strings.Contains(text, "Runs against") {
		t.Errorf("text %q lacks the title", text)
	}
	if d, _ := display.Bundle(chart{}); d.Data[display.MIMETypePNG] != nil || !strings.HasPrefix(d.Data[display.MIMETypeText].(string), "cannot draw") {
		t.Errorf("an embedded nil plot gives %v", d.Data)
	}
}

func TestPlotThatPanics(t *testing.T) {
	p := sample(t, 1) // has negative values
	p.Y.Scale = plot.LogScale{}
	d, ok := display.Bundle(p)
	text, _ := d.Data[display.MIMETypeText].(string)
	if !ok || !strings.HasPrefix(text, "cannot draw *plot.Plot: ") || !strings.Contains(text, "its Y axis is logarithmic, and some of its values are 0 or less") {
		t.Errorf("got %v", d.Data)
	}
}

// TestPaletteKeepsThePicture: what the palette changes cannot be seen, and nothing where colours are few.
func TestPaletteKeepsThePicture(t *testing.T) {
	for _, waves := range []int{1, 5} {
		m := blank(480, 300)
		sample(t, waves).Draw(draw.New(canvas.New(m, dotsPerInch)))
		p := paletted(m)
		if p == nil {
			t.Fatalf("%d waves: no palette", waves)
		}
		changed, worst := 0, 0
		for i, v := range m.Pix {
			q := p.Palette[p.Pix[i/4]].(color.RGBA)
			d := int(v) - int([]uint8{q.R, q.G, q.B, q.A}[i%4])
			if d != 0 {
				changed++
			}
			worst = max(worst, d, -d)
		}
		t.Logf("%d waves: %d colours, %.2f%% of the values changed, by at most %d", waves, len(p.Palette), 100*float64(changed)/float64(len(m.Pix)), worst)
		if worst > tolerances[len(tolerances)-1] {
			t.Errorf("%d waves: a channel is off by %d", waves, worst)
		}
	}
}

func TestGradientKeepsItsColours(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 256, 256))
	for y := range 256 {
		for x := range 256 {
			m.SetRGBA(x, y, color.RGBA{uint8(x), uint8(y), 128, 255})
		}
	}
	if paletted(m) != nil {
		t.Error("a gradient was approximated")
	}
	var buf bytes.Buffer
	if err := encode(&buf, m); err != nil {
		t.Fatal(err)
	}
	back, err := png.Decode(&buf)
	if err != nil {
		t.Fatal(err)
	}
	if got := back.At(200, 3); got != (color.RGBA{200, 3, 128, 255}) {
		t.Errorf("pixel is %v", got)
	}
}

func BenchmarkPlot(b *testing.B) {
	p := sample(b, 5)
	for b.Loop() {
		d, _ := display.Bundle(p)
		b.SetBytes(int64(len(d.Data[display.MIMETypePNG].([]byte))))
	}
}

// TestBackground: the background fills the picture, whatever its colour, and a plot drawn twice covers the first one.
func TestBackground(t *testing.T) {
	for name, c := range map[string]struct {
		background color.Color
		want       color.RGBA
	}{
		"opaque":      {color.RGBA{200, 30, 40, 255}, color.RGBA{200, 30, 40, 255}},
		"transparent": {color.Transparent, color.RGBA{255, 255, 255, 255}},
		"none":        {nil, color.RGBA{255, 255, 255, 255}},
		"half":        {color.NRGBA{0, 0, 0, 128}, color.RGBA{127, 127, 127, 255}},
	} {
		before := sample(t, 1) // its image is used again
		before.BackgroundColor = color.Black
		display.Sized(before, 301, 211)
		p := sample(t, 1)
		p.BackgroundColor = c.background
		img := decode(t, display.Sized(p, 301, 211))
		r := img.Bounds()
		for _, at := range []image.Point{{0, 0}, {r.Max.X - 1, 0}, {0, r.Max.Y - 1}, {r.Max.X - 1, r.Max.Y - 1}, {3, 3}} {
			if got := color.RGBAModel.Convert(img.At(at.X, at.Y)).(color.RGBA); got != c.want {
				t.Errorf("%s: pixel %v is %v, want %v", name, at, got, c.want)
			}
		}
	}
}
