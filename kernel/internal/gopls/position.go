package gopls

import (
	"strings"
	"unicode/utf8"
)

// position is a place in a file as the protocol counts: lines from 0, and UTF-16 code units from 0 in the line.
type position struct {
	Line      int `json:"line"`
	Character int `json:"character"`
}

type span struct {
	Start position `json:"start"`
	End   position `json:"end"`
}

// positionOf turns a byte offset into a position. An offset inside of a character counts as its start.
func positionOf(text string, offset int) position {
	offset = min(max(offset, 0), len(text))
	start := strings.LastIndexByte(text[:offset], '\n') + 1
	p := position{Line: strings.Count(text[:start], "\n")}
	for i := start; i < offset; {
		r, size := utf8.DecodeRuneInString(text[i:])
		if i+size > offset {
			break
		}
		i += size
		p.Character += units(r)
	}
	return p
}

// offsetOf turns a position into a byte offset; what lies behind the end of its line counts as that end.
func offsetOf(text string, p position) int {
	at := 0
	for range p.Line {
		i := strings.IndexByte(text[at:], '\n')
		if i < 0 {
			return len(text)
		}
		at += i + 1
	}
	for n := 0; n < p.Character && at < len(text) && text[at] != '\n'; {
		r, size := utf8.DecodeRuneInString(text[at:])
		n += units(r)
		if n > p.Character { // between two halves of a character
			break
		}
		at += size
	}
	return at
}

func units(r rune) int {
	if r >= 0x10000 {
		return 2
	}
	return 1
}
