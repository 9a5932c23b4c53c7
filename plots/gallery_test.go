package plots_test

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"

	"interleave/plots"
)

var (
	update = flag.Bool("update", false, "rewrite the pictures and the README of the gallery")
	slides = flag.String("slides", "", "also write every chart of the gallery in the slide theme to this directory")
)

// A picture matches its golden when, averaged over squares of 8 x 8 device pixels, no more than 1 in 2000 squares
// differ by over 16 of 255 in any channel. Rasterizers round differently on different CPUs; that moves single
// edge pixels and stays far below this, while two swapped series change hundreds of squares.
const (
	square    = 8
	tolerance = 16
	allowed   = 0.0005
)

// gallery compares a chart with gallery/name.png, or writes it with -update, and says so if they differ. In an
// Example the sentence is output that is not wanted, so the Example fails.
func gallery(name string, labels plots.Labels, kind plots.Kind) {
	chart, err := plots.NewChart(plots.Notebook(), labels, kind)
	if err != nil {
		fmt.Println(err)
		return
	}
	file := filepath.Join("gallery", name+".png")
	if *update {
		err := chart.Save(file)
		if err == nil {
			err = os.WriteFile(filepath.Join("gallery", name+".txt"), []byte(chart.Alt()+"\n"), 0o644)
		}
		if err != nil {
			fmt.Println(err)
		}
	}
	if share, err := differs(file, chart); err != nil || share > allowed {
		fmt.Printf("%s differs from its golden in %.2f %% of its area (error: %v); see it with -update\n", name, 100*share, err)
	}
	if *slides != "" {
		wall, err := plots.NewChart(plots.Slide(), labels, kind)
		if err == nil {
			err = wall.Save(filepath.Join(*slides, name+".png"))
		}
		if err != nil {
			fmt.Println(err)
		}
	}
}

// differs returns the share of squares in which chart and the picture in file differ.
func differs(file string, chart *plots.Chart) (float64, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return 1, err
	}
	want, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		return 1, err
	}
	return compare(want, chart.Image(2)), nil
}

func compare(a, b image.Image) float64 {
	if a.Bounds() != b.Bounds() {
		return 1
	}
	bad, all := 0, 0
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y += square {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x += square {
			all++
			p, q := mean(a, x, y), mean(b, x, y)
			for i := range p {
				if d := p[i] - q[i]; d > tolerance || d < -tolerance {
					bad++
					break
				}
			}
		}
	}
	return float64(bad) / float64(all)
}

func mean(m image.Image, x0, y0 int) (sum [3]int) {
	n := 0
	for y := y0; y < min(y0+square, m.Bounds().Max.Y); y++ {
		for x := x0; x < min(x0+square, m.Bounds().Max.X); x++ {
			r, g, b, _ := m.At(x, y).RGBA()
			sum[0], sum[1], sum[2] = sum[0]+int(r>>8), sum[1]+int(g>>8), sum[2]+int(b>>8)
			n++
		}
	}
	for i := range sum {
		sum[i] /= n
	}
	return sum
}

// sentences prints a description one sentence a line, so that an Example's output reads.
func sentences(alt string) {
	fmt.Println(strings.ReplaceAll(alt, ". ", ".\n"))
}
