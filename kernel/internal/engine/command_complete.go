package engine

import (
	"strings"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/session"
)

// commandStart is where the command begins whose name's letters begin at from: its line must begin with it.
func commandStart(runes []rune, from int) (at int, found bool) {
	at = from
	for at > 0 && runes[at-1] == '%' {
		at--
	}
	if at == from {
		return 0, false
	}
	for i := at - 1; i >= 0 && runes[i] != '\n'; i-- {
		if runes[i] != ' ' && runes[i] != '\t' {
			return 0, false // x % y
		}
	}
	return at, true
}

// commandMatches are the commands that begin so; a single % leads to cell commands as well.
func commandMatches(prefix string) []session.Match {
	var out []session.Match
	for _, h := range helpRows() {
		if strings.HasPrefix(h.name, prefix) || strings.HasPrefix(h.name, "%"+prefix) {
			out = append(out, session.Match{Text: h.name, Type: "keyword", Signature: strings.TrimSpace(h.args + " " + h.help)})
		}
	}
	return out
}

// notGo are the cell commands whose cell is not Go.
var notGo = map[string]bool{"bash": true, "file": true, "writefile": true}

// commandsComplete is the status of a half-typed cell as far as its commands decide it, "" when its Go text does. A cell that is not Go
// is complete behind an empty line, as in IPython.
func commandsComplete(list []cell.Directive, code string) string {
	if len(list) == 0 {
		return ""
	}
	last := list[len(list)-1]
	switch {
	case strings.HasSuffix(strings.TrimRight(code, " \t"), "\\") && !strings.Contains(below(code, last), "\n"):
		return "incomplete"
	case last.Mark == "%%" && notGo[last.Name]:
		if lines := strings.Split(code, "\n"); len(lines) > 1 && strings.TrimSpace(lines[len(lines)-1]) == "" {
			return "complete"
		}
		return "incomplete"
	}
	return ""
}
