package letters

import (
	"slices"
	"unicode"
)

// Scripts whose letters take their shape or place from their neighbours. A font's glyphs one after the other are not their text.
var shapedScripts = []*unicode.RangeTable{
	unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Mandaic, unicode.Samaritan, unicode.Adlam,
	unicode.Hanifi_Rohingya, unicode.Mongolian, unicode.Phags_Pa,
	unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu,
	unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Tibetan, unicode.Limbu, unicode.Lepcha, unicode.Meetei_Mayek,
	unicode.Ol_Chiki, unicode.Saurashtra, unicode.Syloti_Nagri, unicode.Kharoshthi, unicode.Brahmi, unicode.Grantha,
	unicode.Newa, unicode.Sharada, unicode.Tirhuta, unicode.Modi, unicode.Chakma,
	unicode.Thai, unicode.Lao, unicode.Myanmar, unicode.Khmer, unicode.Tai_Tham, unicode.Tai_Viet, unicode.Cham,
	unicode.Javanese, unicode.Balinese, unicode.Sundanese, unicode.Batak, unicode.Buginese, unicode.Rejang,
}

// shaped reports whether r belongs to such a script. Digits and the like keep their shape everywhere.
func shaped(r rune) bool {
	if r < 0x600 {
		return false
	}
	return unicode.In(r, shapedScripts...) && !unicode.Is(unicode.Nd, r)
}

// silent reports whether r asks for a rendering and has none of its own: joiners, selectors of variants, marks of direction,
// and a soft hyphen.
func silent(r rune) bool {
	switch {
	case r < 0xAD:
		return false
	case r == 0xAD, r == 0x34F, r == 0x61C, r == 0xFEFF, r >= 0xE0000 && r <= 0xE0FFF:
		return true
	}
	return r >= 0x200B && r <= 0x200F || r >= 0x202A && r <= 0x202E || r >= 0x2060 && r <= 0x206F || unicode.Is(unicode.Variation_Selector, r)
}

// rightToLeft reports whether r is a letter that is written from right to left and keeps its shape.
func rightToLeft(r rune) bool { return unicode.Is(unicode.Hebrew, r) }

// mirrored are the characters that open on one side, as they look in text from right to left.
var mirrored = map[rune]rune{'(': ')', ')': '(', '[': ']', ']': '[', '{': '}', '}': '{', '<': '>', '>': '<', '«': '»', '»': '«'}

// visual is a line in the order from left to right. What stands between two letters that are written from right to left is
// turned around with them, except for numbers; the line as a whole goes from left to right.
func visual(line string) []rune {
	text := []rune(line)
	for i := 0; i < len(text); i++ {
		if !rightToLeft(text[i]) {
			continue
		}
		end := i + 1
		for k := end; k < len(text) && (rightToLeft(text[k]) || !unicode.IsLetter(text[k])); k++ {
			if rightToLeft(text[k]) {
				end = k + 1
			}
		}
		turn(text[i:end])
		i = end
	}
	return text
}

// turn turns text around in place. Numbers keep their order, marks stay behind their letters, and brackets are mirrored.
func turn(text []rune) {
	slices.Reverse(text)
	group := func(in func(rune) bool) {
		for i := 0; i < len(text); i++ {
			from := i
			for i < len(text) && in(text[i]) {
				i++
			}
			slices.Reverse(text[from:i])
		}
	}
	group(func(r rune) bool { return unicode.IsDigit(r) || r == '.' || r == ',' })
	for i := range text {
		if r, ok := mirrored[text[i]]; ok {
			text[i] = r
		}
	}
	for i := 0; i < len(text); i++ { // marks, and the letter that now stands behind them
		from := i
		for i < len(text)-1 && unicode.Is(unicode.Mn, text[i]) {
			i++
		}
		if i > from {
			slices.Reverse(text[from : i+1])
		}
	}
}
