package compile

import (
	"cmp"
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"interleave/kernel/internal/cell"
)

// bookWriter writes a book.
type bookWriter struct {
	*bookPlan
	ctx    context.Context
	names  *importNames
	blanks []string
	known  map[int]map[*edition]bool // local variables that a scope has declared so far
	funcs  map[int]string            // names of the functions of cells that have one
	inits  map[*Decl]string
	show   string // the name of the function that prints results, "" when there is none
	try    string // of the one that runs a cell that may panic
	shows  bool   // things are shown by package display
}

// bookPiece is a part of the program: a declaration with the place of the cell that declares it.
type bookPiece struct {
	cell, at int
	text     string
	edition  int // the number of the edition among those of its name
}

// constGroup is a group of constants; those that are not used by their names in this group are blank.
type constGroup struct {
	d       *Decl
	e       *edition
	edition int
	wanted  map[string]string
}

// pieces are the declarations of the main file, or of the tests, in the order of the notebook.
func (w *bookWriter) pieces(tests bool) []bookPiece {
	out := slices.Concat(w.editionPieces(tests), w.functionPieces(tests))
	slices.SortStableFunc(out, func(a, b bookPiece) int {
		return cmp.Or(cmp.Compare(a.cell, b.cell), cmp.Compare(a.at, b.at), cmp.Compare(a.edition, b.edition), cmp.Compare(a.text, b.text))
	})
	return out
}

// editionPieces declare the names of the notebook. Constants of a group stay together.
func (w *bookWriter) editionPieces(tests bool) []bookPiece {
	var out []bookPiece
	groups := map[string]*constGroup{}
	for _, list := range w.b.editions {
		for n, e := range list {
			if !e.used || e.test != tests {
				continue
			}
			if e.isVar {
				if e.global {
					out = append(out, w.variable(e))
				}
				continue
			}
			for _, d := range w.b.written(e) {
				if d.Kind == ConstKind {
					w.group(groups, d, e, n)
				} else {
					out = append(out, bookPiece{w.b.home(d, e), d.Start, declText(d, w.naming(e.at).edits(d)), n})
				}
			}
		}
	}
	for _, g := range groups {
		out = append(out, bookPiece{w.b.home(g.d, g.e), g.d.Start, w.consts(g), g.edition})
	}
	return out
}

// group adds a constant to the group it is declared in, the n-th edition of its name.
func (w *bookWriter) group(groups map[string]*constGroup, d *Decl, e *edition, n int) {
	key := d.words() + "\x00" + w.b.filled(d, e)
	g := groups[key]
	if g == nil {
		g = &constGroup{d, e, n, map[string]string{}}
		groups[key] = g
	}
	g.edition = min(g.edition, n)
	g.wanted[e.name] = e.final
}

// functionPieces are the functions that have no name: init, which the main file calls where the cell stands, and _.
func (w *bookWriter) functionPieces(tests bool) []bookPiece {
	var out []bookPiece
	for i, c := range w.b.cells {
		if c.checked == nil || c.test != tests {
			continue
		}
		for _, d := range c.checked.decls {
			if d.Kind != FuncKind || d.Names[0] != "_" && d.Names[0] != "init" {
				continue
			}
			edits := w.naming(c.after).edits(d)
			if name := w.inits[d]; name != "" && !tests {
				edits = append(edits, edit{d.name, d.name + len("init"), name})
			}
			out = append(out, bookPiece{i, d.Start, declText(d, edits), 0})
		}
	}
	return out
}

// home is the cell that a declaration stands in.
func (b *Book) home(d *Decl, e *edition) int {
	if i, ok := b.texts[d.Text.ID]; ok && !e.test {
		return i
	}
	return e.cell
}

// declText is the text of a declaration with the comments that belong to it.
func declText(d *Decl, edits []edit) string {
	text := edited(d.Text.Source, d.Start, d.End, edits)
	if d.Kind == TypeKind {
		text = "type " + text
	}
	above, behind := commentsOf(d.Text.Source, d.Start, d.End, d.Kind)
	return above + text + behind
}

// naming is how the program names what a state's names mean.
func (w *bookWriter) naming(st *State) *naming {
	n := w.names.naming()
	n.alive = st.declaredBy
	n.symbol = func(name string) string {
		if e := w.b.of[st][name]; e != nil && e.final != "" {
			return e.final
		}
		return name
	}
	return n
}

// longName is what a package is called whose name is taken: cryptorand.
func longName(path, name string) string {
	elements := strings.Split(path, "/")
	if n := len(elements); n > 1 && elements[n-1] == name && token.IsIdentifier(elements[n-2]+name) {
		return elements[n-2] + name
	}
	return name + "pkg"
}

// filled is what a group of constants refers to.
func (b *Book) filled(d *Decl, e *edition) string {
	var out []string
	for _, h := range d.holes {
		if h.ref.kind == refName && !h.def {
			if other := b.of[e.at][h.ref.name]; other != nil {
				out = append(out, other.final)
			}
		}
	}
	return strings.Join(out, " ")
}

// consts is the text of a group of constants.
func (w *bookWriter) consts(g *constGroup) string {
	n := w.naming(g.e.at)
	symbol := n.symbol
	n.symbol = func(name string) string {
		if final, ok := g.wanted[name]; ok {
			return final
		}
		return symbol(name)
	}
	n.alive = func(_ *Decl, name string) bool { return g.wanted[name] != "" }
	return declText(g.d, n.edits(g.d))
}

// variable is the declaration of a variable at package level.
func (w *bookWriter) variable(e *edition) bookPiece {
	first, ok := w.first[e]
	if !ok {
		return bookPiece{e.cell, 0, "var " + e.final + " " + w.typ(e), 0}
	}
	c := w.b.cells[first.cell]
	from, to := 0, 0
	_, from, _ = c.checked.run.at(first.stmt.Pos())
	if !w.hoisted(c, first.stmt) {
		return bookPiece{first.cell, from, "var " + e.final + " " + w.typ(e), 0}
	}
	_, to, _ = c.checked.run.at(first.stmt.End())
	text, at := w.statements(first.cell).hoist(first.stmt, e)
	if names, _ := defined(first.stmt); len(names) == 1 {
		above, behind := commentsOf(c.checked.syn.Code, from, to, VarKind)
		text = above + text + behind
	}
	return bookPiece{first.cell, at, text, 0}
}

// typ is a variable's type as the program writes it.
func (w *bookWriter) typ(e *edition) string { return w.naming(e.at).typ(e.v.typ) }

// zero is the zero value of a variable.
func (w *bookWriter) zero(e *edition) string {
	switch t := e.obj.Type().Underlying().(type) {
	case *types.Basic:
		switch {
		case t.Info()&types.IsBoolean != 0:
			return "false"
		case t.Info()&types.IsString != 0:
			return `""`
		case t.Info()&types.IsNumeric != 0:
			return "0"
		}
	case *types.Struct, *types.Array:
		return w.typ(e) + "{}"
	}
	return "nil"
}

// edited is a span of a text with edits applied.
func edited(text string, start, end int, edits []edit) string {
	src := &source{}
	src.copyEdited(&cell.Text{Source: text}, start, end, edits)
	return src.buf.String()
}

// commentsOf are the comment lines above a declaration and the comment behind it in its line. Functions have the former
// in their span.
func commentsOf(text string, start, end int, kind Kind) (above, behind string) {
	rest, _, _ := strings.Cut(text[end:], "\n")
	if strings.HasPrefix(strings.TrimSpace(rest), "//") {
		behind = " " + strings.TrimSpace(rest)
	}
	if kind == FuncKind || kind == MethodKind {
		return "", behind
	}
	line := strings.LastIndexByte(text[:start], '\n') + 1
	if before := strings.TrimSpace(text[line:start]); before != "" && before != "type" {
		return "", behind
	}
	from := line
	for from > 0 {
		prev := strings.LastIndexByte(text[:from-1], '\n') + 1
		if !strings.HasPrefix(strings.TrimSpace(text[prev:from]), "//") {
			break
		}
		from = prev
	}
	return text[from:line], behind
}

// bookStmts writes the statements of one cell.
type bookStmts struct {
	w     *bookWriter
	c     *bookCell
	i     int
	names []edit // what the statements name, by its name in the program
	edits []edit // what else changes
}

func (w *bookWriter) statements(i int) *bookStmts {
	s := &bookStmts{w: w, c: w.b.cells[i], i: i}
	for _, u := range w.uses[s.c] {
		text := s.c.checked.syn.Code[u.start:u.end]
		with := text
		if u.edition != nil {
			with = u.edition.final
		} else {
			with = s.w.names.naming().fill(u.ref, text)
		}
		if with != text {
			s.names = append(s.names, edit{u.start, u.end, with})
		}
	}
	return s
}

// hoist is the declaration of one of the variables of a statement that hoisted speaks of.
func (s *bookStmts) hoist(stmt ast.Stmt, e *edition) (text string, at int) {
	is := func(id *ast.Ident) bool { t := s.c.checked.run.topOf(id); return t != nil && s.c.tops[t] == e }
	switch t := stmt.(type) {
	case *ast.AssignStmt:
		for i, l := range t.Lhs {
			if id := l.(*ast.Ident); is(id) {
				return "var " + e.final + " = " + s.span(t.Rhs[i]), s.at(id.Pos())
			}
		}
	case *ast.DeclStmt:
		for _, sp := range t.Decl.(*ast.GenDecl).Specs {
			sp := sp.(*ast.ValueSpec)
			for i, id := range sp.Names {
				if !is(id) {
					continue
				}
				text = "var " + e.final
				if sp.Type != nil {
					text += " " + s.span(sp.Type)
				}
				if len(sp.Values) > 0 {
					text += " = " + s.span(sp.Values[i])
				}
				return text, s.at(id.Pos())
			}
		}
	}
	return "", 0
}

func (s *bookStmts) at(p token.Pos) int {
	_, at, _ := s.c.checked.run.at(p)
	return at
}

func (s *bookStmts) span(n ast.Node) string {
	return edited(s.c.checked.syn.Code, s.at(n.Pos()), s.at(n.End()), s.names)
}

// write is the text of the statements.
func (s *bookStmts) write() string {
	j := s.c.checked
	code := j.syn.Body()
	for _, stmt := range j.syn.Stmts { // what stands at package level
		gen := genDecl(stmt)
		if gen == nil || gen.Tok == token.VAR {
			continue
		}
		from, to := j.syn.Offset(gen.Pos()), j.syn.Offset(gen.End())
		above, behind := commentsOf(j.syn.Code, from, to, TypeKind)
		s.edits = append(s.edits, edit{lineStart(code, from, above), endOf(code, to, behind), ""})
	}
	for _, f := range j.syn.Funcs {
		if _, behind := commentsOf(j.syn.Code, f.Start, f.End, FuncKind); behind != "" {
			s.edits = append(s.edits, edit{f.End, endOf(code, f.End, behind), ""})
		}
	}
	for _, stmt := range j.run.stmts {
		s.statement(stmt)
	}
	text := strings.TrimSpace(edited(code, 0, len(code), slices.Concat(s.edits, s.names)))
	for _, d := range slices.Backward(j.inits()) {
		text = s.w.inits[d] + "()\n" + text
	}
	return strings.TrimSpace(s.moved() + text)
}

// lineStart is where the comments above a declaration begin.
func lineStart(code string, from int, above string) int {
	if above == "" {
		return from
	}
	return strings.LastIndexByte(code[:from], '\n') + 1 - len(above)
}

// endOf is the end of a declaration with the comment behind it.
func endOf(code string, to int, behind string) int {
	if behind == "" {
		return to
	}
	line, _, _ := strings.Cut(code[to:], "\n")
	return to + len(line)
}

// fresh reports whether a local variable is not declared yet, and notes that it is.
func (s *bookStmts) fresh(e *edition) bool {
	scope := s.w.scope(s.i)
	if s.w.known[scope] == nil {
		s.w.known[scope] = map[*edition]bool{}
	}
	if e.global || s.w.known[scope][e] {
		return false
	}
	s.w.known[scope][e] = true
	return true
}

// moved gives variables whose type has a new edition since the cell before their values.
func (s *bookStmts) moved() string {
	var b strings.Builder
	var names []string
	for n, v := range s.c.after.Vars {
		if s.c.before.Vars[n] == v && s.w.b.of[s.c.before][n] != s.w.b.of[s.c.after][n] {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	for _, n := range names {
		old, e := s.w.b.of[s.c.before][n], s.w.b.of[s.c.after][n]
		if !old.used || !e.used {
			continue
		}
		sign := "="
		if s.fresh(e) {
			sign = ":="
		}
		typ := s.w.typ(e)
		with := "*(*" + typ + ")(" + s.w.names.name("unsafe", "") + ".Pointer(&" + old.final + "))"
		if sameLayout(old, e) {
			with = "(" + typ + ")(" + old.final + ")"
		}
		fmt.Fprintf(&b, "%s %s %s\n", e.final, sign, with)
	}
	return b.String()
}

// sameLayout reports whether a conversion gives a variable's value its new type: the type itself, or what it points
// to, has got other methods only.
func sameLayout(old, now *edition) bool {
	typ := now.v.typ
	if len(typ) != 1 || typ[0].ref == nil || typ[0].ref.kind != refName || strings.Trim(typ[0].text, "*") != "" {
		return false
	}
	for k, v := range now.made {
		if w, ok := old.made[k]; ok && v != w && !strings.Contains(k, ".") && strings.HasPrefix(v, string(TypeKind)) {
			return false
		}
	}
	return true
}
