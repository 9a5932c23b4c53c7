package compile

import (
	"go/ast"
	"go/token"
	"go/types"
	"math"
	"slices"

	"interleave/kernel/internal/cell"
)

// runView is the checked function that has the cell's statements.
type runView struct {
	*view
	body  *ast.BlockStmt
	stmts []ast.Stmt            // the cell's top-level statements, in order
	tops  []*top                // the variables they declare
	byObj map[types.Object]*top // of tops
	topAt map[token.Pos]bool    // where they are declared
	count map[string]int        // how many of a name there are
	shown ast.Expr              // the last expression of the cell, nil when there is none
	uses  []hole                // what the statements refer to
}

// top is a variable declared at the top level of the cell's statements.
type top struct {
	obj    *types.Var
	name   string
	offset int
	v      *Var // nil when its type cannot be written outside of its package
	why    string
	fromC  bool // its type is one that only cgo knows; v is there so that others may refer to it
}

// newRunView finds the function in a view of a cell.
func newRunView(v *view, syn *cell.Syntax) *runView {
	r := &runView{view: v, byObj: map[types.Object]*top{}, count: map[string]int{}, topAt: map[token.Pos]bool{}}
	for _, d := range v.file.Decls {
		if fd, ok := d.(*ast.FuncDecl); ok && fd.Name.Name == runName {
			r.body = fd.Body
		}
	}
	r.findStmts()
	r.findTops()
	r.findShown()
	r.uses = v.holes(r.body, syn.Text.ID, 0, len(syn.Code)+1)
	return r
}

// findStmts lists the statements, in the blocks that writeStatements opened as well.
func (r *runView) findStmts() {
	list := r.body.List
	for len(list) > 0 {
		last := list[len(list)-1]
		b, ok := last.(*ast.BlockStmt)
		if _, _, user := r.at(last.Pos()); !ok || user && r.userBrace(b) {
			r.stmts = append(r.stmts, list...)
			return
		}
		r.stmts = append(r.stmts, list[:len(list)-1]...)
		list = b.List
	}
}

// userBrace reports whether a block's opening brace is the user's own.
func (r *runView) userBrace(b *ast.BlockStmt) bool {
	t, at, ok := r.at(b.Lbrace)
	return ok && at < len(t.Source) && t.Source[at] == '{'
}

// findTops collects the variables that the statements declare at top level.
func (r *runView) findTops() {
	for _, stmt := range r.stmts {
		look(r.ctx)
		for _, id := range declaredIdents(stmt) {
			obj, ok := r.info.Defs[id].(*types.Var)
			if ok && id.Name != "_" {
				_, at, _ := r.at(id.Pos())
				v := &top{obj: obj, name: id.Name, offset: at}
				r.tops = append(r.tops, v)
				r.count[id.Name]++
				r.byObj[obj], r.topAt[obj.Pos()] = v, true
			}
		}
	}
}

// findShown finds the last expression.
func (r *runView) findShown() {
	if len(r.stmts) == 0 {
		return
	}
	es, ok := labelled(r.stmts[len(r.stmts)-1]).(*ast.ExprStmt)
	if !ok {
		return
	}
	call, ok := es.X.(*ast.CallExpr)
	if !ok || len(call.Args) != 1 {
		return
	}
	if id, ok := call.Fun.(*ast.Ident); ok && id.Name == showName {
		r.shown = call.Args[0]
	}
}

// shows reports whether a statement is the last expression.
func (r *runView) shows(s ast.Stmt) bool {
	return r.shown != nil && labelled(s) == labelled(r.stmts[len(r.stmts)-1])
}

// topOf is the top-level variable that an identifier means.
func (r *runView) topOf(id *ast.Ident) *top {
	obj := r.info.Uses[id]
	if obj == nil {
		obj = r.info.Defs[id]
	}
	if obj == nil {
		return nil
	}
	return r.byObj[obj]
}

// isTop reports whether a top-level variable is declared at a place.
func (r *runView) isTop(pos token.Pos) bool { return r.topAt[pos] }

// declares reports whether the statements declare a variable of a name.
func (r *runView) declares(name string) bool { return r.count[name] > 0 }

// topsOf lists the variables that a statement declares.
func (r *runView) topsOf(s ast.Stmt) []*top {
	var out []*top
	for _, id := range declaredIdents(s) {
		if t := r.byObj[r.info.Defs[id]]; t != nil {
			out = append(out, t)
		}
	}
	return out
}

// editsOf picks a top-level statement's own of sorted edits. What begins or ends in generated text may have any.
func (r *runView) editsOf(s ast.Stmt, sorted []edit) []edit {
	_, from, ok := r.at(s.Pos())
	if !ok {
		from = 0
	}
	_, to, ok := r.at(s.End())
	if !ok {
		to = math.MaxInt
	}
	return slices.Clone(editsWithin(sorted, from, to))
}

// labelled is a statement without its labels.
func labelled(s ast.Stmt) ast.Stmt {
	for {
		l, ok := s.(*ast.LabeledStmt)
		if !ok {
			return s
		}
		s = l.Stmt
	}
}

// declaredIdents are the identifiers on the left of a := and those of a var declaration.
func declaredIdents(stmt ast.Stmt) []*ast.Ident {
	var ids []*ast.Ident
	switch t := labelled(stmt).(type) {
	case *ast.AssignStmt:
		if t.Tok != token.DEFINE {
			break
		}
		for _, e := range t.Lhs {
			if id, ok := e.(*ast.Ident); ok {
				ids = append(ids, id)
			}
		}
	case *ast.DeclStmt:
		if gen := t.Decl.(*ast.GenDecl); gen.Tok == token.VAR {
			for _, spec := range gen.Specs {
				ids = append(ids, spec.(*ast.ValueSpec).Names...)
			}
		}
	}
	return ids
}

// defined lists the names a statement declares at the level it stands; define is true for assignments.
func defined(stmt ast.Stmt) (names []string, define bool) {
	for _, id := range declaredIdents(stmt) {
		names = append(names, id.Name)
	}
	_, define = labelled(stmt).(*ast.AssignStmt)
	return names, define
}
