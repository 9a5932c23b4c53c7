package canvas

import (
	"strings"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"

	"interleave/plots/letters"
)

// textRuns splits a string that is drawn at a point into the runs that a document writes as text. There are none when the string is blank, and
// when a width is given for its edge: the edge is a shape, and is drawn here.
func textRuns(c vg.Canvas, edge vg.Length, face font.Face, pt vg.Point, s string) []letters.Run {
	if face.Face == nil || face.Font.Size == 0 || strings.TrimSpace(s) == "" {
		return nil
	}
	runs := letters.Runs(face, s)
	if edge <= 0 {
		return runs
	}
	c.SetLineWidth(edge)
	c.SetLineDash(nil, 0)
	c.Stroke(glyphs(runs, pt))
	return nil
}

// glyphs is a text as a path, with the font's kerning. pt is the left end of the base line.
func glyphs(runs []letters.Run, pt vg.Point) (path vg.Path) {
	for _, r := range runs {
		path = append(path, glyphsOf(r.Face, r.Text, pt)...)
		pt.X += r.Width()
	}
	return path
}

func glyphsOf(face font.Face, text string, pt vg.Point) (path vg.Path) {
	var buf sfnt.Buffer
	f := face.Face
	unit := fixed.Int26_6(f.UnitsPerEm()) // so that all lengths come in the font's own units
	scale := face.Font.Size / vg.Length(f.UnitsPerEm())
	var previous sfnt.GlyphIndex
	for i, r := range text {
		glyph, err := f.GlyphIndex(&buf, r)
		if err != nil {
			continue
		}
		if i > 0 {
			if kern, err := f.Kern(&buf, previous, glyph, unit, 0); err == nil {
				pt.X += vg.Length(kern) * scale
			}
		}
		if segments, err := f.LoadGlyph(&buf, glyph, unit, nil); err == nil && len(segments) > 0 {
			path = append(path, shape(segments, pt, scale)...)
		}
		if advance, err := f.GlyphAdvance(&buf, glyph, unit, 0); err == nil {
			pt.X += vg.Length(advance) * scale
		}
		previous = glyph
	}
	return path
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
