package compile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// entryMark stands for the function's name until the digest of the source is known.
const entryMark = "Run" + prime + "00"

// firstFunc stands first in every unit. The runtime takes the first name of a module's table of function names
// for no name at all, which nobody notices in a program, whose first function is the runtime's; in a plugin it
// would be one of the cell's, and stacks would leave it out. From Go 1.27 on the compiler puts closures before
// functions, those first that come of inlining, so there has to be such a one. It is never made.
const (
	firstName = "first" + prime + prime
	firstFunc = "\nfunc " + firstName + "closure(n int) func() int { return func() int { return n } }\n" +
		"\n//go:noinline\nfunc " + firstName + "(n int) func() int {\nif n == 0 {\nreturn nil\n}\nreturn " + firstName + "closure(n)\n}\n"
	firstCall = firstName + "(0)\n"
)

// emit writes the unit.
func (j *job) emit() (*Unit, error) {
	j.dropUnneeded()
	j.noteMarks()
	j.noteDropped()
	if err := j.noteHeld(); err != nil {
		return nil, err
	}
	stmts := j.topStmts()
	inits := j.inits()
	u := &Unit{State: j.next, Notes: j.notes}
	if len(stmts) == 0 && len(inits) == 0 && len(j.blanks) == 0 {
		return u, nil // declarations alone are compiled with the cell that uses them
	}
	j.promote()
	j.expose()
	names := &aliases{}
	n := names.generated(j.next)
	n.symbol, n.lines = j.symbol, true
	edits, roots, before := j.runEdits(n)
	for _, d := range inits {
		roots = append(append(roots, d.sigRefs...), d.bodyRefs...)
	}
	for _, t := range j.tops {
		if t.v != nil {
			roots = append(roots, t.v.refs()...)
			if j.next.Vars[t.name] == t.v {
				roots = append(roots, t.name)
			}
		}
	}
	for _, name := range before {
		roots = append(roots, j.old.refsOf(name, true)...)
	}
	live := j.next.closure(roots, true)
	j.refuseUnready(live)
	body := &source{}
	body.gen(firstFunc)
	n.declarations(body, j.next, live, nil)
	j.otherVersions(body, n, before)
	j.embedAliases(body, n, live, inits)
	for _, d := range inits {
		n.initFunc(body, d, j.initName(d))
	}
	if slices.ContainsFunc(stmts, func(s ast.Stmt) bool { return genDecl(labelled(s)) != nil }) {
		body.gen("\nfunc zero", prime, "[T any]() (z T) { return }\n")
	}
	body.gen("\nfunc ", entryMark, "() {\n", firstCall)
	j.locals(body, n)
	for _, d := range inits {
		body.gen(j.initName(d), "()\n")
	}
	j.writeStatements(body, n, stmts, edits)
	body.gen("\n}\n")
	header := "package notebook\n" + names.clauses()
	if slices.ContainsFunc(names.paths, isPlot) && !slices.Contains(j.blanks, plotSupport) {
		j.blanks = append(j.blanks, plotSupport)
	}
	for i, b := range j.blanks {
		j.blanks[i] = j.next.real(b)
		header += fmt.Sprintf("import _ %q\n", j.blanks[i])
	}
	u.seal(body.with(header).buf.String(), append(slices.Clone(names.paths), j.blanks...))
	return u, nil
}

// plotSupport draws a *plot.Plot crisply; a cell that uses gonum/plot brings it along where the base library is
// not shared.
const plotSupport = DisplayPath + "/gonum"

func isPlot(path string) bool { return strings.HasPrefix(path, "gonum.org/v1/plot") }

// drawsPlots is isPlot for programs, which may show what a package of ours has drawn.
func drawsPlots(path string) bool { return isPlot(path) || strings.HasPrefix(path, "interleave/plots") }

// seal names the function after the digest of the source.
func (u *Unit) seal(src string, imports []string) {
	sum := sha256.Sum256([]byte(src))
	u.Entry = "Run_" + hex.EncodeToString(sum[:10])
	u.Source = bytes.ReplaceAll([]byte(src), []byte(entryMark), []byte(u.Entry))
	slices.Sort(imports)
	u.Imports = slices.DeleteFunc(slices.Compact(imports), func(p string) bool { return p == "unsafe" })
}

// dropUnneeded gives up a name's old versions once nothing declares it.
func (j *job) dropUnneeded() {
	for name := range j.next.Methods {
		if j.next.Decls[name] == nil && !slices.ContainsFunc(j.next.Methods[name], func(m *Decl) bool { return len(m.Waits) > 0 }) {
			delete(j.next.Methods, name)
		}
	}
}

func (j *job) inits() []*Decl {
	return slices.DeleteFunc(slices.Clone(j.decls), func(d *Decl) bool { return d.Kind != FuncKind || d.Names[0] != "init" })
}

func (j *job) initName(d *Decl) string { return "init_" + d.Text.ID + "_" + strconv.Itoa(d.Start) }

// topOf is the top-level variable an identifier of the cell's function means.
func (j *job) topOf(id *ast.Ident) *top {
	obj := j.run.info.Uses[id]
	if obj == nil {
		obj = j.run.info.Defs[id]
	}
	if obj == nil {
		return nil
	}
	return j.byObj[obj]
}

// symbol is the name that a live name has in the unit. Finding it can be long, as it depends on all that the name rests on.
func (j *job) symbol(name string) string {
	look(j.ctx)
	return j.next.symbol(name)
}

// runEdits makes the edits for all identifiers of the cell's statements. before are variables of earlier cells
// that this one declares again with another type and reads first.
func (j *job) runEdits(n *naming) (edits []edit, roots []string, before []string) {
	v := j.run
	later := map[string]bool{}
	for _, t := range j.tops {
		later[t.name] = true
	}
	for _, h := range v.holes(j.runBody(), j.syn.Text.ID, 0, len(j.syn.Code)+1) {
		with := ""
		switch {
		case h.ref.kind == refUniverse:
			continue
		case h.ref.kind == refName && later[h.ref.name]:
			before = append(before, h.ref.name)
			with = j.oldSymbol(h.ref.name)
		default:
			if h.ref.kind == refName {
				roots = append(roots, h.ref.name)
			}
			if h.embed {
				continue
			}
			with = n.fill(h.ref, j.syn.Code[h.start:h.end])
		}
		edits = append(edits, edit{h.start, h.end, with})
	}
	inspect(j.ctx, j.runBody(), func(node ast.Node) bool {
		if id, ok := node.(*ast.Ident); ok {
			if t := j.topOf(id); t != nil {
				if _, at, ok := v.at(id.Pos()); ok {
					edits = append(edits, edit{at, at + len(id.Name), j.topName(t)})
				}
			}
		}
		return true
	})
	top := j.topFixes()
	for _, e := range v.fixes(j.syn.Text.ID, 0, len(j.syn.Code)+1) {
		if !j.inDecl(e.start) && !top(e) {
			edits = append(edits, e)
		}
	}
	slices.Sort(before)
	return edits, roots, slices.Compact(before)
}

func (j *job) inDecl(offset int) bool {
	return slices.ContainsFunc(j.decls, func(d *Decl) bool { return d.Start <= offset && offset < d.End })
}

// topFixes tells which fixes speak of a top-level variable, which needs none.
func (j *job) topFixes() func(edit) bool {
	names := map[int][]string{} // by where the fix stands
	for _, err := range j.run.errs {
		if name, unused := err.unused(); unused && j.isTop(err.pos) {
			if pos, ok := j.run.afterDeclaration(err.pos); ok {
				_, at, _ := j.run.at(pos)
				names[at] = append(names[at], name)
			}
		}
	}
	return func(e edit) bool {
		return slices.ContainsFunc(names[e.start], func(name string) bool { return strings.Contains(e.with, " "+name+";") })
	}
}

// topName is how a unit names a variable of the cell: its local, or its symbol.
func (j *job) topName(t *top) string {
	if t.local || t.v == nil {
		return t.localName()
	}
	if j.next.Vars[t.name] == t.v {
		return j.next.symbol(t.name)
	}
	return j.versionSymbol(t)
}

// versionSymbol names a variable that the same cell declares again with another type.
func (j *job) versionSymbol(t *top) string {
	look(j.ctx)
	st := j.next.Clone()
	st.Vars[t.name] = t.v
	symbol := st.symbol(t.name)
	j.next.versions[t.name] = st.versions[t.name]
	return symbol
}

// oldSymbol names what a name of this cell's variables meant before.
func (j *job) oldSymbol(name string) string {
	if j.old.Vars[name] != nil {
		return j.old.symbol(name)
	}
	st := j.next.Clone()
	delete(st.Vars, name)
	st.Decls[name] = j.old.Decls[name]
	symbol := st.symbol(name)
	j.next.versions[name] = st.versions[name]
	return symbol
}

// otherVersions declares the variables that exist in the unit under another type than the state's.
func (j *job) otherVersions(src *source, n *naming, before []string) {
	done := map[string]bool{} // symbols of other names are others
	present := func(name string) {
		if j.next.Vars[name] != nil {
			done[j.symbol(name)] = true
		}
	}
	for _, t := range j.tops {
		present(t.name)
	}
	for _, name := range before {
		present(name)
	}
	for _, t := range j.tops {
		if t.v == nil || t.local || j.next.Vars[t.name] == t.v {
			continue
		}
		if s := j.versionSymbol(t); !done[s] {
			done[s] = true
			n.variable(src, s, t.v)
		}
	}
	for _, name := range before {
		s, d := j.oldSymbol(name), j.old.Decls[name]
		switch {
		case done[s]:
		case d != nil: // a function or constant that a variable takes the place of
			old := *n
			old.alive = func(_ *Decl, other string) bool { return other == name }
			old.symbol = func(other string) string {
				if other == name {
					return s
				}
				return n.symbol(other)
			}
			old.decl(src, d, "")
		default:
			n.variable(src, s, j.old.Vars[name])
		}
		done[s] = true
	}
}

// embedAliases keeps the names of embedded fields whose types have versions.
func (j *job) embedAliases(src *source, n *naming, live []string, extra []*Decl) {
	wanted := map[string]bool{}
	note := func(d *Decl) {
		if d == nil {
			return
		}
		for _, h := range d.holes {
			if h.embed {
				wanted[h.ref.name] = true
			}
		}
	}
	noteVar := func(v *Var) {
		if v == nil {
			return
		}
		for _, p := range v.typ {
			if p.embed {
				wanted[p.ref.name] = true
			}
		}
	}
	for _, name := range live {
		note(j.next.Decls[name])
		for _, m := range j.next.ready(name) {
			note(m)
		}
		noteVar(j.next.Vars[name])
	}
	for _, t := range j.tops {
		noteVar(t.v)
	}
	for _, d := range extra {
		note(d)
	}
	for _, h := range j.run.holes(j.runBody(), j.syn.Text.ID, 0, len(j.syn.Code)+1) {
		if h.embed {
			wanted[h.ref.name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		symbol, d := j.next.symbol(name), j.next.Decls[name]
		if symbol == name || d == nil {
			continue
		}
		src.gen("type ", name)
		args := ""
		if len(d.paramNames) > 0 {
			src.copyEdited(d.Text, d.params[0], d.params[1], n.edits(d))
			args = "[" + strings.Join(d.paramNames, ", ") + "]"
		}
		src.gen(" = ", symbol, args, "\n")
	}
}

// locals declares the variables that live in the function.
func (j *job) locals(src *source, n *naming) {
	for _, t := range j.tops {
		if t.local {
			src.gen("var ", t.localName(), " ", n.typ(t.v.typ), "\n")
		}
	}
}

// writeStatements writes the body of the cell's function.
func (j *job) writeStatements(src *source, n *naming, stmts []ast.Stmt, edits []edit) {
	sortEdits(edits)
	for _, s := range stmts {
		look(j.ctx)
		inner, behind := j.stores(s)
		w := &stmtWriter{j: j, src: src, n: n, edits: append(j.editsOf(s, edits), inner...)}
		w.write(s)
		for _, t := range behind {
			src.gen("; ", j.store(t))
		}
		src.gen("\n")
	}
}

// editsOf picks a top-level statement's own of sorted edits. What begins or ends in generated text may have any.
func (j *job) editsOf(s ast.Stmt, sorted []edit) []edit {
	_, from, ok := j.run.at(s.Pos())
	if !ok {
		from = 0
	}
	_, to, ok := j.run.at(s.End())
	if !ok {
		to = len(j.syn.Code)
	}
	return slices.Clone(editsWithin(sorted, from, to))
}

type stmtWriter struct {
	j     *job
	src   *source
	n     *naming
	edits []edit
}

func (w *stmtWriter) span(from, to token.Pos) {
	_, a, _ := w.j.run.at(from)
	_, b, _ := w.j.run.at(to)
	w.src.copyEdited(w.j.syn.Text, a, b, w.edits)
}

func (w *stmtWriter) line(p token.Pos) {
	_, at, _ := w.j.run.at(p)
	w.n.line(w.src, w.j.syn.Text, at)
}

func (w *stmtWriter) write(s ast.Stmt) {
	switch t := s.(type) {
	case *ast.LabeledStmt:
		names, _ := defined(t.Stmt)
		_, expr := labelled(t).(*ast.ExprStmt)
		if len(names) > 0 || expr {
			w.line(t.Pos())
			w.src.gen(t.Label.Name, ":\n")
			w.write(t.Stmt)
			return
		}
		if e, empty := t.Stmt.(*ast.EmptyStmt); empty && e.Implicit { // at the end of the cell
			w.line(t.Pos())
			w.src.gen(t.Label.Name, ":\n")
			return
		}
	case *ast.AssignStmt:
		if t.Tok == token.DEFINE {
			w.line(t.Pos())
			w.define(t)
			return
		}
	case *ast.DeclStmt:
		for _, spec := range t.Decl.(*ast.GenDecl).Specs {
			w.line(spec.Pos())
			w.variable(spec.(*ast.ValueSpec))
		}
		return
	case *ast.ExprStmt:
		if show := w.j.shown(); show != nil && t == labelled(w.last()) {
			w.line(show.Pos())
			w.show(show)
			return
		}
	}
	w.line(s.Pos())
	w.span(s.Pos(), s.End())
}

func (w *stmtWriter) last() ast.Stmt {
	stmts := w.j.topStmts()
	return stmts[len(stmts)-1]
}

// define writes x, y := e as an assignment.
func (w *stmtWriter) define(t *ast.AssignStmt) {
	var ids []*ast.Ident
	for _, e := range t.Lhs {
		ids = append(ids, e.(*ast.Ident))
	}
	if w.mixed(ids) {
		w.temporaries(ids)
		w.span(t.Rhs[0].Pos(), t.Rhs[len(t.Rhs)-1].End())
		w.copyBack(ids)
		return
	}
	_, at, _ := w.j.run.at(t.TokPos)
	w.edits = append(w.edits, edit{at, at + len(":="), "="})
	w.span(t.Pos(), t.End())
}

// mixed reports whether one of the variables has a type that cannot be written, so that := must stay.
func (w *stmtWriter) mixed(ids []*ast.Ident) bool {
	return slices.ContainsFunc(ids, func(id *ast.Ident) bool {
		t := w.j.topOf(id)
		return t != nil && t.v == nil && w.j.run.info.Defs[id] != nil
	})
}

func (w *stmtWriter) temporaries(ids []*ast.Ident) {
	for i, id := range ids {
		if i > 0 {
			w.src.gen(", ")
		}
		if id.Name == "_" {
			w.src.gen("_")
		} else {
			w.src.gen(id.Name, prime, "0")
		}
	}
	w.src.gen(" := ")
}

func (w *stmtWriter) copyBack(ids []*ast.Ident) {
	for _, id := range ids {
		if t := w.j.topOf(id); t != nil {
			if name := w.j.topName(t); name != t.localName() {
				w.src.gen("; ", name, " = ", t.localName())
			} else {
				w.src.gen("; _ = ", t.localName())
			}
		}
	}
}

// variable writes a var specification as assignments; without values it sets zero, as running it again must.
func (w *stmtWriter) variable(spec *ast.ValueSpec) {
	if !slices.ContainsFunc(spec.Names, func(id *ast.Ident) bool { return id.Name != "_" }) {
		w.src.gen("var ") // an assertion such as var _ I = T{}
		w.span(spec.Pos(), spec.End())
		return
	}
	if len(spec.Values) == 0 {
		for _, id := range spec.Names {
			if t := w.j.topOf(id); t != nil {
				w.src.gen(w.j.topName(t), " = zero", prime, "[")
				w.span(spec.Type.Pos(), spec.Type.End())
				w.src.gen("](); ")
				if t.local {
					w.src.gen(w.j.store(t), "; ")
				}
			}
		}
		return
	}
	if w.mixed(spec.Names) {
		w.temporaries(spec.Names)
		w.values(spec)
		w.copyBack(spec.Names)
		return
	}
	for i, id := range spec.Names {
		if i > 0 {
			w.src.gen(", ")
		}
		if t := w.j.topOf(id); t != nil {
			w.src.gen(w.j.topName(t))
		} else {
			w.src.gen("_")
		}
	}
	w.src.gen(" = ")
	w.values(spec)
	for _, id := range spec.Names {
		if t := w.j.topOf(id); t != nil && t.local {
			w.src.gen("; ", w.j.store(t))
		}
	}
}

func (w *stmtWriter) values(spec *ast.ValueSpec) {
	w.span(spec.Values[0].Pos(), spec.Values[len(spec.Values)-1].End())
}

// show writes the last expression: through display.Result when it has a value worth showing.
func (w *stmtWriter) show(e ast.Expr) {
	tv := w.j.run.info.Types[e]
	if tv.IsVoid() || tv.IsNil() || w.prints(e) {
		if tv.IsNil() {
			return
		}
		w.span(e.Pos(), e.End())
		return
	}
	w.src.gen(w.n.qualifier(DisplayPath, ""), ".Result(")
	w.span(e.Pos(), e.End())
	w.src.gen(")")
}

// prints reports whether an expression calls a print function of fmt, whose count and error nobody wants to see.
func (w *stmtWriter) prints(e ast.Expr) bool { return printsIt(w.j.run.info, e) }

func printsIt(info *types.Info, e ast.Expr) bool {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok {
		return false
	}
	var id *ast.Ident
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.SelectorExpr:
		id = f.Sel
	case *ast.Ident:
		id = f
	default:
		return false
	}
	fn, ok := info.Uses[id].(*types.Func)
	return ok && fn.Pkg() != nil && fn.Pkg().Path() == "fmt" && (strings.HasPrefix(fn.Name(), "Print") || strings.HasPrefix(fn.Name(), "Fprint"))
}
