package letters

import (
	"cmp"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"unicode/utf16"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// Use is what a document writes in one font.
type Use struct {
	letters map[rune]bool
	pairs   map[[2]rune]bool // letters that stand side by side
}

// Add adds a text.
func (u *Use) Add(text string) {
	if u.letters == nil {
		u.letters, u.pairs = map[rune]bool{}, map[[2]rune]bool{}
	}
	last := rune(-1)
	for _, r := range text {
		u.letters[r] = true
		if last >= 0 {
			u.pairs[[2]rune{last, r}] = true
		}
		last = r
	}
}

// Subset returns a TrueType font of the letters that are used, for a document to carry along. Their shapes, widths and
// kerning are those of f, which may be of any kind, one of a collection and with PostScript outlines too; what helps to draw
// them in small sizes on coarse screens is left out. The font is named name: what its licence calls the original is not it.
func Subset(f *sfnt.Font, use *Use, name string) ([]byte, error) {
	unit := fixed.Int26_6(f.UnitsPerEm()) // so that all lengths come in the font's own units
	s := subset{name: name, unitsPerEm: int(unit), letters: slices.Sorted(maps.Keys(use.letters))}
	if len(s.letters) == 0 || len(s.letters) > 0xfff0 {
		return nil, errors.New("a font of no letters, or of too many")
	}
	var b sfnt.Buffer
	metrics, err := f.Metrics(&b, unit, font.HintingNone)
	if err != nil {
		return nil, err
	}
	s.ascent, s.descent, s.capital, s.small = int(metrics.Ascent), int(metrics.Descent), int(metrics.CapHeight), int(metrics.XHeight)
	number := map[rune]int{}
	old := map[rune]sfnt.GlyphIndex{}
	s.glyphs = make([]glyphOutline, 1) // the first stands for what the font lacks, and is empty
	for _, r := range s.letters {
		i, err := f.GlyphIndex(&b, r)
		if err != nil {
			return nil, err
		}
		advance, err := f.GlyphAdvance(&b, i, unit, font.HintingNone)
		if err != nil {
			return nil, err
		}
		segments, err := f.LoadGlyph(&b, i, unit, nil)
		if err != nil {
			return nil, err
		}
		number[r], old[r] = len(s.glyphs), i
		s.glyphs = append(s.glyphs, glyphOutline{int(advance), contours(segments)})
	}
	for pair := range use.pairs {
		if d, err := f.Kern(&b, old[pair[0]], old[pair[1]], unit, font.HintingNone); err == nil && d != 0 {
			s.kerns = append(s.kerns, kern{number[pair[0]], number[pair[1]], int(d)})
		}
	}
	slices.SortFunc(s.kerns, func(a, b kern) int { return cmp.Or(cmp.Compare(a.left, b.left), cmp.Compare(a.right, b.right)) })
	return s.file(), nil
}

// point is a point of a contour. Between two points that are on it, one that is off bends the line.
type point struct {
	x, y int
	on   bool
}

// contours turns a glyph's outline into contours of TrueType. Package sfnt measures downwards, a font upwards.
func contours(segments sfnt.Segments) (all [][]point) {
	var at fixed.Point26_6
	add := func(p fixed.Point26_6, on bool) {
		all[len(all)-1] = append(all[len(all)-1], point{int(p.X), -int(p.Y), on})
	}
	for _, s := range segments {
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			all = append(all, nil)
			at = s.Args[0]
			add(at, true)
		case sfnt.SegmentOpLineTo:
			at = s.Args[0]
			add(at, true)
		case sfnt.SegmentOpQuadTo:
			add(s.Args[0], false)
			at = s.Args[1]
			add(at, true)
		case sfnt.SegmentOpCubeTo:
			for _, q := range quadratics(at, s.Args) {
				add(q[0], false)
				add(q[1], true)
			}
			at = s.Args[2]
		}
	}
	for i, c := range all {
		if n := len(c); n > 1 && c[n-1] == c[0] { // contours close by themselves
			all[i] = c[:n-1]
		}
	}
	return slices.DeleteFunc(all, func(c []point) bool { return len(c) < 2 })
}

// quadratics are four curves with one bend each that look like a curve with two: each goes along a quarter of it. In a letter
// they lie within a unit of it.
func quadratics(from fixed.Point26_6, args [3]fixed.Point26_6) (curves [][2]fixed.Point26_6) {
	const parts = 4
	type vec struct{ x, y float64 }
	p := [4]vec{{float64(from.X), float64(from.Y)}}
	for i, a := range args {
		p[i+1] = vec{float64(a.X), float64(a.Y)}
	}
	at := func(t float64) vec {
		u := 1 - t
		a, b, c, d := u*u*u, 3*u*u*t, 3*u*t*t, t*t*t
		return vec{a*p[0].x + b*p[1].x + c*p[2].x + d*p[3].x, a*p[0].y + b*p[1].y + c*p[2].y + d*p[3].y}
	}
	round := func(v vec) fixed.Point26_6 {
		near := func(f float64) fixed.Int26_6 {
			if f < 0 {
				return -fixed.Int26_6(-f + 0.5)
			}
			return fixed.Int26_6(f + 0.5)
		}
		return fixed.Point26_6{X: near(v.x), Y: near(v.y)}
	}
	for i := range parts {
		begin, middle, end := at(float64(i)/parts), at((float64(i)+0.5)/parts), at(float64(i+1)/parts)
		// The curve with this bend goes through the same point half way.
		bend := vec{2*middle.x - (begin.x+end.x)/2, 2*middle.y - (begin.y+end.y)/2}
		curves = append(curves, [2]fixed.Point26_6{round(bend), round(end)})
	}
	curves[parts-1][1] = args[2]
	return curves
}

// subset is a font that is written.
type subset struct {
	name                            string
	unitsPerEm                      int
	ascent, descent, capital, small int
	letters                         []rune // letter i is glyph i+1
	glyphs                          []glyphOutline
	kerns                           []kern
}

type glyphOutline struct {
	advance  int
	contours [][]point
}

type kern struct{ left, right, by int }

// box is what a glyph or a font covers.
type box struct{ left, low, right, high int }

func (g glyphOutline) box() (b box) {
	first := true
	for _, c := range g.contours {
		for _, p := range c {
			if first {
				b, first = box{p.x, p.y, p.x, p.y}, false
			}
			b = box{min(b.left, p.x), min(b.low, p.y), max(b.right, p.x), max(b.high, p.y)}
		}
	}
	return b
}

// table is a table of a font, or a part of one. Numbers are big-endian.
type table []byte

func (t *table) u16(values ...int) {
	for _, v := range values {
		*t = binary.BigEndian.AppendUint16(*t, uint16(v))
	}
}

func (t *table) u32(values ...int) {
	for _, v := range values {
		*t = binary.BigEndian.AppendUint32(*t, uint32(v))
	}
}

// search are the three numbers by which a list of n entries of a size is searched, as several tables hold them.
func search(n, size int) (span, steps, rest int) {
	span = 1
	for span*2 <= n {
		span *= 2
		steps++
	}
	return span * size, steps, (n - span) * size
}

// file puts the tables together (Microsoft, "OpenType specification", chapters of the same names).
func (s *subset) file() []byte {
	glyf, loca := s.glyf()
	tables := map[string]table{
		"OS/2": s.os2(), "cmap": s.cmap(), "glyf": glyf, "head": s.head(), "hhea": s.hhea(), "hmtx": s.hmtx(), "loca": loca,
		"maxp": s.maxp(), "name": s.nameTable(), "post": post(),
	}
	if len(s.kerns) > 0 {
		tables["kern"] = s.kern()
	}
	names := slices.Sorted(maps.Keys(tables))
	span, steps, rest := search(len(names), 16)
	var head, body table
	head.u32(0x00010000)
	head.u16(len(names), span, steps, rest)
	where := 12 + 16*len(names)
	headAt := 0
	for _, name := range names {
		t := tables[name]
		if name == "head" {
			headAt = where + len(body)
		}
		head = append(head, name...)
		head.u32(int(sum(t)), where+len(body), len(t))
		body = append(body, t...)
		body = append(body, make([]byte, -len(t)&3)...)
	}
	all := append(head, body...)
	binary.BigEndian.PutUint32(all[headAt+8:], 0xB1B0AFBA-sum(all))
	return all
}

// sum is the checksum of a table.
func sum(t []byte) (n uint32) {
	t = append(slices.Clone(t), make([]byte, -len(t)&3)...)
	for i := 0; i < len(t); i += 4 {
		n += binary.BigEndian.Uint32(t[i:])
	}
	return n
}

func (s *subset) bounds() (b box) {
	for _, g := range s.glyphs {
		if len(g.contours) > 0 {
			o := g.box()
			b = box{min(b.left, o.left), min(b.low, o.low), max(b.right, o.right), max(b.high, o.high)}
		}
	}
	return b
}

func (s *subset) head() (t table) {
	b := s.bounds()
	t.u32(0x00010000, 0x00010000, 0, 0x5F0F3CF5) // versions, the sum to be, the magic number
	t.u16(0b1011, s.unitsPerEm)                  // base line at 0, left side at 0, sizes in whole pixels
	t.u32(0, 0, 0, 0)                            // no dates: the same letters give the same file
	t.u16(b.left, b.low, b.right, b.high, 0, 6, 2, 1, 0)
	return t
}

func (s *subset) hhea() (t table) {
	widest, left, right := 0, 0, 0
	for _, g := range s.glyphs {
		b := g.box()
		widest, left, right = max(widest, g.advance), min(left, b.left), min(right, g.advance-b.right)
	}
	t.u32(0x00010000)
	t.u16(s.ascent, -s.descent, 0, widest, left, right, s.bounds().right, 1, 0, 0, 0, 0, 0, 0, 0, len(s.glyphs))
	return t
}

func (s *subset) hmtx() (t table) {
	for _, g := range s.glyphs {
		t.u16(g.advance, g.box().left)
	}
	return t
}

func (s *subset) maxp() (t table) {
	points, lines := 0, 0
	for _, g := range s.glyphs {
		n := 0
		for _, c := range g.contours {
			n += len(c)
		}
		points, lines = max(points, n), max(lines, len(g.contours))
	}
	t.u32(0x00010000)
	t.u16(len(s.glyphs), points, lines, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)
	return t
}

func (s *subset) glyf() (glyf, loca table) {
	for _, g := range s.glyphs {
		loca.u32(len(glyf))
		glyf = append(glyf, g.encoded()...)
		glyf = append(glyf, make([]byte, -len(glyf)&3)...)
	}
	loca.u32(len(glyf))
	return glyf, loca
}

// encoded is a glyph as the glyf table has it: bounds, ends of contours, flags, and the steps from point to point.
func (g glyphOutline) encoded() (t table) {
	if len(g.contours) == 0 {
		return nil
	}
	const on, shortX, shortY, sameX, sameY = 1, 2, 4, 16, 32
	b := g.box()
	t.u16(len(g.contours), b.left, b.low, b.right, b.high)
	var flags, xs, ys table
	last, n := point{}, 0
	step := func(d int, short, same byte, to *table) (flag byte) {
		switch {
		case d == 0:
			return same
		case d > 0 && d < 256:
			*to = append(*to, byte(d))
			return short | same
		case d < 0 && d > -256:
			*to = append(*to, byte(-d))
			return short
		}
		to.u16(d)
		return 0
	}
	for _, c := range g.contours {
		for _, p := range c {
			flag := step(p.x-last.x, shortX, sameX, &xs) | step(p.y-last.y, shortY, sameY, &ys)
			if p.on {
				flag |= on
			}
			flags, last = append(flags, flag), p
			n++
		}
		t.u16(n - 1)
	}
	t.u16(0) // no instructions
	return slices.Concat(t, flags, xs, ys)
}

// cmap maps letters to glyphs: as segments of 16-bit letters, and if there are larger ones as groups of all.
func (s *subset) cmap() (t table) {
	type group struct{ first, last, glyph int }
	var groups []group
	for i, r := range s.letters {
		if n := len(groups); n > 0 && groups[n-1].last == int(r)-1 && (r != 0x10000) {
			groups[n-1].last++
			continue
		}
		groups = append(groups, group{int(r), int(r), i + 1})
	}
	small := slices.DeleteFunc(slices.Clone(groups), func(g group) bool { return g.first > 0xfffe })
	var four, twelve table
	n := len(small) + 1
	span, steps, rest := search(n, 2)
	four.u16(4, 16+8*n, 0, 2*n, span, steps, rest)
	for _, g := range small {
		four.u16(g.last)
	}
	four.u16(0xffff, 0)
	for _, g := range small {
		four.u16(g.first)
	}
	four.u16(0xffff)
	for _, g := range small {
		four.u16(g.glyph - g.first)
	}
	four.u16(1)
	four.u16(make([]int, n)...)
	if len(small) == len(groups) {
		t.u16(0, 1, 3, 1)
		t.u32(12)
		return append(t, four...)
	}
	twelve.u16(12, 0)
	twelve.u32(16+12*len(groups), 0, len(groups))
	for _, g := range groups {
		twelve.u32(g.first, g.last, g.glyph)
	}
	t.u16(0, 2, 3, 1)
	t.u32(20)
	t.u16(3, 10)
	t.u32(20 + len(four))
	return slices.Concat(t, four, twelve)
}

func (s *subset) kern() (t table) {
	span, steps, rest := search(len(s.kerns), 6)
	t.u16(0, 1, 0, 14+6*len(s.kerns), 1, len(s.kerns), span, steps, rest)
	for _, k := range s.kerns {
		t.u16(k.left, k.right, k.by)
	}
	return t
}

func (s *subset) nameTable() (t table) {
	const windows, unicodeBMP, english = 3, 1, 0x409
	var text []byte
	names := []struct {
		id   int
		text string
	}{{1, s.name}, {2, "Regular"}, {3, s.name}, {4, s.name}, {5, "Version 1.0"}, {6, s.name}}
	t.u16(0, len(names), 6+12*len(names))
	for _, n := range names {
		var encoded table
		for _, u := range utf16.Encode([]rune(n.text)) {
			encoded.u16(int(u))
		}
		t.u16(windows, unicodeBMP, english, n.id, len(encoded), len(text))
		text = append(text, encoded...)
	}
	return append(t, text...)
}

func (s *subset) os2() (t table) {
	first, last := int(s.letters[0]), int(s.letters[len(s.letters)-1])
	average := 0
	for _, g := range s.glyphs {
		average += g.advance
	}
	em := s.unitsPerEm
	t.u16(4, average/len(s.glyphs), 400, 5, 0)
	t.u16(em/2, em/2, 0, em/10, em/2, em/2, 0, em/2, em/20, em/4) // sub- and superscripts, the line through a text
	t.u16(0)
	t = append(t, make([]byte, 10+16)...) // no classification, and no ranges of Unicode are claimed
	t = append(t, "NONE"...)
	t.u16(0x40, min(first, 0xffff), min(last, 0xffff)) // a regular font
	t.u16(s.ascent, -s.descent, 0, max(s.ascent, s.bounds().high), max(s.descent, -s.bounds().low))
	t.u32(0, 0)
	t.u16(s.small, s.capital, 0, 32, 1)
	return t
}

// post says that glyphs have no names.
func post() (t table) {
	t.u32(0x00030000, 0)
	t.u16(-100, 50)
	t.u32(0, 0, 0, 0, 0)
	return t
}
