package compile

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"interleave/kernel/internal/cell"
)

// stmtWriter writes the top-level statements of a cell into a function. Some of the variables that they declare stand
// outside of it, so that other functions or later cells see them: their declarations become assignments.
type stmtWriter struct {
	run   *runView
	text  *cell.Text
	n     *naming
	src   *source
	place place
	edits []edit // of the statement that is being written
}

// place is where a file has the variables of the cell's statements, and how it shows the last expression.
type place interface {
	// outside reports whether a variable stands outside of the function.
	outside(t *top) bool
	// name is what a variable is called.
	name(t *top) string
	// zero writes the declaration of a variable outside that has no value.
	zero(w *stmtWriter, t *top, typ ast.Expr)
	// behind is what follows the declaration of a variable.
	behind(t *top) string
	// mixed reports whether a declaration at an offset may declare a variable inside beside one outside.
	mixed(inside *top, offset int) bool
	// show writes the last expression.
	show(w *stmtWriter, e ast.Expr)
}

func (w *stmtWriter) at(p token.Pos) int {
	_, at, _ := w.run.at(p)
	return at
}

func (w *stmtWriter) span(from, to token.Pos) {
	w.src.copyEdited(w.text, w.at(from), w.at(to), w.edits)
}

func (w *stmtWriter) line(p token.Pos) { w.n.line(w.src, w.text, w.at(p)) }

// write writes a statement with its edits.
func (w *stmtWriter) write(s ast.Stmt, edits []edit) {
	w.edits = edits
	w.statement(s)
}

func (w *stmtWriter) statement(s ast.Stmt) {
	switch t := s.(type) {
	case *ast.LabeledStmt:
		_, expr := labelled(t).(*ast.ExprStmt)
		e, empty := t.Stmt.(*ast.EmptyStmt)
		if atEnd := empty && e.Implicit; expr || atEnd || len(declaredIdents(t)) > 0 {
			w.line(t.Pos())
			w.src.gen(t.Label.Name, ":\n")
			if !atEnd {
				w.statement(t.Stmt)
			}
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
		if w.run.shows(t) {
			w.line(w.run.shown.Pos())
			w.place.show(w, w.run.shown)
			return
		}
	}
	w.line(s.Pos())
	w.span(s.Pos(), s.End())
}

// declares lists what a declaration declares: new variables inside of the function, and variables outside.
func (w *stmtWriter) declares(ids []*ast.Ident) (inside, outside []*top) {
	for _, id := range ids {
		switch t := w.run.topOf(id); {
		case t == nil:
		case w.place.outside(t):
			outside = append(outside, t)
		case w.run.info.Defs[id] != nil:
			inside = append(inside, t)
		}
	}
	return inside, outside
}

// define writes x, y := e as an assignment to variables outside.
func (w *stmtWriter) define(t *ast.AssignStmt) {
	ids := declaredIdents(t)
	switch inside, outside := w.declares(ids); {
	case len(inside) == 0:
		at := w.at(t.TokPos)
		w.edits = append(w.edits, edit{at, at + len(":="), "="})
		w.span(t.Pos(), t.End())
	case len(outside) == 0:
		w.span(t.Pos(), t.End())
		w.follow(ids)
	default:
		w.temporaries(ids, t.Rhs)
	}
}

// variable writes a var specification.
func (w *stmtWriter) variable(spec *ast.ValueSpec) {
	switch inside, outside := w.declares(spec.Names); {
	case len(outside) == 0: // also an assertion such as var _ I = T{}
		w.src.gen("var ")
		w.span(spec.Pos(), spec.End())
		w.follow(spec.Names)
	case len(spec.Values) == 0:
		for _, id := range spec.Names {
			if t := w.run.topOf(id); t != nil {
				w.place.zero(w, t, spec.Type)
			}
		}
	case len(inside) > 0 && w.place.mixed(inside[0], w.at(spec.Pos())):
		w.temporaries(spec.Names, spec.Values)
	default:
		for i, id := range spec.Names {
			if i > 0 {
				w.src.gen(", ")
			}
			if t := w.run.topOf(id); t != nil {
				w.src.gen(w.place.name(t))
			} else {
				w.src.gen("_")
			}
		}
		w.src.gen(" = ")
		w.span(spec.Values[0].Pos(), spec.Values[len(spec.Values)-1].End())
		w.follow(spec.Names)
	}
}

func (w *stmtWriter) follow(ids []*ast.Ident) {
	for _, id := range ids {
		if t := w.run.topOf(id); t != nil {
			w.src.gen(w.place.behind(t))
		}
	}
}

// temporaries declares all variables of a declaration inside and copies to those outside.
func (w *stmtWriter) temporaries(ids []*ast.Ident, values []ast.Expr) {
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
	w.span(values[0].Pos(), values[len(values)-1].End())
	for _, id := range ids {
		t := w.run.topOf(id)
		switch {
		case t == nil:
		case w.place.name(t) != t.localName():
			w.src.gen("; ", w.place.name(t), " = ", t.localName())
		default:
			w.src.gen("; _ = ", t.localName())
		}
	}
}

// statements writes the body of the cell's function.
func (w *unitWriter) statements(src *source, edits []edit) {
	sortEdits(edits)
	out := &stmtWriter{run: w.run, text: w.syn.Text, n: w.n, src: src, place: w}
	for _, s := range w.run.stmts {
		look(w.ctx)
		inner, behind := w.stores(s)
		out.write(s, append(w.run.editsOf(s, edits), inner...))
		for _, t := range behind {
			src.gen("; ", w.store(t))
		}
		src.gen("\n")
	}
}

// outside: variables whose type can be written are package variables, or locals above all statements.
func (w *unitWriter) outside(t *top) bool { return t.v != nil }

// zero sets the zero value, as running the cell again must.
func (w *unitWriter) zero(out *stmtWriter, t *top, typ ast.Expr) {
	out.src.gen(w.name(t), " = zero", prime, "[")
	out.span(typ.Pos(), typ.End())
	out.src.gen("](); ")
	if w.local[t] {
		out.src.gen(w.store(t), "; ")
	}
}

func (w *unitWriter) behind(t *top) string {
	switch {
	case w.local[t]:
		return "; " + w.store(t)
	case t.v == nil:
		return "; _ = " + t.localName()
	}
	return ""
}

func (w *unitWriter) mixed(*top, int) bool { return true }

// show writes the last expression: through display.Result when it has a value worth showing.
func (w *unitWriter) show(out *stmtWriter, e ast.Expr) {
	tv := w.run.info.Types[e]
	switch {
	case tv.IsNil():
	case tv.IsVoid() || printsIt(w.run.info, e):
		out.span(e.Pos(), e.End())
	default:
		out.src.gen(w.n.qualifier(DisplayPath, ""), ".Result(")
		out.span(e.Pos(), e.End())
		out.src.gen(")")
	}
}

// printsIt reports whether an expression calls a print function of fmt, whose count and error nobody wants to see.
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
	return ok && fn.Pkg() != nil && fn.Pkg().Path() == "fmt" &&
		(strings.HasPrefix(fn.Name(), "Print") || strings.HasPrefix(fn.Name(), "Fprint"))
}
