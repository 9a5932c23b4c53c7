package cell

import (
	"go/token"
	"iter"
	"strings"
	"unicode"
)

// Directive is a line of a cell that is not Go: %name args, %%name args, $ command or !command.
type Directive struct {
	Offset int
	Mark   string // "%", "%%", "$" or "!"
	Name   string // for % and %%: the word behind it
	Args   string // the rest of the line, trimmed; continuation lines joined
}

// Directives finds the directives at the top of a cell: leading lines that begin with %, $ or !, blank lines
// and comments between them allowed. It returns them and the cell's Go text, in which they are blanked out, of
// the same length as the source. Behind a %% line nothing more is read.
func Directives(source string) (list []Directive, code string) {
	b := []byte(source)
	at := 0
	if strings.HasPrefix(source, byteOrderMark) {
		at = len(byteOrderMark)
		wipe(b[:at])
	}
	for at < len(source) {
		end := len(source)
		if i := strings.IndexByte(source[at:], '\n'); i >= 0 {
			end = at + i
		}
		line := source[at:end]
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "" || strings.HasPrefix(trimmed, "//"):
		case divider(trimmed):
			wipe(b[at:end])
		case strings.HasPrefix(trimmed, "%"), strings.HasPrefix(trimmed, "$"), strings.HasPrefix(trimmed, "!"):
			d := Directive{Offset: at + strings.Index(line, trimmed)}
			for strings.HasSuffix(trimmed, "\\") && end < len(source) { // the command goes on in the next line
				next := end + 1
				end = len(source)
				if i := strings.IndexByte(source[next:], '\n'); i >= 0 {
					end = next + i
				}
				trimmed = strings.TrimSuffix(trimmed, "\\") + " " + strings.TrimSpace(source[next:end])
			}
			d.read(trimmed)
			list = append(list, d)
			wipe(b[at:end])
			if d.Mark == "%%" {
				return list, string(b)
			}
		default:
			return list, withoutDividers(string(b))
		}
		at = end + 1
	}
	return list, string(b)
}

// divider reports whether a line is what divides declarations from statements in GoNB's notebooks. Here it counts for nothing.
func divider(line string) bool { return line == "%%" || line == "%main" }

// withoutDividers blanks out such lines in the midst of a cell, where they stand between statements.
func withoutDividers(code string) string {
	if !strings.Contains(code, "%%") && !strings.Contains(code, "%main") {
		return code
	}
	b := []byte(code)
	list, _ := tokens(code)
	for i, t := range outsideBrackets(list) {
		if t.tok != token.REM || i > 0 && list[i-1].tok != token.SEMICOLON && list[i-1].tok != token.COMMENT {
			continue
		}
		if from, to := lineAround(code, t.at); divider(strings.TrimSpace(code[from:to])) {
			wipe(b[from:to])
		}
	}
	return string(b)
}

// outsideBrackets are the tokens of a list that stand in no brackets, with their places in it.
func outsideBrackets(list []tok) iter.Seq2[int, tok] {
	return func(yield func(int, tok) bool) {
		depth := 0
		for i, t := range list {
			switch t.tok {
			case token.LPAREN, token.LBRACK, token.LBRACE:
				depth++
			case token.RPAREN, token.RBRACK, token.RBRACE:
				depth--
			default:
				if depth == 0 && !yield(i, t) {
					return
				}
			}
		}
	}
}

// lineAround is the extent of the line that an offset lies in, without its end.
func lineAround(code string, at int) (from, to int) {
	from = strings.LastIndexByte(code[:at], '\n') + 1
	if i := strings.IndexByte(code[at:], '\n'); i >= 0 {
		return from, at + i
	}
	return from, len(code)
}

// byteOrderMark is what some editors begin a file with; Go's compiler passes over it, too.
const byteOrderMark = "\ufeff"

func (d *Directive) read(line string) {
	switch {
	case strings.HasPrefix(line, "%%"):
		d.Mark = "%%"
	default:
		d.Mark = line[:1]
	}
	rest := line[len(d.Mark):]
	if d.Mark == "$" || d.Mark == "!" {
		d.Args = strings.TrimSpace(rest)
		return
	}
	d.Name = strings.TrimSpace(rest)
	if i := strings.IndexFunc(d.Name, unicode.IsSpace); i >= 0 {
		d.Name, d.Args = d.Name[:i], strings.TrimSpace(d.Name[i:])
	}
}
