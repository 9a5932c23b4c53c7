package compile

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// findFirst remembers which statement declares a variable first.
func (p *bookPlan) findFirst() {
	for i, c := range p.b.cells {
		if c.checked == nil {
			continue
		}
		for _, s := range c.checked.run.stmts {
			for _, t := range c.checked.run.topsOf(s) {
				if _, known := p.first[c.tops[t]]; !known {
					p.first[c.tops[t]] = firstDecl{i, s}
				}
			}
		}
	}
}

// hoisted reports whether a statement is a declaration at package level: one that needs nothing to have run, above
// which no statement of its cell calls a function that may see the variable.
func (p *bookPlan) hoisted(c *bookCell, s ast.Stmt) bool {
	if p.hoists[c] == nil {
		p.hoists[c] = map[ast.Stmt]bool{}
		first := len(c.checked.inits()) == 0
		whole := c.call && p.b.isFirst(c)
		for _, s := range c.checked.run.stmts {
			can, values := p.hoistable(c, s, whole)
			p.hoists[c][s] = can && (first || !values)
			first = first && can
		}
	}
	return p.hoists[c][s]
}

// hoistable reports whether a statement declares nothing but variables at package level, which are new and have plain
// values, if any; a whole program has them at package level whatever their values are.
func (p *bookPlan) hoistable(c *bookCell, s ast.Stmt, whole bool) (can, withValues bool) {
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
		if e := c.tops[t]; !e.global || p.first[e].stmt != s {
			return false, false
		}
	}
	if whole {
		return true, len(values) > 0
	}
	plainly := !slices.ContainsFunc(values, func(e ast.Expr) bool { return !plain(c.checked.run.info, e) })
	return plainly, len(values) > 0
}

// isFirst reports whether no statement stands in a cell above.
func (b *Book) isFirst(c *bookCell) bool {
	for _, other := range b.cells {
		if other == c {
			return true
		}
		if other.checked != nil && (len(other.checked.run.stmts) > 0 || other.call) {
			return false
		}
	}
	return true
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
