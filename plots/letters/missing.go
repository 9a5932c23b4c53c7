package letters

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Missing are letters that were to be drawn and could not be. The zero value is none.
type Missing struct{ letters []rune } // each once, in the order in which they came

// Add adds the letters of a text.
func (m *Missing) Add(text string) {
	for _, r := range text {
		if !slices.Contains(m.letters, r) {
			m.letters = append(m.letters, r)
		}
	}
}

// Letters are the letters, each once, in the order in which they came.
func (m *Missing) Letters() []rune { return slices.Clone(m.letters) }

// Notes say which letters are missing and what to do, in a sentence for each remedy; none when no letter is missing.
func (m *Missing) Notes() (notes []string) {
	var none, joined []rune
	for _, r := range m.letters {
		if shaped(r) {
			joined = append(joined, r)
		} else {
			none = append(none, r)
		}
	}
	if len(none) > 0 {
		names, noun := packages(none), "package"
		if len(names) > 1 {
			noun = "packages"
		}
		notes = append(notes, fmt.Sprintf("the chart's font has no letters for %s; install a font that has them, for example the Debian %s %s, and run the cell again",
			listed(none), noun, strings.Join(names, " and ")))
	}
	if len(joined) > 0 {
		notes = append(notes, fmt.Sprintf("charts can't write %s, because letters of this script take their shape from their neighbours; write this text outside the chart", listed(joined)))
	}
	return notes
}

// listed are letters with blanks between them, at most 16. Marks stand on a circle.
func listed(letters []rune) string {
	const most = 16
	var b strings.Builder
	for i, r := range letters {
		if i == most {
			fmt.Fprintf(&b, " and %d more", len(letters)-most)
			break
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		if unicode.Is(unicode.M, r) {
			b.WriteRune('◌')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// packages are those of Debian that have letters, each once.
func packages(letters []rune) (names []string) {
	for _, r := range letters {
		name := "fonts-noto-core"
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo),
			r >= 0x3000 && r <= 0x303F, r >= 0xFF00 && r <= 0xFFEF:
			name = "fonts-noto-cjk"
		case unicode.In(r, unicode.So, unicode.Sk, unicode.Sm) || r >= 0x1F000 && r <= 0x1FAFF:
			name = "fonts-symbola"
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
