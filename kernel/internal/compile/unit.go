package compile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/ast"
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
		"\n//go:noinline\nfunc " + firstName + "(n int) func() int {\n" +
		"if n == 0 {\nreturn nil\n}\nreturn " + firstName + "closure(n)\n}\n"
	firstCall = firstName + "(0)\n"
)

// unitWriter writes one unit.
type unitWriter struct {
	*moved
	n      *naming
	local  map[*top]bool // variables that live in a local of the cell's function while it runs; see promote.go
	before []string      // names of earlier cells that this one reads and then declares as variables
}

// unit writes the unit.
func (j *moved) unit() (*Unit, error) {
	j.next.dropUnneeded()
	notes, err := j.notes()
	if err != nil {
		return nil, err
	}
	u := &Unit{State: j.next, Notes: notes}
	inits := j.inits()
	if len(j.run.stmts) == 0 && len(inits) == 0 && len(j.blanks) == 0 {
		return u, nil // declarations alone are compiled with the cell that uses them
	}
	names := &aliases{}
	w := &unitWriter{moved: j, n: names.generated(j.next)}
	w.n.symbol, w.n.lines = w.symbol, true
	w.local = w.promote()
	w.expose()
	body := w.body(inits)
	if len(j.diags) > 0 {
		return nil, nil
	}
	blanks := slices.Clone(j.blanks)
	if slices.ContainsFunc(names.paths, isPlot) && !slices.Contains(blanks, plotSupport) {
		blanks = append(blanks, plotSupport)
	}
	header := "package notebook\n" + names.clauses()
	for i, b := range blanks {
		blanks[i] = j.next.real(b)
		header += fmt.Sprintf("import _ %q\n", blanks[i])
	}
	u.seal(body.with(header).buf.String(), append(slices.Clone(names.paths), blanks...))
	return u, nil
}

// body writes the unit without its imports.
func (w *unitWriter) body(inits []*Decl) *source {
	w.before = w.readsBefore()
	edits := w.edits()
	live := w.next.closure(w.roots(inits), true)
	w.refuseUnready(live)
	body := &source{}
	body.gen(firstFunc)
	w.n.declarations(body, w.next, live, nil)
	w.otherVersions(body)
	w.embedAliases(body, live, inits)
	for _, d := range inits {
		w.n.initFunc(body, d, d.initName())
	}
	if slices.ContainsFunc(w.run.stmts, func(s ast.Stmt) bool { return genDecl(labelled(s)) != nil }) {
		body.gen("\nfunc zero", prime, "[T any]() (z T) { return }\n")
	}
	body.gen("\nfunc ", entryMark, "() {\n", firstCall)
	for _, t := range w.run.tops {
		if w.local[t] {
			w.n.variable(body, t.localName(), t.v)
		}
	}
	for _, d := range inits {
		body.gen(d.initName(), "()\n")
	}
	w.statements(body, edits)
	body.gen("\n}\n")
	return body
}

// roots are the names that the unit has to declare, with all that they rest on.
func (w *unitWriter) roots(inits []*Decl) []string {
	var roots []string
	for _, h := range w.run.uses {
		if h.ref.kind == refName && !w.run.declares(h.ref.name) {
			roots = append(roots, h.ref.name)
		}
	}
	for _, d := range inits {
		roots = append(append(roots, d.sigRefs...), d.bodyRefs...)
	}
	for _, t := range w.run.tops {
		if t.v != nil {
			roots = append(roots, t.v.refs()...)
			if w.next.Vars[t.name] == t.v {
				roots = append(roots, t.name)
			}
		}
	}
	for _, name := range w.before {
		roots = append(roots, w.old.refsOf(name, true)...)
	}
	return roots
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

// dropUnneeded gives up the methods of names that nothing declares.
func (s *State) dropUnneeded() {
	for name := range s.Methods {
		if s.Decls[name] == nil && !slices.ContainsFunc(s.Methods[name], func(m *Decl) bool { return len(m.Waits) > 0 }) {
			delete(s.Methods, name)
		}
	}
}

func (j *declared) inits() []*Decl {
	return slices.DeleteFunc(slices.Clone(j.decls), func(d *Decl) bool { return !d.isFunc("init") })
}

// initName is how a unit names an init function, of which there may be several.
func (d *Decl) initName() string { return "init_" + d.Text.ID + "_" + strconv.Itoa(d.Start) }

// symbol is the name that a live name has in the unit. Finding it can be long, as it depends on all that the name
// rests on.
func (w *unitWriter) symbol(name string) string {
	look(w.ctx)
	return w.next.symbol(name)
}

// readsBefore are names that the cell's statements read in an older meaning, sorted: it declares them as variables.
func (w *unitWriter) readsBefore() []string {
	var out []string
	for _, h := range w.run.uses {
		if h.ref.kind == refName && w.run.declares(h.ref.name) {
			out = append(out, h.ref.name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// edits are those of the cell's statements.
func (w *unitWriter) edits() []edit {
	n := *w.n
	n.symbol = func(name string) string {
		if w.run.declares(name) {
			return w.oldSymbol(name)
		}
		return w.n.symbol(name)
	}
	top := w.topFixes()
	return w.statementEdits(&n, w.name, func(e edit) bool { return !top(e) })
}

// statementEdits fill what the cell's statements refer to and name their variables; of the uses of variables that
// nothing uses, they have those that are wanted.
func (j *checked) statementEdits(n *naming, variable func(*top) string, wanted func(edit) bool) []edit {
	edits := n.fillAll(j.run.uses, j.syn.Text)
	inspect(j.ctx, j.run.body, func(node ast.Node) bool {
		if id, ok := node.(*ast.Ident); ok {
			if t := j.run.topOf(id); t != nil {
				if _, at, ok := j.run.at(id.Pos()); ok && variable(t) != id.Name {
					edits = append(edits, edit{at, at + len(id.Name), variable(t)})
				}
			}
		}
		return true
	})
	for _, e := range j.run.fixes(j.syn.Text.ID, 0, len(j.syn.Code)+1) {
		if !j.inDecl(e.start) && wanted(e) {
			edits = append(edits, e)
		}
	}
	return edits
}

func (j *declared) inDecl(offset int) bool {
	return slices.ContainsFunc(j.decls, func(d *Decl) bool { return d.Start <= offset && offset < d.End })
}

// topFixes tells which fixes speak of a top-level variable, which needs none.
func (w *unitWriter) topFixes() func(edit) bool {
	names := map[int][]string{} // by where the fix stands
	for _, err := range w.run.errs {
		if name, unused := err.unused(); unused && w.run.isTop(err.pos) {
			if pos, ok := w.run.afterDeclaration(err.pos); ok {
				_, at, _ := w.run.at(pos)
				names[at] = append(names[at], name)
			}
		}
	}
	return func(e edit) bool {
		return slices.ContainsFunc(names[e.start], func(name string) bool { return strings.Contains(e.with, " "+name+";") })
	}
}

// name is how a unit names a variable of the cell: its local, or its symbol.
func (w *unitWriter) name(t *top) string {
	if w.local[t] || t.v == nil {
		return t.localName()
	}
	if w.next.Vars[t.name] == t.v {
		return w.next.symbol(t.name)
	}
	return w.versionSymbol(t)
}

// versionSymbol names a variable that the same cell declares again with another type.
func (w *unitWriter) versionSymbol(t *top) string {
	look(w.ctx)
	st := w.next.Clone()
	st.Vars[t.name] = t.v
	symbol := st.symbol(t.name)
	w.next.versions[t.name] = st.versions[t.name]
	return symbol
}

// oldSymbol names what a name of this cell's variables meant before.
func (w *unitWriter) oldSymbol(name string) string {
	if w.old.Vars[name] != nil {
		return w.old.symbol(name)
	}
	st := w.next.Clone()
	delete(st.Vars, name)
	st.Decls[name] = w.old.Decls[name]
	symbol := st.symbol(name)
	w.next.versions[name] = st.versions[name]
	return symbol
}

// otherVersions declares the variables that exist in the unit under another type than the state's.
func (w *unitWriter) otherVersions(src *source) {
	done := map[string]bool{} // symbols of other names are others
	present := func(name string) {
		if w.next.Vars[name] != nil {
			done[w.symbol(name)] = true
		}
	}
	for _, t := range w.run.tops {
		present(t.name)
	}
	for _, name := range w.before {
		present(name)
	}
	for _, t := range w.run.tops {
		if t.v == nil || w.local[t] || w.next.Vars[t.name] == t.v {
			continue
		}
		if s := w.versionSymbol(t); !done[s] {
			done[s] = true
			w.n.variable(src, s, t.v)
		}
	}
	for _, name := range w.before {
		s, d := w.oldSymbol(name), w.old.Decls[name]
		switch {
		case done[s]:
		case d != nil: // a function or constant that a variable takes the place of
			old := *w.n
			old.alive = func(_ *Decl, other string) bool { return other == name }
			old.symbol = func(other string) string {
				if other == name {
					return s
				}
				return w.n.symbol(other)
			}
			old.decl(src, d, "")
		default:
			w.n.variable(src, s, w.old.Vars[name])
		}
		done[s] = true
	}
}

// embedAliases keeps the names of embedded fields whose types have versions.
func (w *unitWriter) embedAliases(src *source, live []string, extra []*Decl) {
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
		note(w.next.Decls[name])
		for _, m := range w.next.ready(name) {
			note(m)
		}
		noteVar(w.next.Vars[name])
	}
	for _, t := range w.run.tops {
		noteVar(t.v)
	}
	for _, d := range extra {
		note(d)
	}
	for _, h := range w.run.uses {
		if h.embed {
			wanted[h.ref.name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		symbol, d := w.next.symbol(name), w.next.Decls[name]
		if symbol == name || d == nil {
			continue
		}
		src.gen("type ", name)
		args := ""
		if len(d.paramNames) > 0 {
			src.copyEdited(d.Text, d.params[0], d.params[1], w.n.edits(d))
			args = "[" + strings.Join(d.paramNames, ", ") + "]"
		}
		src.gen(" = ", symbol, args, "\n")
	}
}
