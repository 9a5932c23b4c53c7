package gonum

import (
	"image"
	"io"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	_ "gonum.org/v1/plot/vg/vgpdf" // registers its formats first, so that those below replace them
	_ "gonum.org/v1/plot/vg/vgsvg" // likewise

	"interleave/kernel/display/internal/chart"
	"interleave/plots/canvas"
	"interleave/plots/letters"
)

// registerFormats makes gonum save plots as they are shown: in a time that is linear in the number of points, with letters of other
// fonts, and with text that is text in documents.
func registerFormats() {
	draw.RegisterFormat("svg", func(w, h vg.Length) vg.CanvasWriterTo { c := canvas.NewSVG(w, h); return file{c, c, c} })
	draw.RegisterFormat("pdf", func(w, h vg.Length) vg.CanvasWriterTo { c := canvas.NewPDF(w, h); return file{c, c, c} })
	for names, encoder := range map[[2]string]func(*vgimg.Canvas) io.WriterTo{
		{"png", "png"}:  func(c *vgimg.Canvas) io.WriterTo { return vgimg.PngCanvas{Canvas: c} },
		{"jpg", "jpeg"}: func(c *vgimg.Canvas) io.WriterTo { return vgimg.JpegCanvas{Canvas: c} },
		{"tif", "tiff"}: func(c *vgimg.Canvas) io.WriterTo { return vgimg.TiffCanvas{Canvas: c} },
	} {
		create := func(w, h vg.Length) vg.CanvasWriterTo {
			c := canvas.New(image.NewRGBA(canvas.Bounds(w, h, vgimg.DefaultDPI)), vgimg.DefaultDPI)
			return file{c, c, encoder(c.Canvas)}
		}
		draw.RegisterFormat(names[0], create)
		draw.RegisterFormat(names[1], create)
	}
}

// file is a canvas for a file. Writing it tells which letters are missing.
type file struct {
	vg.CanvasSizer
	letters.Writer
	to io.WriterTo
}

func (f file) WriteTo(w io.Writer) (int64, error) {
	chart.Tell(f.Missing().Notes())
	return f.to.WriteTo(w)
}
