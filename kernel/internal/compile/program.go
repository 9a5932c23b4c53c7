package compile

import (
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/rich"
)

// A Form says what kind of file Program writes.
type Form int

// The forms.
const (
	MainForm Form = iota // package main, the cell's statements in func main
	TestForm             // a _test.go file, the cell's statements in func init
)

// Program is a cell, with the live declarations it needs, as an ordinary file: every name is the user's own.
type Program struct {
	Source []byte
	Beside []byte   // TestForm of a cell that uses C: the rest of the package, as go test takes cgo in no _test.go file
	Tests  []string // TestForm: the Test, Benchmark, Example and Fuzz functions in it, sorted
	Notes  []string

	Imports []string
	UsesC   bool // it imports "C"
	Embeds  bool // it has //go:embed directives
}

// Program writes a cell as a program of its own. What the notebook holds in variables another process cannot
// have, so a cell that needs one is refused. The state is left alone.
func (c *Checker) Program(ctx context.Context, st *State, syn *cell.Syntax, form Form) (program *Program, diags []Diagnostic, err error) {
	defer rescue(&err)
	err = rounds(func(known *round) (bool, error) {
		j := c.job(ctx, st, syn, known)
		j.program = true
		if err := j.check(); err != nil || len(j.diags) > 0 || j.again {
			program, diags = nil, diagnostics(j.diags)
			return j.again, err
		}
		w := &programWriter{j: j, form: form, globals: map[*top]bool{}, names: c.importNames()}
		if form == TestForm && usesC(j.syn) {
			w.apart, w.apartNames = &source{}, c.importNames()
		}
		program, diags = w.write(), diagnostics(j.diags)
		return false, nil
	})
	if err != nil || len(diags) > 0 {
		return nil, diags, err
	}
	return program, nil, nil
}

// programWriter writes one program.
type programWriter struct {
	j       *job
	form    Form
	live    []string // names of the state that the program declares
	globals map[*top]bool
	names   *importNames
	tests   []string
	notes   []string
	embeds  map[int][]int // by the offset of a variable's name: where the //go:embed lines above it begin

	apart      *source // TestForm of a cell that uses C: the file of the test functions
	apartNames *importNames
}

func (w *programWriter) write() *Program {
	j := w.j
	stmts := j.topStmts()
	ownMain := slices.ContainsFunc(j.decls, func(d *Decl) bool { return d.Kind == FuncKind && d.Names[0] == "main" })
	if w.form == TestForm {
		w.findTests()
	}
	w.findEmbeds()
	w.reach(stmts)
	w.chooseGlobals(stmts, ownMain && w.form == MainForm)
	w.refuse(stmts, ownMain)
	if len(j.diags) > 0 {
		return nil
	}
	j.refuseUnready(w.live)
	body := w.body(stmts, ownMain)
	if len(j.diags) > 0 {
		return nil
	}
	header := "package main\n"
	if w.form == TestForm {
		header = "package notebook\n"
	}
	header += w.names.clauses()
	paths := w.names.paths()
	if slices.Contains(paths, DisplayPath) && slices.ContainsFunc(paths, drawsPlots) && !slices.Contains(j.blanks, plotSupport) {
		j.blanks = append(j.blanks, plotSupport)
	}
	if len(w.embeds) > 0 && !slices.Contains(paths, "embed") && !slices.Contains(j.blanks, "embed") {
		j.blanks = append(j.blanks, "embed")
	}
	for _, b := range j.blanks {
		header += fmt.Sprintf("import _ %q\n", b)
	}
	header += j.preambles()
	p := &Program{Source: []byte(header + body), Tests: w.tests, Notes: w.notes, Imports: append(paths, j.blanks...), UsesC: usesC(j.syn), Embeds: len(w.embeds) > 0}
	if w.apart != nil {
		p.Imports = append(p.Imports, w.apartNames.paths()...)
		p.Beside = p.Source
		p.Source = []byte("package notebook\n" + w.apartNames.clauses() + w.apart.buf.String())
	}
	return p
}

// testPrefixes are what go test looks for.
var testPrefixes = []string{"Test", "Benchmark", "Example", "Fuzz"}

// IsTest reports whether go test would take a function of this name for one of its own.
func IsTest(name string) bool {
	for _, p := range testPrefixes {
		if rest, ok := strings.CutPrefix(name, p); ok && (rest == "" || !('a' <= rest[0] && rest[0] <= 'z')) {
			return true
		}
	}
	return false
}

// findTests lists the test functions of the notebook; one of an earlier cell that needs a variable's value is
// left out with a note.
func (w *programWriter) findTests() {
	own := map[string]bool{}
	for _, d := range w.j.decls {
		if d.Kind == FuncKind {
			own[d.Names[0]] = true
		}
	}
	obstacles := w.j.next.obstacles(nil)
	for name, d := range w.j.next.Decls {
		if d.Kind != FuncKind || !IsTest(name) {
			continue
		}
		if !own[name] {
			if o, ok := obstacles[d]; ok {
				w.notes = append(w.notes, fmt.Sprintf("%s is left out: %s", name, w.j.obstacleText(o)))
				continue
			}
			if v := w.variableBelow(name); v != "" {
				w.notes = append(w.notes, fmt.Sprintf("%s is left out: it uses the notebook's variable %s, whose value another process cannot have", name, v))
				continue
			}
		}
		w.tests = append(w.tests, name)
	}
	slices.Sort(w.tests)
	slices.Sort(w.notes)
}

// variableBelow names a variable of earlier cells that a name rests on.
func (w *programWriter) variableBelow(name string) string {
	for _, n := range w.j.next.closure([]string{name}, true) {
		if v := w.j.next.Vars[n]; v != nil && !w.ownVar(n) {
			return n
		}
	}
	return ""
}

// ownVar reports whether the cell itself declares a variable.
func (w *programWriter) ownVar(name string) bool {
	return slices.ContainsFunc(w.j.tops, func(t *top) bool { return t.name == name && t.v != nil && w.j.next.Vars[name] == t.v })
}

// reach finds what the program declares.
func (w *programWriter) reach(stmts []ast.Stmt) {
	j := w.j
	roots := slices.Clone(w.tests)
	for _, d := range j.decls {
		roots = append(append(append(roots, d.sigRefs...), d.bodyRefs...), d.Names...)
		if d.Kind == MethodKind {
			roots = append(roots, d.Recv)
		}
	}
	for _, h := range j.run.holes(j.runBody(), j.syn.Text.ID, 0, len(j.syn.Code)+1) {
		if h.ref.kind == refName {
			roots = append(roots, h.ref.name)
		}
	}
	if w.form == MainForm && len(stmts) == 0 { // func main of an earlier cell
		roots = append(roots, "main")
	}
	w.live = j.next.closure(roots, true)
}

// chooseGlobals decides which of the cell's variables stand at package level: those declared with var, as they
// would in a file, and those that functions use. A := that declares one of them declares only such.
func (w *programWriter) chooseGlobals(stmts []ast.Stmt, all bool) {
	j := w.j
	count := map[string]int{}
	for _, t := range j.tops {
		count[t.name]++
	}
	used := map[string]bool{}
	for _, name := range w.live {
		for _, r := range j.next.refsOf(name, true) {
			used[r] = true
		}
	}
	for _, d := range j.decls { // init functions are in no state
		for _, r := range slices.Concat(d.sigRefs, d.bodyRefs) {
			used[r] = true
		}
	}
	promote := func(t *top, must bool) {
		must = must || w.embeds[t.offset] != nil
		switch {
		case count[t.name] == 1 && t.v != nil && (!t.fromC || must && w.typeOf(t) != nil):
			w.globals[t] = true
		case !must:
		case count[t.name] > 1:
			j.fault(t.offset, "%s is declared more than once in this cell, and functions of a program see only one of them: give them names of their own", t.name)
		case t.fromC:
			j.fault(t.offset, "%s is used by a function, and its type comes from C: declare it with its type, for example var %s C.int", t.name, t.name)
		default:
			j.fault(t.offset, "%s is used by a function, and %s", t.name, t.why)
		}
	}
	for _, s := range stmts {
		_, define := defined(s)
		for _, t := range w.topsOf(s) {
			if must := used[t.name]; must || !define || all {
				promote(t, must)
			}
		}
	}
	for again := true; again && len(j.diags) == 0; { // all or none of the names of one :=
		again = false
		for _, s := range stmts {
			if _, define := defined(s); !define || !w.touchesGlobal(s) {
				continue
			}
			for _, t := range w.topsOf(s) {
				if !w.globals[t] {
					promote(t, true)
					again = true
				}
			}
			if len(j.diags) > 0 {
				return
			}
		}
	}
}

// topsOf lists the variables that a statement declares.
func (w *programWriter) topsOf(s ast.Stmt) []*top {
	var out []*top
	inspect(w.j.ctx, declaring(s), func(n ast.Node) bool {
		switch t := n.(type) {
		case *ast.Ident:
			if top := w.j.byObj[w.j.run.info.Defs[t]]; top != nil {
				out = append(out, top)
			}
			return false
		case ast.Expr:
			return false
		}
		return true
	})
	return out
}

// touchesGlobal reports whether a := has a variable of package level on its left.
func (w *programWriter) touchesGlobal(s ast.Stmt) bool {
	if l, ok := s.(*ast.LabeledStmt); ok {
		s = l.Stmt
	}
	a, ok := s.(*ast.AssignStmt)
	if !ok || a.Tok != token.DEFINE {
		return false
	}
	return slices.ContainsFunc(a.Lhs, func(e ast.Expr) bool {
		id, ok := e.(*ast.Ident)
		if !ok {
			return false
		}
		t := w.j.topOf(id)
		return t != nil && w.globals[t]
	})
}

// refuse faults what a program cannot have.
func (w *programWriter) refuse(stmts []ast.Stmt, ownMain bool) {
	j := w.j
	for _, name := range w.live {
		look(j.ctx)
		if v := j.next.Vars[name]; v != nil && !w.ownVar(name) {
			at, by := w.user(name)
			j.fault(at, "the program needs %s%s, a variable of this notebook (%s), and another process cannot have its value: declare it in this cell", name, by, v.TypeString())
		}
	}
	if w.form == TestForm {
		return
	}
	if ownMain {
		for _, s := range stmts {
			if len(w.topsOf(s)) > 0 || genDecl(s) != nil {
				continue
			}
			_, at, _ := j.run.at(s.Pos())
			j.fault(at, "this statement stands outside of func main, which the cell declares: move it into func main")
			return
		}
		return
	}
	if slices.Contains(w.live, "main") && len(stmts) > 0 {
		at := max(strings.Index(j.syn.Code, "main"), 0)
		j.fault(at, "main is what a program starts with and cannot be called by the cell's statements: leave the cell below the command empty to run func main")
	}
	if len(stmts) == 0 && j.next.Decls["main"] == nil {
		j.fault(0, "there is nothing to run: write statements or a func main")
	}
}

// user finds where the cell uses a name, or which live function does.
func (w *programWriter) user(name string) (offset int, by string) {
	for _, h := range w.j.run.holes(w.j.runBody(), w.j.syn.Text.ID, 0, len(w.j.syn.Code)+1) {
		if h.ref.kind == refName && h.ref.name == name {
			return h.start, ""
		}
	}
	for _, d := range w.j.decls {
		for _, h := range d.holes {
			if h.ref.kind == refName && h.ref.name == name {
				return h.start, ""
			}
		}
	}
	for _, n := range w.live {
		if slices.Contains(w.j.next.refsOf(n, true), name) {
			at := 0
			if i := strings.Index(w.j.syn.Code, n); i >= 0 {
				at = i
			}
			return at, " (for " + n + ")"
		}
	}
	return 0, ""
}

// body writes everything below the imports.
func (w *programWriter) body(stmts []ast.Stmt, ownMain bool) string {
	j := w.j
	n := w.naming(w.names)
	w.reserve()
	src := &source{}
	done := map[*Decl]bool{}
	write := func(d *Decl) {
		if d != nil && !done[d] {
			done[d] = true
			if d = w.splitTest(d); d != nil {
				n.decl(src, d, "")
			}
		}
	}
	for _, name := range w.live {
		write(j.next.Decls[name])
		for _, m := range j.next.ready(name) {
			write(m)
		}
	}
	for _, d := range j.decls {
		write(d)
	}
	for _, t := range j.tops {
		if w.globals[t] {
			w.embedLines(src, n, t)
			n.line(src, j.syn.Text, t.offset)
			if !t.fromC {
				n.variable(src, t.name, t.v)
				continue
			}
			typ := w.typeOf(t)
			_, from, _ := j.run.at(typ.Pos())
			_, to, _ := j.run.at(typ.End())
			src.gen("var ", t.name, " ")
			src.copyEdited(j.syn.Text, from, to, slices.DeleteFunc(w.runEdits(n), func(e edit) bool { return e.start >= to }))
			src.gen("\n")
		}
	}
	entry := "main"
	if w.form == TestForm {
		entry = "init"
	}
	inits := w.inits(stmts)
	switch {
	case len(stmts) == 0 || ownMain && len(inits) == 0:
		return src.buf.String()
	case ownMain: // variables with values, which a file would initialise as well
		entry, stmts = "init", inits
	}
	src.gen("\nfunc ", entry, "() {\n")
	edits := w.runEdits(n)
	sortEdits(edits)
	blocks := 0
	depth := w.blockStarts()
	for _, s := range stmts {
		if depth[s] {
			src.gen("\n{")
			blocks++
		}
		w.statement(src, n, s, edits)
		w.useUnknown(src, s)
		src.gen("\n")
	}
	src.gen(strings.Repeat("\n}", blocks), "\n}\n")
	return src.buf.String()
}

// inits are the statements that give values to variables.
func (w *programWriter) inits(stmts []ast.Stmt) []ast.Stmt {
	return slices.DeleteFunc(slices.Clone(stmts), func(s ast.Stmt) bool {
		gen := genDecl(s)
		if gen == nil {
			return len(w.topsOf(s)) == 0
		}
		return gen.Tok != token.VAR || !slices.ContainsFunc(gen.Specs, func(sp ast.Spec) bool { return len(sp.(*ast.ValueSpec).Values) > 0 })
	})
}

// blockStarts are the statements before which the view opened a block, because they declare a name again.
func (w *programWriter) blockStarts() map[ast.Stmt]bool {
	out := map[ast.Stmt]bool{}
	list := w.j.runBody().List
	for len(list) > 0 {
		b, ok := list[len(list)-1].(*ast.BlockStmt)
		if _, _, user := w.j.run.at(list[len(list)-1].Pos()); !ok || user && w.j.userBrace(b) || len(b.List) == 0 {
			break
		}
		out[b.List[0]] = true
		list = b.List
	}
	return out
}

// naming is that of the program's file, or of the one beside it.
func (w *programWriter) naming(names *importNames) *naming {
	n := names.naming()
	n.lines, n.alive = true, w.j.next.declaredBy
	return n
}

// reserve keeps imports from names that the program declares.
func (w *programWriter) reserve() {
	for _, n := range w.live {
		w.names.taken[n] = true
	}
	for t := range w.globals {
		w.names.taken[t.name] = true
	}
	if w.apart != nil {
		w.apartNames.taken = w.names.taken
	}
}

// runEdits are the edits of the cell's statements.
func (w *programWriter) runEdits(n *naming) []edit {
	j := w.j
	var edits []edit
	for _, h := range j.run.holes(j.runBody(), j.syn.Text.ID, 0, len(j.syn.Code)+1) {
		text := j.syn.Text.Source[h.start:h.end]
		if with := n.fill(h.ref, text); with != text {
			edits = append(edits, edit{h.start, h.end, with})
		}
	}
	for _, e := range j.run.fixes(j.syn.Text.ID, 0, len(j.syn.Code)+1) {
		if !j.inDecl(e.start) {
			edits = append(edits, e)
		}
	}
	return edits
}

// statement writes one statement; those that declare variables of package level assign them.
func (w *programWriter) statement(src *source, n *naming, s ast.Stmt, edits []edit) {
	j := w.j
	at := func(p token.Pos) int { _, a, _ := j.run.at(p); return a }
	edits = j.editsOf(s, edits)
	span := func(from, to token.Pos) { src.copyEdited(j.syn.Text, at(from), at(to), edits) }
	switch t := s.(type) {
	case *ast.AssignStmt:
		if t.Tok == token.DEFINE && w.touchesGlobal(t) {
			p := at(t.TokPos)
			edits = append(edits, edit{p, p + len(":="), "="})
		}
	case *ast.DeclStmt:
		if gen := t.Decl.(*ast.GenDecl); gen.Tok == token.VAR && slices.ContainsFunc(w.topsOf(s), func(t *top) bool { return w.globals[t] }) {
			for _, sp := range gen.Specs {
				w.variable(src, n, sp.(*ast.ValueSpec), span)
			}
			return
		}
	case *ast.ExprStmt:
		if show := j.shown(); show != nil && ast.Stmt(t) == s {
			if call, ok := t.X.(*ast.CallExpr); ok && len(call.Args) == 1 && call.Args[0] == show {
				w.show(src, n, show, span)
				return
			}
		}
	}
	n.line(src, j.syn.Text, at(s.Pos()))
	span(s.Pos(), s.End())
}

// variable writes a specification whose variables stand at package level, or some of them.
func (w *programWriter) variable(src *source, n *naming, spec *ast.ValueSpec, span func(from, to token.Pos)) {
	j := w.j
	_, at, _ := j.run.at(spec.Pos())
	n.line(src, j.syn.Text, at)
	global := func(id *ast.Ident) bool { t := j.topOf(id); return t != nil && w.globals[t] }
	if !slices.ContainsFunc(spec.Names, global) {
		src.gen("var ")
		span(spec.Pos(), spec.End())
		src.gen("\n")
		return
	}
	if len(spec.Values) == 0 {
		return
	}
	for i, id := range spec.Names {
		if i > 0 {
			src.gen(", ")
		}
		if !global(id) && id.Name != "_" {
			j.fault(at, "%s cannot stand at package level beside the others of its declaration: declare it by itself", id.Name)
		}
		src.gen(id.Name)
	}
	src.gen(" = ")
	span(spec.Values[0].Pos(), spec.Values[len(spec.Values)-1].End())
	src.gen("\n")
}

// show writes the last expression. A program prints it only if it could not stand there otherwise.
func (w *programWriter) show(src *source, n *naming, e ast.Expr, span func(from, to token.Pos)) {
	_, at, _ := w.j.run.at(e.Pos())
	n.line(src, w.j.syn.Text, at)
	tv := w.j.run.info.Types[e]
	if renders(tv.Type) { // as in a cell, or as text where there is no notebook
		shown, fmt := n.qualifier(DisplayPath, ""), n.qualifier("fmt", "")
		src.gen("func(v ...any) { if d, ok := ", shown, ".Bundle(v...); ok && ", shown, ".Display(d) != nil { ", fmt, ".Println(v...) } }(")
		span(e.Pos(), e.End())
		src.gen(")")
		return
	}
	switch x := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		f := w.j.run.info.Types[x.Fun]
		if !f.IsType() && (!f.IsBuiltin() || tv.IsVoid()) {
			span(e.Pos(), e.End())
			return
		}
		if id, ok := ast.Unparen(x.Fun).(*ast.Ident); ok && f.IsBuiltin() && (id.Name == "copy" || id.Name == "recover") {
			span(e.Pos(), e.End())
			return
		}
	case *ast.UnaryExpr:
		if x.Op == token.ARROW {
			span(e.Pos(), e.End())
			return
		}
	}
	if tv.IsNil() {
		return
	}
	if b, ok := tv.Type.(*types.Tuple); ok && b.Len() == 0 {
		span(e.Pos(), e.End())
		return
	}
	src.gen(n.qualifier("fmt", ""), ".Println(")
	span(e.Pos(), e.End())
	src.gen(")")
}

// renders reports whether package display would show a value, or one of several, as more than text.
func renders(t types.Type) bool {
	if list, ok := t.(*types.Tuple); ok {
		for v := range list.Variables() {
			if renders(v.Type()) {
				return true
			}
		}
		return false
	}
	if t == nil || t == types.Typ[types.UntypedNil] {
		return false
	}
	if s, ok := t.Underlying().(*types.Struct); ok && s.NumFields() == 3 && s.Field(0).Name() == "Data" && s.Field(1).Name() == "Metadata" && s.Field(2).Name() == "Transient" {
		return true
	}
	methods := types.NewMethodSet(t)
	for m := range methods.Methods() {
		f := m.Obj().(*types.Func)
		if f.Signature().TypeParams().Len() == 0 && slices.Contains(rich.Methods, rich.Method{Name: f.Name(), Params: f.Signature().Params().Len()}) {
			return true
		}
	}
	return false
}
