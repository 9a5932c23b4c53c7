package compile

import (
	"context"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
)

// A package variable of a plugin is reached through a table and lives in memory, so a hot loop over one is
// several times slower than over a local. A variable that is new in its cell therefore lives in a local of the
// cell's function while the cell runs, if nothing else could notice: no closure, no function of the notebook
// and no pointer refers to it. Every assignment is followed by a store to the package variable, so a panic or
// an abandoned cell leaves it as it was at that moment; loops that cannot panic store once, behind the loop.

// promote decides which of the cell's variables live in locals.
func (w *unitWriter) promote() map[*top]bool {
	if len(w.run.tops) == 0 {
		return nil
	}
	used := functionRefs(w.next)
	byObj := map[types.Object]*top{}
	for _, t := range w.run.tops {
		if t.v != nil && w.run.count[t.name] == 1 && simple(t.obj.Type()) && !used[t.name] && !w.old.exposed[w.next.symbol(t.name)] {
			byObj[t.obj] = t
		}
	}
	if len(byObj) == 0 {
		return nil
	}
	p := &promoter{ctx: w.ctx, info: w.run.info, candidates: byObj, looped: map[*top]bool{}}
	for _, s := range w.run.stmts {
		p.statement(s)
	}
	local := map[*top]bool{}
	for _, t := range p.candidates {
		local[t] = p.looped[t]
	}
	return local
}

// expose remembers which variables something other than the statements of cells may reach from now on: a closure,
// a pointer, a function. Such a one lives at package level also in a cell that declares it again.
func (w *unitWriter) expose() {
	info := w.run.info
	note := func(e ast.Node) {
		id, ok := e.(*ast.Ident)
		if !ok {
			return
		}
		if t := w.run.topOf(id); t != nil {
			if t.v != nil {
				w.next.exposed[w.name(t)] = true
			}
		} else if obj := info.Uses[id]; obj != nil && obj.Parent() == w.run.pkg.Scope() && w.next.Vars[id.Name] != nil {
			w.next.exposed[w.next.symbol(id.Name)] = true
		}
	}
	inspect(w.ctx, w.run.body, func(n ast.Node) bool {
		switch t := n.(type) {
		case *ast.FuncLit:
			inspect(w.ctx, t, func(n ast.Node) bool { note(n); return true })
		case *ast.UnaryExpr:
			if t.Op == token.AND {
				note(ast.Unparen(t.X))
			}
		case *ast.SelectorExpr:
			if sel := info.Selections[t]; sel != nil && sel.Kind() == types.MethodVal {
				note(ast.Unparen(t.X))
			}
		}
		return true
	})
	reached := map[string]bool{} // by functions of this cell; and variables of this cell, by any function
	for _, d := range w.decls {
		for _, r := range d.bodyRefs {
			reached[r] = true
		}
	}
	if len(w.run.tops) > 0 {
		refs := functionRefs(w.next)
		for _, t := range w.run.tops {
			reached[t.name] = reached[t.name] || refs[t.name]
		}
	}
	for name := range reached {
		if reached[name] && w.next.Vars[name] != nil {
			w.next.exposed[w.symbol(name)] = true
		}
	}
}

// simple types fit registers and have no part that could be addressed by itself.
func simple(t types.Type) bool {
	switch t.Underlying().(type) {
	case *types.Struct, *types.Array:
		return false
	}
	return true
}

// functionRefs are the names that live functions mention.
func functionRefs(s *State) map[string]bool {
	out := map[string]bool{}
	note := func(d *Decl) {
		for _, r := range d.bodyRefs {
			out[r] = true
		}
	}
	for _, d := range s.Decls {
		note(d)
	}
	for _, ms := range s.Methods {
		for _, m := range ms {
			note(m)
		}
	}
	return out
}

type promoter struct {
	ctx        context.Context
	info       *types.Info
	candidates map[types.Object]*top
	looped     map[*top]bool
}

func (p *promoter) top(e ast.Expr) *top {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok {
		return nil
	}
	obj := p.info.Uses[id]
	if obj == nil {
		obj = p.info.Defs[id]
	}
	return p.candidates[obj]
}

func (p *promoter) drop(e ast.Expr) {
	if t := p.top(e); t != nil {
		delete(p.candidates, t.obj)
	}
}

// statement looks for what forbids a local and for loops that would gain by one.
func (p *promoter) statement(s ast.Stmt) {
	inspect(p.ctx, s, func(n ast.Node) bool {
		switch t := n.(type) {
		case *ast.FuncLit:
			inspect(p.ctx, t, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok {
					p.drop(id)
				}
				return true
			})
		case *ast.UnaryExpr:
			if t.Op == token.AND {
				p.drop(t.X)
			}
		case *ast.SelectorExpr: // x.Method with a pointer receiver takes &x
			if sel := p.info.Selections[t]; sel != nil && sel.Kind() == types.MethodVal {
				if _, ptr := sel.Recv().Underlying().(*types.Pointer); !ptr {
					p.drop(t.X)
				}
			}
		case *ast.ForStmt:
			p.header(t.Init)
			p.header(t.Post)
			p.loop(t)
		case *ast.RangeStmt:
			if t.Tok == token.ASSIGN {
				p.drop(t.Key)
				if t.Value != nil {
					p.drop(t.Value)
				}
			}
			p.loop(t)
		case *ast.IfStmt:
			p.header(t.Init)
		case *ast.SwitchStmt:
			p.header(t.Init)
		case *ast.TypeSwitchStmt:
			p.header(t.Init)
		case *ast.CommClause:
			p.header(t.Comm)
		case *ast.BranchStmt:
			if t.Tok == token.GOTO {
				clear(p.candidates)
			}
		}
		return true
	})
}

// header drops what a statement assigns that stands where no other statement can follow.
func (p *promoter) header(s ast.Stmt) {
	switch t := s.(type) {
	case *ast.AssignStmt:
		for _, e := range t.Lhs {
			p.drop(e)
		}
	case *ast.IncDecStmt:
		p.drop(t.X)
	}
}

func (p *promoter) loop(n ast.Node) {
	inspect(p.ctx, n, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if t := p.top(id); t != nil {
				p.looped[t] = true
			}
		}
		return true
	})
}

// assigned lists the promoted variables that a single statement assigns.
func (w *unitWriter) assigned(s ast.Stmt) []*top {
	var out []*top
	add := func(e ast.Expr) {
		id, ok := ast.Unparen(e).(*ast.Ident)
		if !ok {
			return
		}
		if t := w.run.topOf(id); t != nil && w.local[t] && t.v != nil {
			out = append(out, t)
		}
	}
	switch t := s.(type) {
	case *ast.AssignStmt:
		for _, e := range t.Lhs {
			add(e)
		}
	case *ast.IncDecStmt:
		add(t.X)
	}
	return out
}

// stores makes the edits that follow assignments inside of a top-level statement with stores, or lists what
// one store behind the whole statement is enough for.
func (w *unitWriter) stores(s ast.Stmt) (edits []edit, behind []*top) {
	calm := harmless(s, w.run.info)
	seen := map[*top]bool{}
	inspect(w.ctx, s, func(n ast.Node) bool {
		stmt, ok := n.(ast.Stmt)
		if !ok {
			return true
		}
		for _, t := range w.assigned(stmt) {
			if stmt == s || calm {
				if !seen[t] {
					seen[t] = true
					behind = append(behind, t)
				}
				continue
			}
			if _, at, ok := w.run.at(stmt.End()); ok {
				edits = append(edits, edit{at, at, "; " + w.store(t)})
			}
		}
		return true
	})
	return edits, behind
}

func (w *unitWriter) store(t *top) string { return w.next.symbol(t.name) + " = " + t.localName() }

func (t *top) localName() string { return t.name + prime + "0" }

// harmless reports whether nothing in a statement can panic, block or leave it early.
func harmless(s ast.Stmt, info *types.Info) bool {
	ok := true
	ast.Inspect(s, func(n ast.Node) bool {
		switch t := n.(type) {
		case nil, *ast.Ident, *ast.BasicLit, *ast.ParenExpr, *ast.AssignStmt, *ast.IncDecStmt, *ast.ForStmt, *ast.IfStmt, *ast.BlockStmt,
			*ast.SwitchStmt, *ast.CaseClause, *ast.EmptyStmt:
			if a, isAssign := t.(*ast.AssignStmt); isAssign && (a.Tok == token.QUO_ASSIGN || a.Tok == token.REM_ASSIGN || a.Tok == token.SHL_ASSIGN || a.Tok == token.SHR_ASSIGN) {
				ok = ok && safeOperand(a.Rhs[0], a.Tok == token.SHL_ASSIGN || a.Tok == token.SHR_ASSIGN, info)
			}
			if sw, isSwitch := t.(*ast.SwitchStmt); isSwitch && sw.Tag != nil { // interfaces may hold what cannot be compared
				_, isBasic := info.TypeOf(sw.Tag).Underlying().(*types.Basic)
				ok = ok && isBasic
			}
			if f, isFor := t.(*ast.ForStmt); isFor && f.Cond == nil {
				ok = false // may never end: what it assigns must be seen meanwhile
			}
		case *ast.BranchStmt:
			ok = ok && t.Tok != token.GOTO
		case *ast.RangeStmt:
			basic, isBasic := info.TypeOf(t.X).Underlying().(*types.Basic)
			ok = ok && isBasic && basic.Info()&(types.IsInteger|types.IsString) != 0
		case *ast.UnaryExpr:
			ok = ok && t.Op != token.ARROW && t.Op != token.AND
		case *ast.BinaryExpr:
			switch t.Op {
			case token.QUO, token.REM:
				ok = ok && safeOperand(t.Y, false, info)
			case token.SHL, token.SHR:
				ok = ok && safeOperand(t.Y, true, info)
			case token.EQL, token.NEQ:
				_, isBasic := info.TypeOf(t.X).Underlying().(*types.Basic)
				ok = ok && isBasic
			}
		case *ast.CallExpr:
			tv := info.Types[t.Fun]
			_, toBasic := tv.Type.(*types.Basic)
			ok = ok && tv.IsType() && toBasic
		default:
			ok = false
		}
		return ok
	})
	return ok
}

// safeOperand reports whether a divisor is a constant other than zero (or a float), or a shift count that is
// not negative.
func safeOperand(e ast.Expr, shift bool, info *types.Info) bool {
	tv := info.Types[e]
	basic, ok := tv.Type.Underlying().(*types.Basic)
	if !ok {
		return false
	}
	if tv.Value != nil {
		return shift || constant.Sign(constant.ToFloat(tv.Value)) != 0
	}
	if shift {
		return basic.Info()&types.IsUnsigned != 0
	}
	return basic.Info()&(types.IsFloat|types.IsComplex) != 0
}
