package letters

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"golang.org/x/image/font/sfnt"
)

// other is a font of the system: one of those in a file.
type other struct {
	file      file
	name      string // tells it from all others
	collected bool   // the file holds others
	spans     []span // of letters that it may have, in order
	parts     parts

	font  *sfnt.Font // once it was needed
	tried bool
}

// span is a range of letters.
type span struct{ first, last rune }

func (o *other) covers(letter rune) bool {
	_, ok := slices.BinarySearchFunc(o.spans, letter, func(s span, r rune) int {
		switch {
		case s.last < r:
			return -1
		case s.first > r:
			return 1
		}
		return 0
	})
	return ok
}

// parsed is the font, nil if it is of a kind that cannot be drawn.
func (o *other) parsed() *sfnt.Font {
	if !o.tried {
		o.tried = true
		o.font, _ = sfnt.ParseReaderAt(o.parts)
	}
	return o.font
}

const (
	mostFonts  = 256     // in a file
	mostTables = 256     // of a font
	mostCmap   = 8 << 20 // bytes of a table of letters
)

// read returns the fonts of a file, as far as their lists of letters can be read. Only these are read here.
func read(f file) []*other {
	from := onDisk(f.path)
	head, err := take(from, 0, 12)
	if err != nil {
		return nil
	}
	offsets := []int64{0}
	if string(head[:4]) == "ttcf" {
		n := min(int64(binary.BigEndian.Uint32(head[8:])), mostFonts)
		list, err := take(from, 12, 4*n)
		if err != nil {
			return nil
		}
		offsets = nil
		for i := range n {
			offsets = append(offsets, int64(binary.BigEndian.Uint32(list[4*i:])))
		}
	}
	var fonts []*other
	for i, at := range offsets {
		p, letters, err := readParts(from, at)
		if err != nil {
			continue
		}
		fonts = append(fonts, &other{file: f, name: fmt.Sprintf("%s#%d", f.path, i), collected: len(offsets) > 1, spans: letters, parts: p})
	}
	return fonts
}

// parts is a font made of those tables of a file that its letters need, in order and where package sfnt asks for them. Files
// of well-known fonts (WenQuanYi, for one) have tables at odd places or broken ones that no letter needs.
type parts struct {
	from io.ReaderAt
	own  []byte // the directory of the tables, and one of them
	list []piece
}

// piece is a part of the file that the font has elsewhere.
type piece struct{ at, length, from int64 }

// needed are the tables that package sfnt reads a letter from. Kerning is between letters of one text in its own font.
var needed = []string{"CFF ", "cmap", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "name"}

// readParts reads the directory of the font at a place of a file, and its letters.
func readParts(from io.ReaderAt, at int64) (p parts, letters []span, err error) {
	head, err := take(from, at, 12)
	if err != nil {
		return p, nil, err
	}
	n := int64(binary.BigEndian.Uint16(head[4:]))
	if n > mostTables {
		return p, nil, errors.New("a font of too many tables")
	}
	directory, err := take(from, at+12, 16*n)
	if err != nil {
		return p, nil, err
	}
	tables := map[string]piece{}
	for ; len(directory) > 0; directory = directory[16:] {
		u32 := func(i int) int64 { return int64(binary.BigEndian.Uint32(directory[i:])) }
		tables[string(directory[:4])] = piece{from: u32(8), length: u32(12)}
	}
	cmap := tables["cmap"]
	if cmap.length == 0 || cmap.length > mostCmap {
		return p, nil, errors.New("a font without letters")
	}
	b, err := take(from, cmap.from, cmap.length)
	if err != nil {
		return p, nil, err
	}

	var names []string
	for _, name := range needed {
		if tables[name].length > 0 {
			names = append(names, name)
		}
	}
	names = append(names, "post") // says that glyphs have no names
	last := post()
	p = parts{from: from, own: slices.Clone(head[:4])}
	own := (*table)(&p.own)
	span, steps, rest := search(len(names), 16)
	own.u16(len(names), span, steps, rest)
	next := int64(12 + 16*len(names) + len(last))
	for _, name := range names {
		t := tables[name]
		if name == "post" {
			t = piece{at: int64(12 + 16*len(names)), length: int64(len(last))}
		} else {
			t.at = next
			next += (t.length + 3) &^ 3
			p.list = append(p.list, t)
		}
		*own = append(*own, name...)
		own.u32(0, int(t.at), int(t.length))
	}
	p.own = append(p.own, last...)
	return p, spansOf(b), nil
}

// ReadAt implements io.ReaderAt.
func (p parts) ReadAt(b []byte, off int64) (n int, err error) {
	if off < int64(len(p.own)) {
		n = copy(b, p.own[off:])
	}
	for _, t := range p.list {
		at := off + int64(n)
		if n == len(b) || at >= t.at+(t.length+3)&^3 {
			continue
		}
		if at < t.at+t.length {
			part := b[n:min(int64(len(b)), int64(n)+t.at+t.length-at)]
			m, err := p.from.ReadAt(part, t.from+at-t.at)
			n += m
			if m < len(part) {
				return n, err
			}
		}
		for n < len(b) && off+int64(n) < t.at+(t.length+3)&^3 { // up to the next table
			b[n] = 0
			n++
		}
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// spansOf reads the letters of a cmap table, in order: those of its tables of segments (format 4) and of groups (format 12)
// for Unicode. A letter among them may be missing all the same.
func spansOf(cmap []byte) []span {
	var spans []span
	for i := range min(uint16At(cmap, 2), 64) {
		entry := 4 + 8*i
		platform, encoding, at := uint16At(cmap, entry), uint16At(cmap, entry+2), uint32At(cmap, entry+4)
		unicode := platform == 0 || platform == 3 && (encoding == 1 || encoding == 10)
		if !unicode || at > len(cmap) {
			continue
		}
		switch sub := cmap[at:]; uint16At(sub, 0) {
		case 4:
			spans = append(spans, segments(sub)...)
		case 12:
			spans = append(spans, groups(sub)...)
		}
	}
	return merge(spans)
}

// segments reads a table of format 4.
func segments(table []byte) (spans []span) {
	n := uint16At(table, 6) / 2
	for k := range n {
		first, last := uint16At(table, 16+2*n+2*k), uint16At(table, 14+2*k)
		if first <= last && last < 0xffff {
			spans = append(spans, span{rune(first), rune(last)})
		}
	}
	return spans
}

// groups reads a table of format 12.
func groups(table []byte) (spans []span) {
	for k := range min(uint32At(table, 12), len(table)/12) {
		first, last := uint32At(table, 16+12*k), uint32At(table, 20+12*k)
		if first <= last && last <= 0x10ffff {
			spans = append(spans, span{rune(first), rune(last)})
		}
	}
	return spans
}

// merge sorts spans and joins those that touch.
func merge(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return int(a.first - b.first) })
	merged := spans[:0]
	for _, s := range spans {
		if n := len(merged); n > 0 && s.first <= merged[n-1].last+1 {
			merged[n-1].last = max(merged[n-1].last, s.last)
			continue
		}
		merged = append(merged, s)
	}
	return slices.Clip(merged)
}

// uint16At and uint32At read a number of a table; behind its end all is 0.
func uint16At(b []byte, i int) int {
	if i+2 > len(b) {
		return 0
	}
	return int(binary.BigEndian.Uint16(b[i:]))
}

func uint32At(b []byte, i int) int {
	if i+4 > len(b) {
		return 0
	}
	return int(binary.BigEndian.Uint32(b[i:]))
}

// take reads a part of a file.
func take(from io.ReaderAt, at, length int64) ([]byte, error) {
	if length > mostCmap {
		return nil, errors.New("a font with a table that is too long")
	}
	b := make([]byte, length)
	if n, err := from.ReadAt(b, at); n < len(b) {
		return nil, err
	}
	return b, nil
}

// onDisk is a file that is opened for each read: fonts are kept for good, and files that stay open are counted as leaks of a
// notebook's.
type onDisk string

// ReadAt implements io.ReaderAt.
func (path onDisk) ReadAt(p []byte, off int64) (int, error) {
	f, err := os.Open(string(path))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return f.ReadAt(p, off)
}
