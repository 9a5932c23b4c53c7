package cell

import (
	"go/token"
	"regexp"
	"strings"
)

// questionLine is a line that asks for documentation as IPython's cells do: ?NAME or NAME?, with one question mark or two.
var questionLine = regexp.MustCompile(`^\s*(?:\?\??\s*([\pL_][\pL\pN_.]*)|([\pL_][\pL\pN_.]*)\s*\?\??)\s*;?\s*$`)

// Questions finds the lines of a cell that ask for documentation, outside of strings, comments and brackets. It returns
// the names they ask about, and the code with these lines blanked out, of the same length.
func Questions(code string) (rest string, names []string) {
	if !strings.Contains(code, "?") {
		return code, nil
	}
	b := []byte(code)
	list, _ := tokens(code)
	last := -1 // where the last line that was looked at ends
	for _, t := range outsideBrackets(list) {
		if t.tok != token.ILLEGAL || t.lit != "?" || t.at < last {
			continue
		}
		var from int
		from, last = lineAround(code, t.at)
		if m := questionLine.FindStringSubmatch(code[from:last]); m != nil {
			names = append(names, m[1]+m[2])
			wipe(b[from:last])
		}
	}
	return string(b), names
}
