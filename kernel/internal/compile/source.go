package compile

import (
	"sort"
	"strings"

	"interleave/kernel/internal/cell"
)

// source is Go text put together from generated text and pieces of cells; it remembers which is which, so that
// a position in it can be told in the words of the cell.
type source struct {
	buf    strings.Builder
	pieces []piece
}

// piece says that the bytes from at on are those of text from start to end.
type piece struct {
	at, start, end int
	text           *cell.Text
}

func (s *source) gen(parts ...string) {
	for _, p := range parts {
		s.buf.WriteString(p)
	}
}

func (s *source) copy(t *cell.Text, start, end int) {
	if start < end {
		s.pieces = append(s.pieces, piece{s.buf.Len(), start, end, t})
		s.buf.WriteString(t.Source[start:end])
	}
}

// origin tells where a byte offset of the source comes from; ok is false in generated text. The offset just
// behind a piece belongs to it, because ends of nodes lie there.
func (s *source) origin(offset int) (t *cell.Text, at int, ok bool) {
	i := sort.Search(len(s.pieces), func(i int) bool { return s.pieces[i].at > offset }) - 1
	if i < 0 {
		return nil, 0, false
	}
	p := s.pieces[i]
	if offset > p.at+p.end-p.start {
		return nil, 0, false
	}
	return p.text, p.start + offset - p.at, true
}

// edit replaces the bytes from start to end of a cell's text.
type edit struct {
	start, end int
	with       string
}

// sortEdits orders edits by place; those at one place keep their order.
func sortEdits(edits []edit) {
	sort.SliceStable(edits, func(i, j int) bool { return edits[i].start < edits[j].start })
}

// editsWithin are those of sorted edits that begin in a span or at its end. A cell of many statements is written one
// by one, and each looks at its own edits only.
func editsWithin(sorted []edit, start, end int) []edit {
	from := sort.Search(len(sorted), func(i int) bool { return sorted[i].start >= start })
	to := sort.Search(len(sorted), func(i int) bool { return sorted[i].start > end })
	return sorted[from:max(from, to)]
}

// copyEdited copies a span of a cell with edits applied; edits outside of the span are ignored, and of edits
// at one place the first given stands first.
func (s *source) copyEdited(t *cell.Text, start, end int, edits []edit) {
	sorted := append([]edit(nil), edits...)
	sortEdits(sorted)
	at := start
	for _, e := range sorted {
		if e.start < at || e.end > end {
			continue
		}
		s.copy(t, at, e.start)
		s.gen(e.with)
		at = e.end
	}
	s.copy(t, at, end)
}
