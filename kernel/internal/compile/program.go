package compile

import (
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
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
	err = rounds(func(known *round) (again bool, err error) {
		j := c.job(ctx, st, syn, known)
		j.program = true
		ch, again, err := j.check()
		program = nil
		if err == nil && !again && len(j.diags) == 0 {
			program = ch.program(form)
		}
		diags = diagnostics(j.diags)
		return again, err
	})
	if err != nil || len(diags) > 0 {
		return nil, diags, err
	}
	return program, nil, nil
}

// programWriter writes one program.
type programWriter struct {
	*checked
	n       *naming
	form    Form
	live    []string // names of the state that the program declares
	globals map[*top]bool
	names   *importNames
	tests   []string
	notes   []string
	ownMain bool          // the cell declares func main
	embeds  map[int][]int // by the offset of a variable's name: where the //go:embed lines above it begin

	apart      *source // TestForm of a cell that uses C: the file of the test functions
	apartNames *importNames
}

// program writes a checked cell as a program; nil when that has found that it cannot be one.
func (j *checked) program(form Form) *Program {
	w := &programWriter{checked: j, form: form, globals: map[*top]bool{}, names: j.c.importNames()}
	w.n = w.naming(w.names)
	if form == TestForm && usesC(j.syn) {
		w.apart, w.apartNames = &source{}, j.c.importNames()
	}
	w.ownMain = form == MainForm && slices.ContainsFunc(j.decls, func(d *Decl) bool { return d.isFunc("main") })
	if form == TestForm {
		w.findTests()
	}
	w.findEmbeds()
	w.reach()
	w.chooseGlobals()
	w.refuse()
	if len(j.diags) > 0 {
		return nil
	}
	j.refuseUnready(w.live)
	body := w.body()
	if len(j.diags) > 0 {
		return nil
	}
	return w.file(body)
}

// file puts the package clause and the imports on top.
func (w *programWriter) file(body string) *Program {
	header := "package main\n"
	if w.form == TestForm {
		header = "package notebook\n"
	}
	header += w.names.clauses()
	paths, blanks := w.names.paths(), slices.Clone(w.blanks)
	if slices.Contains(paths, DisplayPath) && slices.ContainsFunc(paths, drawsPlots) && !slices.Contains(blanks, plotSupport) {
		blanks = append(blanks, plotSupport)
	}
	if len(w.embeds) > 0 && !slices.Contains(paths, "embed") && !slices.Contains(blanks, "embed") {
		blanks = append(blanks, "embed")
	}
	for _, b := range blanks {
		header += fmt.Sprintf("import _ %q\n", b)
	}
	header += preambles(w.syn)
	p := &Program{Source: []byte(header + body), Tests: w.tests, Notes: w.notes,
		Imports: append(paths, blanks...), UsesC: usesC(w.syn), Embeds: len(w.embeds) > 0}
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
	for _, d := range w.decls {
		if d.Kind == FuncKind {
			own[d.Names[0]] = true
		}
	}
	obstacles := w.next.obstacles(nil)
	for name, d := range w.next.Decls {
		if d.Kind != FuncKind || !IsTest(name) {
			continue
		}
		if !own[name] {
			if o, ok := obstacles[d]; ok {
				w.notes = append(w.notes, fmt.Sprintf("%s is left out: %s", name, w.obstacleText(o)))
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
	for _, n := range w.next.closure([]string{name}, true) {
		if v := w.next.Vars[n]; v != nil && !w.ownVar(n) {
			return n
		}
	}
	return ""
}

// ownVar reports whether the cell itself declares a variable.
func (w *programWriter) ownVar(name string) bool {
	return slices.ContainsFunc(w.run.tops, func(t *top) bool { return t.name == name && t.v != nil && w.next.Vars[name] == t.v })
}

// reach finds what the program declares.
func (w *programWriter) reach() {
	roots := slices.Clone(w.tests)
	for _, d := range w.decls {
		roots = append(append(append(roots, d.sigRefs...), d.bodyRefs...), d.Names...)
		if d.Kind == MethodKind {
			roots = append(roots, d.Recv)
		}
	}
	for _, h := range w.run.uses {
		if h.ref.kind == refName {
			roots = append(roots, h.ref.name)
		}
	}
	if w.form == MainForm && len(w.run.stmts) == 0 { // func main of an earlier cell
		roots = append(roots, "main")
	}
	w.live = w.next.closure(roots, true)
}

// chooseGlobals decides which of the cell's variables stand at package level: those declared with var, as they
// would in a file, and those that functions use. A := that declares one of them declares only such.
func (w *programWriter) chooseGlobals() {
	used := w.usedByDecls()
	for _, s := range w.run.stmts {
		_, define := defined(s)
		for _, t := range w.run.topsOf(s) {
			if must := used[t.name]; must || !define || w.ownMain { // as it would be in a file
				w.makeGlobal(t, must)
			}
		}
	}
	for again := true; again && len(w.diags) == 0; { // all or none of the names of one :=
		again = false
		for _, s := range w.run.stmts {
			if len(w.diags) > 0 || !w.touchesGlobal(s) {
				continue
			}
			for _, t := range w.run.topsOf(s) {
				if !w.globals[t] {
					w.makeGlobal(t, true)
					again = true
				}
			}
		}
	}
}

// usedByDecls are the names that the declarations of the program use.
func (w *programWriter) usedByDecls() map[string]bool {
	used := map[string]bool{}
	for _, name := range w.live {
		for _, r := range w.next.refsOf(name, true) {
			used[r] = true
		}
	}
	for _, d := range w.decls { // init functions are in no state
		for _, r := range slices.Concat(d.sigRefs, d.bodyRefs) {
			used[r] = true
		}
	}
	return used
}

// makeGlobal puts a variable at package level. When it must stand there and cannot, that is a fault.
func (w *programWriter) makeGlobal(t *top, must bool) {
	must = must || w.embeds[t.offset] != nil
	once := w.run.count[t.name] == 1
	switch {
	case once && t.v != nil && (!t.fromC || must && w.typeOf(t) != nil):
		w.globals[t] = true
	case !must:
	case !once:
		w.fault(t.offset, "%s is declared more than once in this cell, and functions of a program see only one of them: give them names of their own", t.name)
	case t.fromC:
		w.fault(t.offset, "%s is used by a function, and its type comes from C: declare it with its type, for example var %s C.int", t.name, t.name)
	default:
		w.fault(t.offset, "%s is used by a function, and %s", t.name, t.why)
	}
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
		t := w.run.topOf(id)
		return t != nil && w.globals[t]
	})
}

// refuse faults what a program cannot have.
func (w *programWriter) refuse() {
	before := w.readBefore()
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if w.old.Vars[name] != nil {
			w.fault(before[name], "the program needs the value that %s had before this cell, and another process cannot have it", name)
		} else {
			w.fault(before[name], "%s is declared by an earlier cell, and by this one as a variable: give the variable another name", name)
		}
	}
	for _, name := range w.live {
		look(w.ctx)
		if v := w.next.Vars[name]; v != nil && !w.ownVar(name) {
			at, by := w.user(name)
			w.fault(at, "the program needs %s%s, a variable of this notebook (%s), and another process cannot have its value: declare it in this cell", name, by, v.TypeString())
		}
	}
	if w.form == TestForm {
		return
	}
	if w.ownMain {
		for _, s := range w.run.stmts {
			if len(w.run.topsOf(s)) > 0 || genDecl(s) != nil {
				continue
			}
			_, at, _ := w.run.at(s.Pos())
			w.fault(at, "this statement stands outside of func main, which the cell declares: move it into func main")
			return
		}
		return
	}
	if slices.Contains(w.live, "main") && len(w.run.stmts) > 0 {
		at := max(strings.Index(w.syn.Code, "main"), 0)
		w.fault(at, "main is what a program starts with and cannot be called by the cell's statements: leave the cell below the command empty to run func main")
	}
	if len(w.run.stmts) == 0 && w.next.Decls["main"] == nil {
		w.fault(0, "there is nothing to run: write statements or a func main")
	}
}

// user finds where the cell uses a name, or which live function does.
func (w *programWriter) user(name string) (offset int, by string) {
	for _, h := range w.run.uses {
		if h.ref.kind == refName && h.ref.name == name {
			return h.start, ""
		}
	}
	for _, d := range w.decls {
		for _, h := range d.holes {
			if h.ref.kind == refName && h.ref.name == name {
				return h.start, ""
			}
		}
	}
	for _, n := range w.live {
		if slices.Contains(w.next.refsOf(n, true), name) {
			at := 0
			if i := strings.Index(w.syn.Code, n); i >= 0 {
				at = i
			}
			return at, " (for " + n + ")"
		}
	}
	return 0, ""
}

// body writes everything below the imports.
func (w *programWriter) body() string {
	w.reserve()
	src := &source{}
	done := map[*Decl]bool{}
	write := func(d *Decl) {
		if d != nil && !done[d] {
			done[d] = true
			if d = w.splitTest(d); d != nil {
				w.n.decl(src, d, "")
			}
		}
	}
	for _, name := range w.live {
		write(w.next.Decls[name])
		for _, m := range w.next.ready(name) {
			write(m)
		}
	}
	for _, d := range w.decls {
		write(d)
	}
	for _, t := range w.run.tops {
		if w.globals[t] {
			w.global(src, t)
		}
	}
	entry, stmts := "main", w.run.stmts
	if w.form == TestForm {
		entry = "init"
	}
	if w.ownMain { // variables with values, which a file would initialise as well
		entry, stmts = "init", w.withValues()
	}
	if len(stmts) > 0 {
		src.gen("\nfunc ", entry, "() {\n")
		w.statements(src, stmts)
		src.gen("\n}\n")
	}
	return src.buf.String()
}

// global writes a variable of package level.
func (w *programWriter) global(src *source, t *top) {
	w.embedLines(src, t)
	w.n.line(src, w.syn.Text, t.offset)
	if !t.fromC {
		w.n.variable(src, t.name, t.v)
		return
	}
	typ := w.typeOf(t)
	_, from, _ := w.run.at(typ.Pos())
	_, to, _ := w.run.at(typ.End())
	src.gen("var ", t.name, " ")
	src.copyEdited(w.syn.Text, from, to, slices.DeleteFunc(w.edits(), func(e edit) bool { return e.start >= to }))
	src.gen("\n")
}

// edits are those of the cell's statements, sorted.
func (w *programWriter) edits() []edit {
	edits := w.statementEdits(w.n, w.name, func(edit) bool { return true })
	sortEdits(edits)
	return edits
}

// statements writes the body of a function that has statements of the cell.
func (w *programWriter) statements(src *source, stmts []ast.Stmt) {
	edits := w.edits()
	out := &stmtWriter{run: w.run, text: w.syn.Text, n: w.n, src: src, place: w}
	blocks := 0
	depth := w.blockStarts()
	for _, s := range stmts {
		if depth[s] {
			src.gen("\n{")
			blocks++
		}
		out.write(s, w.run.editsOf(s, edits))
		src.gen("\n")
	}
	src.gen(strings.Repeat("\n}", blocks))
}

func (w *programWriter) outside(t *top) bool { return w.globals[t] }

func (w *programWriter) name(t *top) string { return t.name }

// zero has nothing to do: a program runs once.
func (w *programWriter) zero(*stmtWriter, *top, ast.Expr) {}

// behind uses a local variable whose type comes from C: whether something uses it the checker does not tell, and the
// compiler refuses those that nothing uses.
func (w *programWriter) behind(t *top) string {
	if t.fromC && !w.globals[t] {
		return "; _ = " + t.name
	}
	return ""
}

func (w *programWriter) mixed(inside *top, offset int) bool {
	w.fault(offset, "%s cannot stand at package level beside the others of its declaration: declare it by itself", inside.name)
	return false
}

// withValues are the statements that give values to variables.
func (w *programWriter) withValues() []ast.Stmt {
	return slices.DeleteFunc(slices.Clone(w.run.stmts), func(s ast.Stmt) bool {
		gen := genDecl(s)
		if gen == nil {
			return len(w.run.topsOf(s)) == 0
		}
		return gen.Tok != token.VAR || !slices.ContainsFunc(gen.Specs, func(sp ast.Spec) bool { return len(sp.(*ast.ValueSpec).Values) > 0 })
	})
}

// blockStarts are the statements before which the view opened a block, because they declare a name again.
func (w *programWriter) blockStarts() map[ast.Stmt]bool {
	out := map[ast.Stmt]bool{}
	list := w.run.body.List
	for len(list) > 0 {
		b, ok := list[len(list)-1].(*ast.BlockStmt)
		if _, _, user := w.run.at(list[len(list)-1].Pos()); !ok || user && w.run.userBrace(b) || len(b.List) == 0 {
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
	n.lines, n.alive = true, w.next.declaredBy
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
	for _, t := range w.run.tops {
		w.names.hidden[t.name] = true
	}
	if w.apart != nil {
		w.apartNames.taken = w.names.taken
	}
}

// show writes the last expression. A program prints it only if it could not stand there otherwise.
func (w *programWriter) show(out *stmtWriter, e ast.Expr) {
	tv := w.run.info.Types[e]
	before, behind := "", ""
	switch {
	case renders(tv.Type): // as in a cell, or as text where there is no notebook
		shown, fmt := w.n.qualifier(DisplayPath, ""), w.n.qualifier("fmt", "")
		before = "func(v ...any) { if d, ok := " + shown + ".Bundle(v...); ok && " +
			shown + ".Display(d) != nil { " + fmt + ".Println(v...) } }("
		behind = ")"
	case canStand(w.run.info, e):
	case tv.IsNil():
		return
	case isEmpty(tv.Type):
	default:
		before, behind = w.n.qualifier("fmt", "")+".Println(", ")"
	}
	out.src.gen(before)
	out.span(e.Pos(), e.End())
	out.src.gen(behind)
}

// canStand reports whether an expression is a statement that the compiler takes.
func canStand(info *types.Info, e ast.Expr) bool {
	switch x := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		f := info.Types[x.Fun]
		if !f.IsType() && (!f.IsBuiltin() || info.Types[e].IsVoid()) {
			return true
		}
		id, ok := ast.Unparen(x.Fun).(*ast.Ident)
		return ok && f.IsBuiltin() && (id.Name == "copy" || id.Name == "recover")
	case *ast.UnaryExpr:
		return x.Op == token.ARROW
	}
	return false
}

// isEmpty reports whether a type is that of a call without results.
func isEmpty(t types.Type) bool {
	list, ok := t.(*types.Tuple)
	return ok && list.Len() == 0
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
