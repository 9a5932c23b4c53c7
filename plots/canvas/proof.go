package canvas

import (
	"image"
	"image/color"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"

	"interleave/plots/letters"
)

// Proof is a canvas that draws nothing: it only notes which letters are missing.
type Proof struct{ missing letters.Missing }

// Missing implements letters.Writer.
func (p *Proof) Missing() *letters.Missing { return &p.missing }

// FillString implements vg.Canvas.
func (p *Proof) FillString(face font.Face, _ vg.Point, s string) {
	for _, r := range letters.Runs(face, s) {
		p.missing.Add(r.Lost)
	}
}

func (*Proof) SetLineWidth(vg.Length)              {} // SetLineWidth implements vg.Canvas, as all below.
func (*Proof) SetLineDash([]vg.Length, vg.Length)  {}
func (*Proof) SetColor(color.Color)                {}
func (*Proof) Rotate(float64)                      {}
func (*Proof) Translate(vg.Point)                  {}
func (*Proof) Scale(float64, float64)              {}
func (*Proof) Push()                               {}
func (*Proof) Pop()                                {}
func (*Proof) Stroke(vg.Path)                      {}
func (*Proof) Fill(vg.Path)                        {}
func (*Proof) DrawImage(vg.Rectangle, image.Image) {}
