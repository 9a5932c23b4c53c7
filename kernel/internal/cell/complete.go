package cell

import (
	"go/token"
	"strings"
)

// Complete tells whether a half-typed cell could run as it is: "complete", "incomplete" with the indent that
// fits the next line, or "invalid", when nothing that follows could make a cell of it. It looks at syntax only.
func Complete(code string) (status, indent string) {
	list, errs := tokens(code)
	depth, ok := brackets(list)
	if !ok {
		return "invalid", ""
	}
	if len(errs) > 0 {
		e := errs[0]
		open := strings.Contains(e.Message, "comment not terminated") || strings.Contains(e.Message, "raw string literal not terminated")
		if !open || !viable(code[:e.Offset]) {
			return "invalid", ""
		}
		return "incomplete", ""
	}
	_, syntax := Parse(NewText(code), code)
	switch {
	case len(syntax) > 0 && !viable(code):
		return "invalid", ""
	case len(syntax) > 0 || depth > 0 || dangling(list):
		return "incomplete", strings.Repeat("\t", max(depth, 1))
	}
	return "complete", ""
}

// brackets counts those that are open at the end; ok is false when one is closed by another kind or was never opened.
func brackets(list []tok) (depth int, ok bool) {
	closes := map[token.Token]token.Token{token.RPAREN: token.LPAREN, token.RBRACK: token.LBRACK, token.RBRACE: token.LBRACE}
	var open []token.Token
	for _, t := range list {
		switch t.tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			open = append(open, t.tok)
		case token.RPAREN, token.RBRACK, token.RBRACE:
			n := len(open)
			if n == 0 || open[n-1] != closes[t.tok] {
				return 0, false
			}
			open = open[:n-1]
		}
	}
	return len(open), true
}

// Ways to go on behind half a statement. Where the parser faults a word that came before the end, as in
//
//	if v, ok := m[k]
//
// an operand, the ends of some brackets and a rest show that the statement can become good.
var (
	operands = []string{"", " x"}
	rests    = []string{"", "()", " {}", " = x", " := x", " := x {}", " := range x {}", " int", "; x {}", "; x; x {}", ":", ": x", " := x:", ".x()", " any] struct{}"}
)

// deepest is how many brackets are closed before the rest.
const deepest = 4

// longest is the code that is tried with each of them; of more, any fault before the end counts.
const longest = 1 << 14

// viable reports whether something could follow half a cell, whose brackets are right as far as they go.
func viable(code string) bool {
	end := len(strings.TrimSpace(code))
	end += len(code) - len(strings.TrimLeft(code, " \t\r\n"))
	if len(code) > longest {
		return follows(code, "", end)
	}
	closing := strings.ReplaceAll(Closing(code), "\n", "")
	for closed := range min(deepest, len(closing)) + 1 {
		for _, operand := range operands {
			for _, rest := range rests {
				if follows(code, operand+closing[:closed]+rest, end) {
					return true
				}
			}
		}
	}
	return false
}

// follows reports whether nothing before the end of code is at fault once more stands behind it.
func follows(code, more string, end int) bool {
	whole := code + more
	whole += Closing(whole)
	if _, stray := stray(whole); stray {
		return false
	}
	_, errs := Parse(NewText(whole), whole)
	return len(errs) == 0 || errs[0].Offset >= end
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
