// Package letters writes the text of charts in letters that the chart's own font lacks.
//
// The fonts that are compiled in, the Liberation family, have Latin, Greek and Cyrillic letters, arrows and the signs of
// mathematics. Other letters come from the fonts of the system: [Runs] splits a line where the font has to change, and
// [Handler] measures and draws text that way for gonum/plot. Only a line that has such letters makes the package look for
// fonts; see [Folders] for where it looks.
//
// Each letter is drawn by itself, from left to right. Scripts whose letters change their shape with their neighbours, such as
// Arabic, Devanagari and Thai, and emoji in colours cannot be drawn so. For these, and where no font has a letter, there is a
// box, and [Missing] says in words which letters they are and what to do.
//
// The package knows nothing of charts and starts no goroutine. All of it may be used by several goroutines at once, except a
// [Missing], which belongs to one.
package letters

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// Run is a part of a line that is drawn in one font.
type Run struct {
	Face font.Face
	Text string // as it is drawn: one glyph of the font for each rune

	// Lost are the letters of the line that no font has. Text holds boxes for them.
	Lost string
}

// Width is how wide the run is drawn.
func (r Run) Width() vg.Length { return r.Face.Width(r.Text) }

// Runs splits a line into runs, in the order in which they are drawn. Letters that face has stay in face.
func Runs(face font.Face, line string) []Run {
	if face.Face == nil || has(face.Face, line) {
		return []Run{{Face: face, Text: line}}
	}
	var runs []Run
	add := func(face font.Face, text, lost string) {
		if n := len(runs); n > 0 && runs[n-1].Face == face && (runs[n-1].Lost == "") == (lost == "") {
			runs[n-1].Text += text
			runs[n-1].Lost += lost
			return
		}
		runs = append(runs, Run{face, text, lost})
	}
	box := substitute(face.Face)
	for _, r := range visual(line) {
		switch {
		case silent(r):
		case !shaped(r) && glyph(face.Face, r):
			add(face, string(r), "")
		case unicode.IsControl(r):
			add(face, " ", "")
		case r == utf8.RuneError: // no letter, but where one could not be read
			add(face, box, "")
		case shaped(r):
			if unicode.Is(unicode.Mn, r) {
				add(face, "", string(r))
			} else {
				add(face, box, string(r))
			}
		default:
			other, ok := installed.find(r, face.Font.Weight >= xfont.WeightSemiBold)
			switch {
			case ok:
				add(font.Face{Font: other.describe(face.Font), Face: other.parsed()}, string(r), "")
			case unicode.IsSpace(r):
				add(face, " ", "")
			default:
				add(face, box, string(r))
			}
		}
	}
	return runs
}

// Width is how wide a line is drawn.
func Width(face font.Face, line string) vg.Length {
	if face.Face == nil || has(face.Face, line) {
		return face.Width(line)
	}
	var sum vg.Length
	for _, r := range Runs(face, line) {
		sum += r.Width()
	}
	return sum
}

// substitute is what stands for a letter that no font has.
func substitute(f *sfnt.Font) string {
	for _, r := range "□\uFFFD?" {
		if glyph(f, r) {
			return string(r)
		}
	}
	return " "
}

// buffers are those of package sfnt, which are large.
var buffers = sync.Pool{New: func() any { return new(sfnt.Buffer) }}

// has reports whether a line can be drawn in f as it is.
func has(f *sfnt.Font, line string) bool {
	b := buffers.Get().(*sfnt.Buffer)
	defer buffers.Put(b)
	for _, r := range line {
		if r >= 0xAD && (shaped(r) || silent(r) || rightToLeft(r)) {
			return false
		}
		if i, err := f.GlyphIndex(b, r); err != nil || i == 0 {
			return false
		}
	}
	return true
}

// glyph reports whether f has r.
func glyph(f *sfnt.Font, r rune) bool {
	b := buffers.Get().(*sfnt.Buffer)
	defer buffers.Put(b)
	i, err := f.GlyphIndex(b, r)
	return err == nil && i != 0
}

// Printable is a line without what no document may hold: bytes that are not UTF-8, and control characters.
func Printable(line string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError:
			return '\uFFFD'
		case unicode.IsControl(r) || r == 0xFFFE || r == 0xFFFF:
			return ' '
		}
		return r
	}, line)
}
