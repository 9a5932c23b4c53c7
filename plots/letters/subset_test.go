package letters

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"math"
	"testing"

	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
)

func liberationSans(t *testing.T) font.Face {
	t.Helper()
	return font.NewCache(liberation.Collection()).Lookup(font.Font{Typeface: "Liberation", Variant: "Sans"}, 12)
}

// A font of some letters has their widths, kerning and shapes, whatever kind the original is of, and nothing else.
func TestSubset(t *testing.T) {
	collection, err := sfnt.ParseCollection(fontFile(t, "NotoSansCJK-Regular.ttc"))
	if err != nil {
		t.Fatal(err)
	}
	chinese, err := collection.Font(1)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		font *sfnt.Font
		text string
	}{
		"TrueType":   {liberationSans(t).Face, "AV Té Wa ½ λ→∞ ijl.,"},
		"PostScript": {chinese, "漢字時間　、かな한글"},
	} {
		var use Use
		use.Add(c.text)
		b, err := Subset(c.font, &use, "Some letters")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := sfnt.Parse(b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if sum(b) != 0xB1B0AFBA {
			t.Errorf("%s: the sum of the file is %x", name, sum(b))
		}
		if got.NumGlyphs() != len(use.letters)+1 || got.UnitsPerEm() != c.font.UnitsPerEm() {
			t.Errorf("%s: %d glyphs of %d letters, %d units", name, got.NumGlyphs(), len(use.letters), got.UnitsPerEm())
		}
		if called, err := got.Name(nil, sfnt.NameIDFamily); called != "Some letters" || err != nil {
			t.Errorf("%s: it is called %q, %v", name, called, err)
		}
		again, err := Subset(c.font, &use, "Some letters")
		if err != nil || !bytes.Equal(b, again) {
			t.Errorf("%s: the same letters give another file", name)
		}
		unit := fixed.Int26_6(c.font.UnitsPerEm())
		last := rune(-1)
		for _, r := range c.text {
			x, y := index(t, c.font, r), index(t, got, r)
			if w, v := advance(t, c.font, x), advance(t, got, y); w != v {
				t.Errorf("%s: %c is %v wide, was %v", name, r, v, w)
			}
			w, v := area(t, c.font, x), area(t, got, y)
			if math.Abs(w-v) > 0.005*math.Abs(w)+20 {
				t.Errorf("%s: %c covers %.0f square units, was %.0f", name, r, v, w)
			}
			if last >= 0 {
				k1, err1 := c.font.Kern(nil, index(t, c.font, last), x, unit, xfont.HintingNone)
				k2, err2 := got.Kern(nil, index(t, got, last), y, unit, xfont.HintingNone)
				if err1 == nil && (k1 != k2 || err2 != nil && k1 != 0) {
					t.Errorf("%s: %c%c are moved by %v, were by %v, %v", name, last, r, k2, k1, err2)
				}
			}
			last = r
		}
		if i, err := got.GlyphIndex(nil, 'Q'); i != 0 || err != nil {
			t.Errorf("%s: it has a letter that is not used", name)
		}
		t.Logf("%s: %d letters, %d bytes", name, len(use.letters), len(b))
	}
	if _, err := Subset(chinese, &Use{}, "x"); err == nil {
		t.Error("a font of no letters")
	}
}

// Letters above the first plane are found as well.
func TestSubsetOfLargeRunes(t *testing.T) {
	s := subset{name: "x", unitsPerEm: 1000, ascent: 800, descent: 200, letters: []rune{'a', 'b', 0xfffd, 0x10000, 0x1F600}}
	for i := range 6 {
		s.glyphs = append(s.glyphs, glyphOutline{advance: 100 * i, contours: [][]point{{{0, 0, true}, {i, 300, true}, {400, -300, false}, {400, 0, true}}}})
	}
	f, err := sfnt.Parse(s.file())
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range s.letters {
		if got := index(t, f, r); int(got) != i+1 {
			t.Errorf("%U is glyph %d, want %d", r, got, i+1)
		}
	}
}

func index(t *testing.T, f *sfnt.Font, r rune) sfnt.GlyphIndex {
	t.Helper()
	i, err := f.GlyphIndex(nil, r)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func advance(t *testing.T, f *sfnt.Font, i sfnt.GlyphIndex) fixed.Int26_6 {
	t.Helper()
	a, err := f.GlyphAdvance(nil, i, fixed.Int26_6(f.UnitsPerEm()), xfont.HintingNone)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// area is what a glyph covers, by Green's theorem along finely divided curves: shapes that differ have different ones.
func area(t *testing.T, f *sfnt.Font, i sfnt.GlyphIndex) (sum float64) {
	t.Helper()
	segments, err := f.LoadGlyph(new(sfnt.Buffer), i, fixed.Int26_6(f.UnitsPerEm()), nil)
	if err != nil {
		t.Fatal(err)
	}
	type vec struct{ x, y float64 }
	v := func(p fixed.Point26_6) vec { return vec{float64(p.X), float64(p.Y)} }
	var at, start vec
	to := func(p vec) { sum += (at.x*p.y - p.x*at.y) / 2; at = p }
	mix := func(a, b vec, s float64) vec { return vec{a.x + (b.x-a.x)*s, a.y + (b.y-a.y)*s} }
	for _, s := range segments {
		points := []vec{at}
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			to(start)
			at, start = v(s.Args[0]), v(s.Args[0])
			continue
		case sfnt.SegmentOpLineTo:
			points = append(points, v(s.Args[0]))
		case sfnt.SegmentOpQuadTo:
			points = append(points, v(s.Args[0]), v(s.Args[1]))
		case sfnt.SegmentOpCubeTo:
			points = append(points, v(s.Args[0]), v(s.Args[1]), v(s.Args[2]))
		}
		for k := 1; k <= 32; k++ { // de Casteljau
			level := append([]vec(nil), points...)
			for len(level) > 1 {
				for j := range len(level) - 1 {
					level[j] = mix(level[j], level[j+1], float64(k)/32)
				}
				level = level[:len(level)-1]
			}
			to(level[0])
		}
	}
	to(start)
	return sum
}

// A packed font holds the tables of the font, each compressed unless that makes it longer.
func TestWOFF(t *testing.T) {
	var use Use
	use.Add("The letters of a chart, 0123456789")
	ttf, err := Subset(liberationSans(t).Face, &use, "x")
	if err != nil {
		t.Fatal(err)
	}
	b, err := WOFF(ttf)
	if err != nil {
		t.Fatal(err)
	}
	u16, u32 := binary.BigEndian.Uint16, binary.BigEndian.Uint32
	n := int(u16(b[12:]))
	if string(b[:4]) != "wOFF" || u32(b[4:]) != u32(ttf) || int(u32(b[8:])) != len(b) || n != int(u16(ttf[4:])) || int(u32(b[16:])) != len(ttf) {
		t.Fatalf("header %x of %d bytes, for %d", b[:44], len(b), len(ttf))
	}
	for i := range n {
		packed, plain := b[44+20*i:], ttf[12+16*i:]
		from, stored, length := u32(packed[4:]), u32(packed[8:]), u32(packed[12:])
		want := ttf[u32(plain[8:]):][:u32(plain[12:])]
		got := b[from:][:stored]
		if stored < length {
			r, err := zlib.NewReader(bytes.NewReader(got))
			if err != nil {
				t.Fatal(err)
			}
			if got, err = io.ReadAll(r); err != nil {
				t.Fatal(err)
			}
		}
		if string(packed[:4]) != string(plain[:4]) || from%4 != 0 || !bytes.Equal(got, want) || u32(packed[16:]) != u32(plain[4:]) {
			t.Errorf("table %q differs", packed[:4])
		}
	}
	t.Logf("%d bytes, %d packed", len(ttf), len(b))
}
