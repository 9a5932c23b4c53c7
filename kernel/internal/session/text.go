package session

import (
	"bytes"
	"fmt"
	"iter"
	"unicode/utf8"
)

// text collects what a cell prints until it is sent: whole runes only, valid UTF-8 only, and no more than
// limit bytes in all; beyond that it counts.
type text struct {
	limit int64  // less than 0: none
	name  string // stdout or stderr: whose ready is
	ready []byte

	halves [2]half // of stdout and stderr: how the last write ended, if inside a rune
	shown  int64
	cut    int64 // bytes not shown and not yet told of
	full   bool
}

// half is the beginning of a rune.
type half struct {
	name  string
	bytes []byte
}

// add takes bytes of the stream t.name. It reports true once, when the limit is passed.
func (t *text) add(b []byte) (passed bool) {
	if t.full {
		t.cut += int64(len(b))
		return false
	}
	h := t.half(t.name)
	if len(h.bytes) > 0 {
		b = append(h.bytes, b...)
		h.bytes = nil
	}
	if room := t.limit - t.shown; t.limit >= 0 && int64(len(b)) > room {
		t.full, passed = true, true
		keep := b[:room]
		keep = keep[:len(keep)-halfRune(keep)]
		t.cut += int64(len(b) - len(keep))
		b = keep
	} else if n := halfRune(b); n > 0 {
		h.bytes = bytes.Clone(b[len(b)-n:])
		b = b[:len(b)-n]
	}
	t.shown += int64(len(b))
	t.ready = appendValid(t.ready, b)
	return passed
}

func (t *text) half(name string) *half {
	i := 0
	if name == "stderr" {
		i = 1
	}
	t.halves[i].name = name
	return &t.halves[i]
}

// rest yields, by stream, the half runes that nothing completed, replaced as invalid text is.
func (t *text) rest() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for i := range t.halves {
			h := &t.halves[i]
			if len(h.bytes) == 0 {
				continue
			}
			h.bytes = nil
			if !yield(h.name, string(utf8.RuneError)) {
				return
			}
		}
	}
}

// takeCut returns how many bytes were not shown since it was last asked.
func (t *text) takeCut() int64 {
	n := t.cut
	t.cut = 0
	return n
}

// halfRune returns how many bytes at the end of b begin a rune that is not complete.
func halfRune(b []byte) int {
	for i := 1; i < utf8.UTFMax && i <= len(b); i++ {
		if tail := b[len(b)-i:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return i
		}
	}
	return 0
}

func appendValid(dst, b []byte) []byte {
	if utf8.Valid(b) {
		return append(dst, b...)
	}
	return append(dst, bytes.ToValidUTF8(b, []byte(string(utf8.RuneError)))...)
}

func cutNotice(limit int64) string {
	return fmt.Sprintf("\n[output cut: this cell printed more than %s; what follows is counted, not shown]\n", size(limit))
}

func cutTotal(n int64) string {
	return fmt.Sprintf("[output cut: %s not shown]\n", size(n))
}

// size writes a number of bytes as people read it, in powers of ten.
func size(n int64) string {
	switch {
	case n == 1:
		return "1 byte"
	case n < 10_000:
		return fmt.Sprintf("%d bytes", n)
	case n < 10_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
