package plots

import (
	"strings"
	"unicode"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// wrap breaks text at blanks into lines that are at most width wide. A longer word stays whole, unless it is in a script that
// writes no blanks: Chinese and Japanese break between any two letters.
func wrap(style text.Style, s string, width vg.Length) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		longer := strings.TrimSpace(line + " " + word)
		if line != "" && style.Width(longer) > width {
			lines = append(lines, line)
			longer = word
		}
		for {
			head, tail := cut(style, longer, width)
			if tail == "" {
				break
			}
			lines, longer = append(lines, strings.TrimSpace(head)), strings.TrimSpace(tail)
		}
		line = longer
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// cut divides a text that is wider than width at the last place before it where a line may end; tail is empty if there is none,
// or no need.
func cut(style text.Style, s string, width vg.Length) (head, tail string) {
	if !strings.ContainsFunc(s, ideographic) || style.Width(s) <= width {
		return s, ""
	}
	at, last := 0, rune(0)
	for i, r := range s {
		if i > 0 && style.Width(s[:i]) > width {
			break
		}
		if i > 0 && mayEnd(last, r) {
			at = i
		}
		last = r
	}
	if at == 0 {
		return s, ""
	}
	return s[:at], s[at:]
}

// mayEnd reports whether a line may end between two letters: none begins with a closing mark, and none ends with an opening one.
func mayEnd(last, next rune) bool {
	if unicode.IsSpace(last) || unicode.IsSpace(next) {
		return true
	}
	return (ideographic(last) || ideographic(next)) &&
		!unicode.In(next, unicode.Pe, unicode.Pf, unicode.Mn, unicode.Lm) && !strings.ContainsRune("、。，．・：；？！,.:;?!%", next) &&
		!unicode.In(last, unicode.Ps, unicode.Pi)
}

func ideographic(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo) || r >= 0x3000 && r <= 0x303f || r >= 0xff00 && r <= 0xffef
}
