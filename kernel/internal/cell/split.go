package cell

import (
	"go/scanner"
	"go/token"
	"strings"
)

// tok is one token of a cell.
type tok struct {
	at  int
	end int
	tok token.Token
	lit string
}

// tokens scans a cell; comments are kept.
func tokens(code string) ([]tok, []Error) {
	var errs []Error
	fset := token.NewFileSet()
	file := fset.AddFile("", fset.Base(), len(code))
	var sc scanner.Scanner
	sc.Init(file, []byte(code), func(p token.Position, msg string) { errs = append(errs, Error{p.Offset, msg}) }, scanner.ScanComments)
	var list []tok
	for {
		pos, tk, lit := sc.Scan()
		if tk == token.EOF {
			return list, errs
		}
		at := file.Offset(pos)
		n := len(lit)
		if tk.IsOperator() && tk != token.SEMICOLON {
			n = len(tk.String())
		}
		if tk == token.SEMICOLON && lit == "\n" {
			n = 0
		}
		list = append(list, tok{at, min(at+n, len(code)), tk, lit})
	}
}

// split finds the imports, function declarations and the package clause of a cell. Scanner errors are left to
// the parser, which scans again.
func split(code string) []span {
	list, _ := tokens(code)
	var spans []span
	start := true // the next token begins a statement
	depth := 0
	doc := -1 // start of the comment lines just above
	docEnd := -1
	for i := 0; i < len(list); i++ {
		t := list[i]
		if t.tok == token.COMMENT {
			if start && depth == 0 {
				switch {
				case doc >= 0 && adjacent(code, docEnd, t.at):
				case behindText(code, t.at): // it belongs to the statement before it
					doc = -1
					continue
				default:
					doc = t.at
				}
				docEnd = t.end
			}
			continue
		}
		if start && depth == 0 && begins(list, i) {
			from := t.at
			if t.tok != token.PACKAGE && doc >= 0 && adjacent(code, docEnd, t.at) {
				from = doc
			}
			end, next := stretch(list, i, len(code))
			spans = append(spans, span{from, end, t.tok})
			i, start, doc = next, true, -1
			continue
		}
		doc = -1
		switch t.tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth = max(depth-1, 0)
		}
		start = t.tok == token.SEMICOLON && depth == 0
	}
	return spans
}

// behindText reports whether anything but blanks stands before an offset on its line.
func behindText(code string, at int) bool {
	return strings.TrimSpace(code[strings.LastIndexByte(code[:at], '\n')+1:at]) != ""
}

// adjacent reports whether only blanks and one newline stand between two offsets.
func adjacent(code string, from, to int) bool {
	lines := 0
	for _, c := range code[from:to] {
		switch c {
		case '\n':
			lines++
		case ' ', '\t', '\r':
		default:
			return false
		}
	}
	return lines <= 1
}

// begins reports whether the statement that starts at token i is an import, a package clause, or a function
// declaration as opposed to a function literal.
func begins(list []tok, i int) bool {
	switch list[i].tok {
	case token.IMPORT:
		return true
	case token.PACKAGE:
		return true
	case token.FUNC:
	default:
		return false
	}
	next := i + 1
	if next < len(list) && list[next].tok == token.IDENT {
		return true
	}
	if next >= len(list) || list[next].tok != token.LPAREN {
		return false
	}
	next = behind(list, next) // a receiver, or the parameters of a literal
	if next+1 >= len(list) || list[next].tok != token.IDENT {
		return false
	}
	switch next++; list[next].tok {
	case token.LPAREN:
		return true
	case token.LBRACK: // the type parameters of a method, or the arguments of a literal's result: func(x int) List[int] {
		next = behind(list, next)
		return next >= len(list) || list[next].tok == token.LPAREN
	}
	return false
}

// behind is the index behind the bracket that closes the one at token i, that of the end when nothing does.
func behind(list []tok, i int) int {
	for depth := 0; i < len(list); i++ {
		switch list[i].tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(list)
}

// stretch returns where the item that starts at token i ends and the index of its last token.
func stretch(list []tok, i, size int) (end, last int) {
	depth := 0
	for ; i < len(list); i++ {
		switch list[i].tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		case token.SEMICOLON:
			if depth <= 0 {
				return list[i].end, i
			}
		}
	}
	return size, len(list)
}

// stray finds a closing bracket that nothing opened.
func stray(code string) (offset int, found bool) {
	list, _ := tokens(code)
	depth := 0
	for _, t := range list {
		switch t.tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			if depth--; depth < 0 {
				return t.at, true
			}
		}
	}
	return 0, false
}

// depths counts the brackets open at offsets, which are asked for in ascending order.
func depths(code string) func(offset int) int {
	var list []tok
	depth, scanned := 0, false
	return func(offset int) int {
		if !scanned {
			list, _ = tokens(code)
			scanned = true
		}
		for ; len(list) > 0 && list[0].at < offset; list = list[1:] {
			switch list[0].tok {
			case token.LPAREN, token.LBRACK, token.LBRACE:
				depth++
			case token.RPAREN, token.RBRACK, token.RBRACE:
				depth--
			}
		}
		return depth
	}
}
