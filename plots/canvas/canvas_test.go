package canvas_test

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"interleave/plots/canvas"
)

const width, height, dotsPerInch = 480, 300, 192

// noise is a line through n points that jump.
func noise(n int) vg.Path {
	r := rand.New(rand.NewPCG(1, 2))
	var p vg.Path
	for i := range n {
		at := vg.Point{X: vg.Length(width * (0.05 + 0.9*float64(i)/float64(n))), Y: vg.Length(height * (0.05 + 0.9*r.Float64()))}
		if i == 0 {
			p.Move(at)
		} else {
			p.Line(at)
		}
	}
	return p
}

// pieces is several lines in one path, one of them closed.
func pieces() vg.Path {
	p := noise(150)
	p.Move(vg.Point{X: 40, Y: 40})
	for i := range 150 {
		a := 2 * math.Pi * float64(i) / 150
		p.Line(vg.Point{X: vg.Length(200 + 120*math.Cos(a)), Y: vg.Length(150 + 120*math.Sin(3*a))})
	}
	p.Close()
	return p
}

// outside is a line most of whose points lie outside of the image.
func outside() vg.Path {
	p := noise(200)
	for i := range p {
		p[i].Pos.X = 3*p[i].Pos.X - width
		p[i].Pos.Y = 5*p[i].Pos.Y - 2*height
	}
	return p
}

// drawn is what draw paints on a canvas, in vgimg's picture and in ours.
func drawn(paint func(vg.Canvas)) (slow, fast image.Image) {
	s := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dotsPerInch))
	paint(s)
	img := image.NewRGBA(canvas.Bounds(width, height, dotsPerInch))
	paint(canvas.New(img, dotsPerInch))
	return s.Image(), img
}

// differ is the share of the pixels whose colours are further apart than an edge's antialiasing explains.
func differ(t *testing.T, a, b image.Image) float64 {
	t.Helper()
	if a.Bounds() != b.Bounds() {
		t.Fatalf("pictures of %v and %v", a.Bounds(), b.Bounds())
	}
	n, r := 0, a.Bounds()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			ar, ag, ab, _ := a.At(x, y).RGBA()
			br, bg, bb, _ := b.At(x, y).RGBA()
			const apart = 0x1800 // of 0xffff
			for _, d := range []int{int(ar) - int(br), int(ag) - int(bg), int(ab) - int(bb)} {
				if d > apart || d < -apart {
					n++
					break
				}
			}
		}
	}
	return float64(n) / float64(r.Dx()*r.Dy())
}

// A long path looks as vgimg draws it: joins, ends, dashes, transparent colours, turned axes, fills.
func TestLooksAsBefore(t *testing.T) {
	blue := color.NRGBA{0, 90, 200, 255}
	for name, paint := range map[string]func(vg.Canvas){
		"thin": func(c vg.Canvas) { c.SetLineWidth(0.4); c.SetColor(blue); c.Stroke(noise(300)) },
		"wide": func(c vg.Canvas) { c.SetLineWidth(5); c.SetColor(blue); c.Stroke(noise(120)) },
		"half transparent": func(c vg.Canvas) {
			c.SetLineWidth(3)
			c.SetColor(color.NRGBA{200, 30, 30, 100})
			c.Stroke(noise(200))
		},
		"dashed": func(c vg.Canvas) {
			c.SetLineWidth(1.5)
			c.SetLineDash([]vg.Length{6, 3}, 2)
			c.Stroke(noise(150))
		},
		"one length of dashes": func(c vg.Canvas) { c.SetLineWidth(1); c.SetLineDash([]vg.Length{5}, 0); c.Stroke(noise(150)) },
		"dashed, before the beginning": func(c vg.Canvas) {
			c.SetLineWidth(1)
			c.SetLineDash([]vg.Length{8, 2, 1, 2}, -3)
			c.Stroke(noise(150))
		},
		"several lines": func(c vg.Canvas) { c.SetLineWidth(2); c.SetColor(blue); c.Stroke(pieces()) },
		"outside":       func(c vg.Canvas) { c.SetLineWidth(1); c.Stroke(outside()) },
		"turned": func(c vg.Canvas) {
			c.SetLineWidth(1)
			c.Push()
			c.Translate(vg.Point{X: 100, Y: 20})
			c.Rotate(0.3)
			c.Scale(0.6, 0.5)
			c.SetColor(blue)
			c.SetLineWidth(4)
			c.Stroke(noise(200))
			c.Pop()
			c.Stroke(pieces()) // in the width and colour from before
		},
		"filled":    func(c vg.Canvas) { c.SetColor(blue); c.Fill(pieces()) },
		"no width":  func(c vg.Canvas) { c.SetLineWidth(0); c.Stroke(noise(200)) },
		"no colour": func(c vg.Canvas) { c.SetLineWidth(1); c.SetColor(nil); c.Stroke(noise(200)) },
		"background": func(c vg.Canvas) {
			c.SetColor(blue)
			c.Fill(vg.Rectangle{Max: vg.Point{X: width, Y: height}}.Path())
		},
	} {
		slow, fast := drawn(paint)
		allowed := 0.001
		if strings.Contains(name, "dashe") { // where a dash ends, vgimg rounds to 64ths of a pixel
			allowed = 0.004
		}
		if share := differ(t, slow, fast); share > allowed {
			t.Errorf("%s: %.2f %% of the pixels differ", name, 100*share)
		}
		blank := image.NewRGBA(slow.Bounds())
		for i := range blank.Pix {
			blank.Pix[i] = 0xff
		}
		if share := differ(t, fast, blank); (share == 0) != (name == "no width") {
			t.Errorf("%s: %.2f %% of the pixels are drawn", name, 100*share)
		}
	}
}

// Only a fill of the whole canvas, before anything moved it, is taken for the background.
func TestBackground(t *testing.T) {
	red, blue := color.RGBA{255, 0, 0, 255}, color.RGBA{0, 0, 255, 255}
	whole := vg.Rectangle{Max: vg.Point{X: 50, Y: 40}}.Path()
	for name, f := range map[string]func(c *canvas.Canvas){
		"smaller": func(c *canvas.Canvas) { c.Fill(vg.Rectangle{Max: vg.Point{X: 25, Y: 40}}.Path()) },
		"moved":   func(c *canvas.Canvas) { c.Translate(vg.Point{X: -25}); c.Fill(whole) },
		"second": func(c *canvas.Canvas) {
			c.Fill(whole)
			c.SetColor(blue)
			c.Fill(vg.Rectangle{Min: vg.Point{X: 25}, Max: vg.Point{X: 50, Y: 40}}.Path())
		},
	} {
		c := canvas.New(image.NewRGBA(canvas.Bounds(50, 40, 72)), 72)
		c.SetColor(red)
		f(c)
		left, right := c.Image().At(10, 20), c.Image().At(40, 20)
		if left != red || right == red {
			t.Errorf("%s: left %v, right %v", name, left, right)
		}
	}
}

// A short path is vgimg's, to the pixel.
func TestShortPathsAreTheSame(t *testing.T) {
	slow, fast := drawn(func(c vg.Canvas) {
		c.SetLineWidth(1.3)
		c.Stroke(noise(60))
		c.SetColor(color.NRGBA{10, 200, 30, 255})
		p := vg.Path{}
		p.Move(vg.Point{X: 200, Y: 100})
		p.Arc(vg.Point{X: 180, Y: 100}, 20, 0, 2*math.Pi)
		p.Close()
		c.Fill(p)
	})
	if fmt.Sprint(slow.(*image.RGBA).Pix) != fmt.Sprint(fast.(*image.RGBA).Pix) {
		t.Error("a short path is drawn in another way")
	}
}

// A whole chart with a noisy line looks as gonum draws it.
func TestPlot(t *testing.T) {
	p := noisy(t, 400)
	slow, fast := drawn(func(c vg.Canvas) { p.Draw(draw.New(c.(vg.CanvasSizer))) })
	if share := differ(t, slow, fast); share > 0.001 {
		t.Errorf("%.2f %% of the pixels differ", 100*share)
	}
}

// noisy is a plot of a series that jumps.
func noisy(t testing.TB, n int) *plot.Plot {
	r := rand.New(rand.NewPCG(3, 4))
	points := make(plotter.XYs, n)
	for i := range points {
		points[i] = plotter.XY{X: float64(i), Y: r.ExpFloat64()}
	}
	line, err := plotter.NewLine(points)
	if err != nil {
		t.Fatal(err)
	}
	p := plot.New()
	p.Add(line)
	return p
}

// The time is linear in the number of points: sixteen times the points take less than forty times as long. (Of a quadratic
// time it would be 256 times.)
func TestLinear(t *testing.T) {
	img := image.NewRGBA(canvas.Bounds(width, height, dotsPerInch))
	measure := func(n int) time.Duration {
		p := noise(n)
		least := time.Duration(math.MaxInt64)
		for range 5 {
			c := canvas.New(img, dotsPerInch)
			c.SetLineWidth(1)
			began := time.Now()
			c.Stroke(p)
			least = min(least, time.Since(began))
		}
		return least
	}
	few, many := measure(1000), measure(16000)
	t.Logf("1,000 points %v, 16,000 points %v", few, many)
	if many > 40*few {
		t.Errorf("16,000 points take %.0f times as long as 1,000", float64(many)/float64(few))
	}
}

func BenchmarkNoisyLine(b *testing.B) {
	for _, n := range []int{2000, 30000} {
		p := noisy(b, n)
		img := image.NewRGBA(canvas.Bounds(width, height, dotsPerInch))
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				p.Draw(draw.New(canvas.New(img, dotsPerInch)))
			}
		})
	}
}
