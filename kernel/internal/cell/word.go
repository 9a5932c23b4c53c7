package cell

import (
	"go/ast"
	"strings"
	"unicode"
)

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// WordStart is where the word begins that ends at a byte offset.
func WordStart(text string, at int) int {
	return len(strings.TrimRightFunc(text[:at], isWord))
}

// WordEnd is where the word ends that begins at a byte offset.
func WordEnd(text string, at int) int {
	return len(text) - len(strings.TrimLeftFunc(text[at:], isWord))
}

// IsExpression reports whether a statement is an expression, whose value a cell shows when it is the last one.
func IsExpression(s ast.Stmt) bool {
	_, ok := s.(*ast.ExprStmt)
	return ok
}
