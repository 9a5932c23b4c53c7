package cell

import (
	"go/token"
	"strings"
)

// Complete tells whether a half-typed cell could run as it is: "complete", "incomplete" with the indent that
// fits the next line, or "invalid". It looks at syntax only and takes well under a millisecond for a cell.
func Complete(code string) (status, indent string) {
	list, errs := tokens(code)
	depth := 0
	for _, t := range list {
		switch t.tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
			if depth < 0 {
				return "invalid", ""
			}
		}
	}
	for _, e := range errs {
		if strings.Contains(e.Message, "not terminated") && !strings.Contains(e.Message, "string literal") && !strings.Contains(e.Message, "rune literal") ||
			strings.Contains(e.Message, "raw string literal not terminated") {
			return "incomplete", ""
		}
		return "invalid", ""
	}
	if depth > 0 || dangling(list) {
		return "incomplete", strings.Repeat("\t", max(depth, 1))
	}
	_, syntax := Parse(NewText(code), code)
	if len(syntax) > 0 {
		return "invalid", ""
	}
	return "complete", ""
}

// dangling reports whether the last token asks for more: an operator, a comma, a keyword such as func.
func dangling(list []tok) bool {
	for i := len(list) - 1; i >= 0; i-- {
		t := list[i]
		switch {
		case t.tok == token.COMMENT:
			continue
		case t.tok == token.SEMICOLON:
			return false
		case t.tok == token.INC, t.tok == token.DEC, t.tok == token.RPAREN, t.tok == token.RBRACK, t.tok == token.RBRACE, t.tok == token.ELLIPSIS:
			return false
		case t.tok.IsOperator():
			return true
		case t.tok.IsKeyword():
			return t.tok != token.BREAK && t.tok != token.CONTINUE && t.tok != token.RETURN && t.tok != token.FALLTHROUGH
		default:
			return false
		}
	}
	return false
}
