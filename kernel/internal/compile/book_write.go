package compile

import (
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"sort"
	"strings"

	"interleave/kernel/internal/cell"
)

// bookWriter writes a book.
type bookWriter struct {
	b      *Book
	ctx    context.Context
	names  *importNames
	uses   map[*bookCell][]bookUse
	blanks []string
	asMain *bool // see mainIsMain
	first  map[*edition]firstDecl
	hoists map[*bookCell]map[ast.Stmt]bool // see hoisted
	known  map[int]map[*edition]bool       // local variables that a scope has declared so far
	groups map[string]*constGroup
	funcs  map[int]string // names of the functions of cells that have one
	inits  map[*Decl]string
	show   string // the name of the function that prints results, "" when there is none
	try    string // of the one that runs a cell that may panic
	shows  bool   // things are shown by package display
	unused bool   // what the notebook has declared and not used is written as well
}

// firstDecl is where a variable is declared first.
type firstDecl struct {
	cell int
	stmt ast.Stmt
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
	var out []bookPiece
	w.groups = map[string]*constGroup{}
	var order []string
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
				if d.Kind != ConstKind {
					out = append(out, bookPiece{w.home(d, e), d.Start, w.decl(d, e), n})
					continue
				}
				key := d.words() + "\x00" + w.filled(d, e)
				g := w.groups[key]
				if g == nil {
					g = &constGroup{d, e, n, map[string]string{}}
					w.groups[key] = g
					order = append(order, key)
				}
				g.edition = min(g.edition, n)
				g.wanted[e.name] = e.final
			}
		}
	}
	for _, key := range order {
		g := w.groups[key]
		out = append(out, bookPiece{w.home(g.d, g.e), g.d.Start, w.consts(g), g.edition})
	}
	for i, c := range w.b.cells {
		if c.checked == nil || c.test != tests {
			continue
		}
		for _, d := range c.checked.decls {
			switch {
			case d.Kind == FuncKind && d.Names[0] == "_":
				out = append(out, bookPiece{i, d.Start, w.text(d, w.naming(c.after).edits(d)), 0})
			case d.Kind == FuncKind && d.Names[0] == "init":
				edits := w.naming(c.after).edits(d)
				if !tests {
					edits = append(edits, edit{d.name, d.name + len("init"), w.inits[d]})
				}
				out = append(out, bookPiece{i, d.Start, w.text(d, edits), 0})
			}
		}
	}
	sort.SliceStable(out, func(i, j int) bool {
		a, b := out[i], out[j]
		if a.cell != b.cell {
			return a.cell < b.cell
		}
		if a.at != b.at {
			return a.at < b.at
		}
		if a.edition != b.edition {
			return a.edition < b.edition
		}
		return a.text < b.text
	})
	return out
}

// home is the cell that a declaration stands in.
func (w *bookWriter) home(d *Decl, e *edition) int {
	if i, ok := w.b.texts[d.Text.ID]; ok && !e.test {
		return i
	}
	return e.cell
}

// decl is the text of a type, a function or a method.
func (w *bookWriter) decl(d *Decl, e *edition) string { return w.text(d, w.naming(e.at).edits(d)) }

// text is that of a declaration with the comments that belong to it.
func (w *bookWriter) text(d *Decl, edits []edit) string {
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
func (w *bookWriter) filled(d *Decl, e *edition) string {
	var out []string
	for _, h := range d.holes {
		if h.ref.kind == refName && !h.def {
			if other := w.b.of[e.at][h.ref.name]; other != nil {
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
	return w.text(g.d, n.edits(g.d))
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

// findFirst remembers which statement declares a variable first.
func (w *bookWriter) findFirst() {
	for i, c := range w.b.cells {
		if c.checked == nil {
			continue
		}
		for _, s := range c.checked.run.stmts {
			for _, t := range c.checked.run.topsOf(s) {
				if _, known := w.first[c.tops[t]]; !known {
					w.first[c.tops[t]] = firstDecl{i, s}
				}
			}
		}
	}
}

// hoisted reports whether a statement is a declaration at package level: one that needs nothing to have run, above which
// no statement of its cell calls a function that may see the variable.
func (w *bookWriter) hoisted(c *bookCell, s ast.Stmt) bool {
	if w.hoists[c] == nil {
		w.hoists[c] = map[ast.Stmt]bool{}
		first := len(c.checked.inits()) == 0
		whole := c.call && w.isFirst(c)
		for _, s := range c.checked.run.stmts {
			can, values := w.hoistable(c, s, whole)
			w.hoists[c][s] = can && (first || !values)
			first = first && can
		}
	}
	return w.hoists[c][s]
}

// isFirst reports whether no statement stands in a cell above.
func (w *bookWriter) isFirst(c *bookCell) bool {
	for _, other := range w.b.cells {
		if other == c {
			return true
		}
		if other.checked != nil && (len(other.checked.run.stmts) > 0 || other.call) {
			return false
		}
	}
	return true
}

// hoistable reports whether a statement declares nothing but variables at package level, which are new and have plain
// values, if any; a whole program has them at package level whatever their values are.
func (w *bookWriter) hoistable(c *bookCell, s ast.Stmt, whole bool) (can, withValues bool) {
	var values []ast.Expr
	var ids []*ast.Ident
	switch t := s.(type) {
	case *ast.AssignStmt:
		if t.Tok != token.DEFINE || len(t.Lhs) != len(t.Rhs) {
			return false, false
		}
		values = t.Rhs
		for _, l := range t.Lhs {
			ids = append(ids, l.(*ast.Ident))
		}
	case *ast.DeclStmt:
		gen := t.Decl.(*ast.GenDecl)
		if gen.Tok != token.VAR {
			return false, false
		}
		for _, sp := range gen.Specs {
			sp := sp.(*ast.ValueSpec)
			if len(sp.Values) > 0 && len(sp.Values) != len(sp.Names) {
				return false, false
			}
			ids, values = append(ids, sp.Names...), append(values, sp.Values...)
		}
	default:
		return false, false
	}
	for _, id := range ids {
		t := c.checked.run.topOf(id)
		if t == nil {
			return false, false
		}
		if e := c.tops[t]; !e.global || w.first[e].stmt != s {
			return false, false
		}
	}
	if whole {
		return true, len(values) > 0
	}
	plainly := !slices.ContainsFunc(values, func(e ast.Expr) bool { return !plain(c.checked.run.info, e) })
	return plainly, len(values) > 0
}

// plain reports whether an expression has the same value whenever it is evaluated.
func plain(info *types.Info, e ast.Expr) bool {
	if tv := info.Types[e]; tv.Value != nil || tv.IsNil() {
		return true
	}
	switch x := ast.Unparen(e).(type) {
	case *ast.UnaryExpr:
		return x.Op == token.AND && plain(info, x.X)
	case *ast.CompositeLit:
		for _, el := range x.Elts {
			if kv, ok := el.(*ast.KeyValueExpr); ok {
				if _, isField := kv.Key.(*ast.Ident); !isField && !plain(info, kv.Key) {
					return false
				}
				el = kv.Value
			}
			if !plain(info, el) {
				return false
			}
		}
		return true
	case *ast.CallExpr:
		id, ok := ast.Unparen(x.Fun).(*ast.Ident)
		if !ok || !info.Types[x.Fun].IsBuiltin() || id.Name != "make" {
			return false
		}
		return !slices.ContainsFunc(x.Args[1:], func(e ast.Expr) bool { return !plain(info, e) })
	}
	return false
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

// sameLayout reports whether a conversion gives a variable's value its new type: the type itself, or what it points to, has
// got other methods only.
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
