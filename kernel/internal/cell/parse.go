package cell

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/version"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Syntax is a parsed cell. Offsets are found with Offset; nodes of different items come from different
// parser runs and must not be compared by token.Pos.
type Syntax struct {
	Text    *Text
	Code    string // Text.Source with directives blanked out, same length
	Imports []Import
	Funcs   []Func
	Stmts   []ast.Stmt // top-level statements and type, const and var declarations, in order
	Program bool       // the cell is a whole program: a Go file of package main that declares main

	fset  *token.FileSet
	shift map[*token.File]int
}

// Import is one import specification.
type Import struct {
	Name   string // "" when not given; may be "." or "_"
	Path   string
	Offset int
	Doc    [2]int // where the comment above it stands, which is C source if Path is "C"; empty when there is none
}

// Func is a function or method declaration. Start includes directives such as //go:noinline above it.
type Func struct {
	Decl       *ast.FuncDecl
	Start, End int
}

// Error is a syntax error at a byte offset of the cell.
type Error struct {
	Offset  int
	Message string
}

// Offset returns where a node position lies in the cell's text.
func (s *Syntax) Offset(p token.Pos) int {
	f := s.fset.File(p)
	if f == nil {
		return 0
	}
	return min(max(f.Offset(p)-s.shift[f], 0), len(s.Code))
}

// Body is Code with everything blanked out that a function body cannot hold: imports, functions with the comments above
// them, and package clauses. What is left has its place.
func (s *Syntax) Body() string { return blank(s.Code, split(s.Code)) }

// span is a top-level item that a function body cannot hold.
type span struct {
	start, end int
	kind       token.Token // IMPORT, FUNC or PACKAGE
}

// Parse reads a cell whose directives are blanked out in code (code has the length of text.Source). On errors
// the Syntax holds what could be read.
func Parse(text *Text, code string) (*Syntax, []Error) {
	s := &Syntax{Text: text, Code: code, fset: token.NewFileSet(), shift: map[*token.File]int{}}
	if at, message := foreign(code); message != "" {
		return s, []Error{{at, message}}
	}
	if at, ok := stray(code); ok { // it would close the frame, and the parser would speak of what follows
		return s, []Error{{at, "unexpected " + code[at:at+1] + " without its opening"}}
	}
	spans := split(code)
	s.Program = isProgram(code, spans)
	errs := s.parseImports(spans)
	errs = append(errs, s.parseFuncs(spans)...)
	errs = append(errs, s.parseStmts(spans)...)
	return s, tidy(code, errs)
}

// foreign says of a cell that begins with a # what language it is probably in. No Go text does so.
func foreign(code string) (at int, message string) {
	first := strings.TrimLeftFunc(code, unicode.IsSpace)
	at = len(code) - len(first)
	switch {
	case strings.HasPrefix(first, "#!"):
		return at, "this is a script, and the cells of this notebook are Go: write %%bash above it"
	case strings.HasPrefix(first, "#"):
		return at, "this looks like a Python cell, and the cells of this notebook are Go: a comment begins with //"
	}
	return 0, ""
}

// tidy orders errors and drops echoes.
func tidy(code string, errs []Error) []Error {
	slices.SortStableFunc(errs, func(a, b Error) int {
		if a.Offset != b.Offset {
			return a.Offset - b.Offset
		}
		return unterminated(b) - unterminated(a)
	})
	var out []Error
	seen := map[int]bool{}
	depth := depths(code)
	end := len(strings.TrimRightFunc(code, unicode.IsSpace))
	for i, e := range errs {
		if strings.Contains(e.Message, "found 'ILLEGAL'") && (i > 0 || len(errs) > 1) {
			continue // the scanner says which character
		}
		if what, ok := strings.CutPrefix(e.Message, "expected '}', found "); ok && depth(e.Offset) == 0 && what != "'EOF'" {
			e.Message = "unexpected " + what // the brace would be the frame's
		}
		if strings.HasPrefix(e.Message, "expected '(', found ") && depth(e.Offset) > 0 && strings.HasSuffix(strings.TrimSpace(code[:e.Offset]), "func") {
			e.Message = "a function inside of another one has no name: write NAME := func(…)"
		}
		if len(out) > 0 && strings.HasSuffix(e.Message, "found 'EOF'") {
			continue // the end of the frame, which the user did not write
		}
		e.Message = strings.Replace(e.Message, "found 'EOF'", "found the end of the cell", 1)
		e.Message = plainer.Replace(e.Message) + lookalike(e.Message)
		if e.Message == "method must have no type parameters" { // the parser of an older release
			e.Message = "a method with type parameters needs Go 1.27, and this is Go " + strings.TrimPrefix(version.Lang(runtime.Version()), "go") +
				": install a newer Go from https://go.dev/dl, then restart the kernel"
		}
		if e.Offset = min(e.Offset, end); !seen[e.Offset] { // a second one at the same place is an echo
			seen[e.Offset] = true
			out = append(out, e)
		}
	}
	return out
}

// unterminated is 1 for the error about a literal or comment without an end. At the same place the parser reports the literal
// itself, which reaches into the frame behind the cell.
func unterminated(e Error) int {
	if strings.HasSuffix(e.Message, "not terminated") {
		return 1
	}
	return 0
}

// lookalike explains an illegal character that is easily taken for another one, as text from web pages and documents has them.
func lookalike(message string) string {
	var r rune
	if _, err := fmt.Sscanf(message, "illegal character U+%04X", &r); err != nil {
		return ""
	}
	switch {
	case unicode.IsSpace(r) || unicode.Is(unicode.Zs, r):
		return " (a space of another kind: type an ordinary one)"
	case unicode.In(r, unicode.Cf):
		return " (it is invisible: delete it)"
	case '\uff01' <= r && r <= '\uff5e': // as wide as a Chinese character
		return fmt.Sprintf(" (write %c)", r-'\uff01'+'!')
	case r == '#':
		return " (a comment begins with //)"
	case r == '‘' || r == '’':
		return " (write ')"
	case unicode.Is(unicode.Pd, r) || r == '−':
		return " (write -)"
	}
	return ""
}

// plainer adds what a line that ends too early lacks more often than the comma, and names a token as one says it.
var plainer = strings.NewReplacer(
	"'IDENT'", "a name",
	"illegal rune literal", "illegal rune literal (a string is in double quotes)",
	"more than one character in rune literal", "more than one character in rune literal (a string is in double quotes)",
	"expected 1 expression", "expected one expression, found several (fmt.Println(a, b) shows two)",
	"missing ',' before newline in argument list", "missing ',' or ')' before newline in argument list",
	"missing ',' before newline in parameter list", "missing ',' or ')' before newline in parameter list",
	"missing ',' before newline in composite literal", "missing ',' or '}' before newline in composite literal",
)

const (
	stmtFrame = "package p; func _() {\n"
	declFrame = "package p;\n"
)

func (s *Syntax) parse(frame, body, tail string, mode parser.Mode) (*ast.File, []Error) {
	f, err := parser.ParseFile(s.fset, "", frame+body+tail, mode|parser.AllErrors|parser.SkipObjectResolution)
	if f != nil {
		s.shift[s.fset.File(f.FileStart)] = len(frame)
	}
	var errs []Error
	list, _ := err.(scanner.ErrorList)
	for _, e := range list {
		at := e.Pos.Offset - len(frame)
		if at > len(body) {
			e.Msg = strings.Replace(e.Msg, "found '}'", "found 'EOF'", 1) // the frame's own
		}
		errs = append(errs, Error{min(max(at, 0), len(body)), e.Msg})
	}
	return f, errs
}

// isProgram reports whether a cell is a whole program, pasted from anywhere. A package clause alone does not make it one:
// teaching notebooks begin each cell with it, and go on with statements or call main below.
func isProgram(code string, spans []span) bool {
	if !slices.ContainsFunc(spans, func(sp span) bool { return sp.kind == token.PACKAGE }) {
		return false
	}
	f, err := parser.ParseFile(token.NewFileSet(), "", code, parser.SkipObjectResolution)
	if err != nil || f.Name.Name != "main" {
		return false
	}
	return slices.ContainsFunc(f.Decls, func(d ast.Decl) bool {
		fd, ok := d.(*ast.FuncDecl)
		return ok && fd.Recv == nil && fd.Name.Name == "main"
	})
}

func (s *Syntax) parseImports(spans []span) []Error {
	body := keep(s.Code, spans, token.IMPORT)
	if strings.TrimSpace(body) == "" {
		return nil
	}
	f, errs := s.parse(declFrame, body, "", parser.ImportsOnly|parser.ParseComments)
	if f == nil {
		return errs
	}
	for _, d := range f.Decls {
		gen, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, sp := range gen.Specs {
			spec, ok := sp.(*ast.ImportSpec)
			if !ok {
				continue
			}
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				continue // the parser has reported it
			}
			im := Import{Path: path, Offset: s.Offset(spec.Pos())}
			if spec.Name != nil {
				im.Name = spec.Name.Name
			}
			switch { // as cgo does it; where a comment ends the parser does not know if lines end in \r\n
			case spec.Doc != nil:
				im.Doc = [2]int{s.Offset(spec.Doc.Pos()), im.Offset}
			case gen.Doc != nil && len(gen.Specs) == 1:
				im.Doc = [2]int{s.Offset(gen.Doc.Pos()), s.Offset(gen.Pos())}
			}
			s.Imports = append(s.Imports, im)
		}
	}
	return errs
}

func (s *Syntax) parseFuncs(spans []span) []Error {
	body := keep(s.Code, spans, token.FUNC)
	if strings.TrimSpace(body) == "" {
		return nil
	}
	f, errs := s.parse(declFrame, body, "", parser.ParseComments)
	if f == nil {
		return errs
	}
	for _, d := range f.Decls {
		fd, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		start, end := s.Offset(fd.Pos()), s.Offset(fd.End())
		if fd.Doc != nil {
			start = s.Offset(fd.Doc.Pos())
		}
		s.Funcs = append(s.Funcs, Func{fd, start, max(start, end)})
	}
	return errs
}

func (s *Syntax) parseStmts(spans []span) []Error {
	body := blank(s.Code, spans)
	f, errs := s.parse(stmtFrame, body, "\n}", 0)
	if f == nil || len(f.Decls) == 0 {
		return errs
	}
	if fd, ok := f.Decls[0].(*ast.FuncDecl); ok && fd.Body != nil {
		s.Stmts = fd.Body.List
		for n := len(s.Stmts); n > 0; n-- { // semicolons behind the last expression
			if _, ok := s.Stmts[n-1].(*ast.EmptyStmt); !ok {
				break
			}
			s.Stmts = s.Stmts[:n-1]
		}
	}
	return errs
}

// keep blanks everything but the spans of one kind; newlines stay, so lines keep their numbers.
func keep(code string, spans []span, kind token.Token) string {
	b := []byte(code)
	at := 0
	for _, sp := range spans {
		if sp.kind == kind {
			wipe(b[at:sp.start])
			at = sp.end
		}
	}
	wipe(b[at:])
	return string(b)
}

func blank(code string, spans []span) string {
	b := []byte(code)
	for _, sp := range spans {
		wipe(b[sp.start:sp.end])
	}
	return string(b)
}

func wipe(b []byte) {
	for i, c := range b {
		if c != '\n' && c != '\r' {
			b[i] = ' '
		}
	}
}

// Identifiers calls f for every identifier in code, however often it occurs.
func Identifiers(code string, f func(name string)) {
	list, _ := tokens(code)
	for _, t := range list {
		if t.tok == token.IDENT {
			f(t.lit)
		}
	}
}

// Comments calls f for every comment in code.
func Comments(code string, f func(offset int, text string)) {
	list, _ := tokens(code)
	for _, t := range list {
		if t.tok == token.COMMENT {
			f(t.at, t.lit)
		}
	}
}
