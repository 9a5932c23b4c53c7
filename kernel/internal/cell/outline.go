package cell

import (
	"go/token"
	"strconv"
	"strings"
)

// PartKind is what a part of a cell's top level is.
type PartKind int

// The kinds of parts.
const (
	PackagePart PartKind = iota
	ImportPart
	FuncPart
	TypePart
	ConstPart
	VarPart
	DefinePart // x, y := …
)

// Part is an item of a cell's top level that declares something.
type Part struct {
	Kind       PartKind
	Start, End int
	Names      []string // what it declares; for a method its own name
	Recv       string   // the type of a method
	Imports    []Import
}

var partKinds = map[token.Token]PartKind{
	token.PACKAGE: PackagePart, token.IMPORT: ImportPart, token.FUNC: FuncPart,
	token.TYPE: TypePart, token.CONST: ConstPart, token.VAR: VarPart,
}

// Outline finds what the top level of a cell declares. It looks at tokens only, so it has an answer for every half-written
// cell: an item that is not closed extends to the end.
func Outline(code string) []Part {
	list, _ := tokens(code)
	var parts []Part
	start, depth := true, 0
	for i := 0; i < len(list); i++ {
		t := list[i]
		if t.tok == token.COMMENT {
			continue
		}
		if start && depth == 0 {
			if p, ok := partAt(list, i); ok {
				var last int
				p.Start = docStart(code, list, i)
				p.End, last = stretch(list, i, len(code))
				parts = append(parts, p)
				i = last
				continue
			}
		}
		switch t.tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth = max(depth-1, 0)
		}
		start = t.tok == token.SEMICOLON && depth == 0
	}
	return parts
}

// docStart is where the comment begins that stands right above token i, or the token.
func docStart(code string, list []tok, i int) int {
	at := list[i].at
	for i--; i >= 0 && list[i].tok == token.COMMENT && adjacent(code, list[i].end, at); i-- {
		if behindText(code, list[i].at) {
			break // it belongs to the statement above
		}
		at = list[i].at
	}
	return at
}

// partAt reads what the statement declares that begins with token i.
func partAt(list []tok, i int) (Part, bool) {
	kind, ok := partKinds[list[i].tok]
	switch {
	case list[i].tok == token.IDENT:
		names := []string{}
		for j := i; j+1 < len(list) && list[j].tok == token.IDENT; j += 2 {
			names = append(names, list[j].lit)
			if list[j+1].tok == token.DEFINE {
				return Part{Kind: DefinePart, Names: names}, true
			}
			if list[j+1].tok != token.COMMA {
				break
			}
		}
		return Part{}, false
	case !ok, kind == FuncPart && !begins(list, i):
		return Part{}, false
	}
	p := Part{Kind: kind}
	switch kind {
	case FuncPart:
		p.Recv, p.Names = funcName(list, i+1)
	case ImportPart:
		p.Imports = specs(list, i+1)
	case TypePart, ConstPart, VarPart:
		p.Names = declared(list, i+1)
	}
	return p, true
}

// funcName reads the receiver's type and the name behind the word func.
func funcName(list []tok, i int) (recv string, names []string) {
	if i < len(list) && list[i].tok == token.LPAREN {
		brackets := 0
		for i++; i < len(list) && list[i].tok != token.RPAREN; i++ {
			switch list[i].tok {
			case token.LBRACK:
				brackets++
			case token.RBRACK:
				brackets--
			case token.IDENT:
				if brackets == 0 {
					recv = list[i].lit // the last one: its type
				}
			}
		}
		i++
	}
	if i < len(list) && list[i].tok == token.IDENT {
		names = []string{list[i].lit}
	}
	return recv, names
}

// specs reads import specifications.
func specs(list []tok, i int) []Import {
	var out []Import
	name := ""
	for ; i < len(list); i++ {
		t := list[i]
		switch t.tok {
		case token.IDENT:
			name = t.lit
		case token.PERIOD:
			name = "."
		case token.STRING:
			if path, err := strconv.Unquote(t.lit); err == nil {
				out = append(out, Import{Name: name, Path: path, Offset: t.at})
			}
			name = ""
		case token.LPAREN, token.COMMENT:
		case token.SEMICOLON:
			if !group(list, i) {
				return out
			}
		default:
			return out
		}
	}
	return out
}

// group reports whether the import that token i belongs to has an open parenthesis before it.
func group(list []tok, i int) bool {
	for ; i >= 0 && list[i].tok != token.IMPORT; i-- {
		if list[i].tok == token.LPAREN {
			return true
		}
	}
	return false
}

// declared reads the names of one specification or of a group of them.
func declared(list []tok, i int) []string {
	grouped := i < len(list) && list[i].tok == token.LPAREN
	if grouped {
		i++
	}
	var names []string
	depth, want := 0, true
	for ; i < len(list); i++ {
		t := list[i]
		switch t.tok {
		case token.COMMENT:
			continue
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			if depth--; depth < 0 {
				return names
			}
		case token.SEMICOLON:
			if depth == 0 {
				if !grouped {
					return names
				}
				want = true
				continue
			}
		case token.IDENT:
			if want && depth == 0 {
				names = append(names, t.lit)
				want = i+1 < len(list) && list[i+1].tok == token.COMMA
				if want {
					i++
				}
				continue
			}
		}
		want = false
	}
	return names
}

// Closing returns the brackets that close what code leaves open, innermost first.
func Closing(code string) string {
	list, _ := tokens(code)
	var open []byte
	for _, t := range list {
		switch t.tok {
		case token.LPAREN:
			open = append(open, ')')
		case token.LBRACK:
			open = append(open, ']')
		case token.LBRACE:
			open = append(open, '}')
		case token.RPAREN, token.RBRACK, token.RBRACE:
			if n := len(open); n > 0 {
				open = open[:n-1]
			}
		}
	}
	var b strings.Builder
	for i := len(open) - 1; i >= 0; i-- {
		if open[i] == '}' {
			b.WriteByte('\n')
		}
		b.WriteByte(open[i])
	}
	return b.String()
}

// Quoted reports whether an offset lies within a string, a character or a comment, and where that begins.
func Quoted(code string, offset int) (start int, ok bool) {
	list, _ := tokens(code)
	for _, t := range list {
		if t.at >= offset {
			break
		}
		closed := true // by its last character, or the scanner has taken it to the end of its line
		switch t.tok {
		case token.STRING, token.CHAR:
			closed = len(t.lit) > 1 && t.lit[len(t.lit)-1] == t.lit[0]
		case token.COMMENT:
			closed = strings.HasSuffix(t.lit, "*/")
		default:
			continue
		}
		if offset < t.end || offset == t.end && !closed {
			return t.at, true
		}
	}
	return 0, false
}

// Call finds the call that an offset stands in the parentheses of, and returns where its function's name ends and where the
// argument at the offset begins: behind the parenthesis or a comma. Braces within a call hide it.
func Call(code string, offset int) (name, argument int, ok bool) {
	list, _ := tokens(code)
	type bracket struct {
		name, argument int
		call, brace    bool
	}
	var open []bracket
	declared := -1 // the parenthesis of a declaration's parameters
	for i, t := range list {
		if t.at >= offset {
			break
		}
		switch t.tok {
		case token.FUNC:
			declared = parameters(list, i)
		case token.LPAREN, token.LBRACK, token.LBRACE:
			b := bracket{argument: t.end, brace: t.tok == token.LBRACE}
			if i > 0 && t.tok == token.LPAREN && i != declared {
				before := list[i-1]
				b.name, b.call = before.end, before.tok == token.IDENT || before.tok == token.RBRACK || before.tok == token.RPAREN
			}
			open = append(open, b)
		case token.RPAREN, token.RBRACK, token.RBRACE:
			open = open[:max(len(open)-1, 0)]
		case token.COMMA:
			if len(open) > 0 {
				open[len(open)-1].argument = t.end
			}
		}
	}
	for i := len(open) - 1; i >= 0 && !open[i].brace; i-- {
		if open[i].call {
			return open[i].name, open[i].argument, true
		}
	}
	return 0, 0, false
}

// parameters is the index of the parenthesis before the parameters of the function that token i begins to declare; -1 when
// it begins a literal.
func parameters(list []tok, i int) int {
	if !begins(list, i) {
		return -1
	}
	if i++; list[i].tok == token.LPAREN {
		i = behind(list, i)
	}
	if i++; i < len(list) && list[i].tok == token.LBRACK {
		i = behind(list, i)
	}
	return i
}

// Qualifiers lists the names that stand before a dot and a name, with the names behind them; what touches the offset is
// still being typed and left out.
func Qualifiers(code string, offset int) map[string][]string {
	list, _ := tokens(code)
	out := map[string][]string{}
	for i, t := range list {
		if t.tok != token.IDENT || i+1 >= len(list) || list[i+1].tok != token.PERIOD || i > 0 && list[i-1].tok == token.PERIOD {
			continue
		}
		if t.at <= offset && offset <= t.end {
			continue
		}
		out[t.lit] = append(out[t.lit], nil...)
		if i+2 < len(list) && list[i+2].tok == token.IDENT && (offset < list[i+2].at || offset > list[i+2].end) {
			out[t.lit] = append(out[t.lit], list[i+2].lit)
		}
	}
	return out
}
