package plots

import (
	"strings"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// outlines is a canvas that draws letters as filled shapes. A file made on it needs no fonts where it is read, and
// is not bound to an encoding: gonum's PDF canvas knows Latin letters only (no arrows), and no bold ones.
type outlines struct{ vg.Canvas }

// ruler is a canvas that remembers the height of the smallest letters it was asked for.
type ruler struct {
	vg.Canvas
	least vg.Length // at first an upper bound
}

func (r *ruler) FillString(face font.Face, pt vg.Point, s string) {
	if strings.TrimSpace(s) != "" {
		r.least = min(r.least, face.Font.Size)
	}
	r.Canvas.FillString(face, pt, s)
}

// FillString fills the outline of each letter, with the font's kerning. pt is the left end of the base line.
func (o outlines) FillString(face font.Face, pt vg.Point, s string) {
	var buf sfnt.Buffer
	f := face.Face
	unit := fixed.Int26_6(f.UnitsPerEm()) // so that all lengths come in the font's own units
	scale := face.Font.Size / vg.Length(f.UnitsPerEm())
	x := vg.Length(0)
	var previous sfnt.GlyphIndex
	for i, r := range s {
		glyph, err := f.GlyphIndex(&buf, r)
		if err != nil {
			continue
		}
		if i > 0 {
			if kern, err := f.Kern(&buf, previous, glyph, unit, 0); err == nil {
				x += vg.Length(kern) * scale
			}
		}
		segments, err := f.LoadGlyph(&buf, glyph, unit, nil)
		if err == nil && len(segments) > 0 {
			o.Fill(shape(segments, vg.Point{X: pt.X + x, Y: pt.Y}, scale))
		}
		if advance, err := f.GlyphAdvance(&buf, glyph, unit, 0); err == nil {
			x += vg.Length(advance) * scale
		}
		previous = glyph
	}
}

// shape turns a glyph into a path. Fonts measure downwards, canvases upwards.
func shape(segments sfnt.Segments, origin vg.Point, scale vg.Length) vg.Path {
	at := func(p fixed.Point26_6) vg.Point {
		return vg.Point{X: origin.X + vg.Length(p.X)*scale, Y: origin.Y - vg.Length(p.Y)*scale}
	}
	var path vg.Path
	for i, s := range segments {
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			if i > 0 {
				path.Close()
			}
			path.Move(at(s.Args[0]))
		case sfnt.SegmentOpLineTo:
			path.Line(at(s.Args[0]))
		case sfnt.SegmentOpQuadTo:
			path.QuadTo(at(s.Args[0]), at(s.Args[1]))
		case sfnt.SegmentOpCubeTo:
			path.CubeTo(at(s.Args[0]), at(s.Args[1]), at(s.Args[2]))
		}
	}
	path.Close()
	return path
}
