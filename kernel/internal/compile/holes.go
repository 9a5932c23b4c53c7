package compile

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"interleave/kernel/internal/revision"
)

// holes finds the references that nodes below root make in a span of a cell.
func (v *view) holes(root ast.Node, id string, start, end int) []hole {
	var out []hole
	embedded := map[*ast.Ident]bool{}
	selected := map[*ast.Ident]bool{}
	inspect(v.ctx, root, func(n ast.Node) bool {
		switch t := n.(type) {
		case *ast.SelectorExpr:
			selected[t.Sel] = true
		case *ast.StructType:
			for _, f := range t.Fields.List {
				if len(f.Names) == 0 {
					embedded[embeddedIdent(f.Type)] = true
				}
			}
		case *ast.Ident:
			text, at, ok := v.at(t.Pos())
			if !ok || text.ID != id || at < start || at >= end {
				return true
			}
			if r, ok := v.object(t, selected[t]); ok {
				if r.kind == refName && r.name == "Display" && v.isPreloaded(t) {
					r = ref{kind: refDisplay}
				}
				out = append(out, hole{at, at + len(t.Name), r, r.kind == refName && embedded[t], v.info.Defs[t] != nil})
			}
		}
		return true
	})
	slices.SortFunc(out, func(a, b hole) int { return a.start - b.start })
	return out
}

func embeddedIdent(e ast.Expr) *ast.Ident {
	switch t := e.(type) {
	case *ast.StarExpr:
		return embeddedIdent(t.X)
	case *ast.IndexExpr:
		return embeddedIdent(t.X)
	case *ast.IndexListExpr:
		return embeddedIdent(t.X)
	case *ast.Ident:
		return t
	}
	return nil
}

// isPreloaded reports whether an identifier means the Display that preloaded wrote.
func (v *view) isPreloaded(id *ast.Ident) bool {
	obj := v.info.Uses[id]
	if obj == nil {
		return false
	}
	_, _, user := v.at(obj.Pos())
	_, isVar := obj.(*types.Var)
	if !isVar || user {
		return false
	}
	sig, ok := obj.Type().(*types.Signature)
	return ok && strings.Contains(sig.String(), DisplayPath) || ok && sig.Params().Len() == 1 && sig.Results().Len() == 1
}

// fixes makes uses of local variables that nothing uses: notebooks declare more than they use.
func (v *view) fixes(id string, start, end int) []edit {
	var out []edit
	taken := map[int]bool{}
	for _, e := range v.errs {
		look(v.ctx)
		name, unused := e.unused()
		if !unused || e.text == nil || e.text.ID != id || e.offset < start || e.offset >= end {
			continue
		}
		if pos, ok := v.afterDeclaration(e.pos); ok {
			if _, at, ok := v.at(pos); ok {
				with := "; _ = " + name + "; "
				if v.empty[pos] && !taken[at] {
					with = "default: _ = " + name + "; "
				}
				taken[at] = true
				out = append(out, edit{at, at, with})
			}
		}
	}
	return out
}

// afterDeclaration finds where a statement can follow the declaration of a variable that nothing uses: behind its
// statement, or at the start of the body of the if, for or switch that declares it (of its first case).
func (v *view) afterDeclaration(pos token.Pos) (token.Pos, bool) {
	if v.behind == nil {
		v.findBehind()
	}
	at, ok := v.behind[pos]
	return at, ok
}

// findBehind answers afterDeclaration for all variables that nothing uses, in one walk.
func (v *view) findBehind() {
	v.behind, v.empty = map[token.Pos]token.Pos{}, map[token.Pos]bool{}
	var unused []token.Pos
	for _, e := range v.errs {
		if _, ok := e.unused(); ok {
			unused = append(unused, e.pos)
		}
	}
	slices.Sort(unused)
	within := func(from, to, at token.Pos) {
		i, _ := slices.BinarySearch(unused, from)
		for ; i < len(unused) && unused[i] < to; i++ {
			v.behind[unused[i]] = at // an inner statement is visited later
		}
	}
	inList := func(list []ast.Stmt) {
		for _, s := range list {
			if l, ok := s.(*ast.LabeledStmt); ok {
				s = l.Stmt
			}
			switch s.(type) {
			case *ast.AssignStmt, *ast.DeclStmt:
				within(s.Pos(), s.End(), s.End())
			}
		}
	}
	header := func(at token.Pos, parts ...ast.Stmt) {
		for _, p := range parts {
			if p != nil {
				within(p.Pos(), p.End(), at)
			}
		}
	}
	inSwitch := func(body *ast.BlockStmt, parts ...ast.Stmt) {
		at := body.Lbrace + 1
		if len(body.List) > 0 {
			at = body.List[0].(*ast.CaseClause).Colon + 1
		} else {
			v.empty[at] = true
		}
		header(at, parts...)
	}
	inspect(v.ctx, v.file, func(n ast.Node) bool {
		switch t := n.(type) {
		case *ast.IfStmt:
			header(t.Body.Lbrace+1, t.Init)
		case *ast.ForStmt:
			header(t.Body.Lbrace+1, t.Init)
		case *ast.SwitchStmt:
			inSwitch(t.Body, t.Init)
		case *ast.TypeSwitchStmt:
			inSwitch(t.Body, t.Init, t.Assign)
		case *ast.RangeStmt:
			if t.Tok == token.DEFINE {
				within(t.Pos(), t.X.Pos(), t.Body.Lbrace+1)
			}
		case *ast.BlockStmt:
			inList(t.List)
		case *ast.CaseClause:
			inList(t.Body)
		case *ast.CommClause:
			if a, ok := t.Comm.(*ast.AssignStmt); ok {
				within(a.Pos(), a.End(), t.Colon+1)
			}
			inList(t.Body)
		}
		return true
	})
}

// object reports the reference an identifier makes to something outside of its declaration.
func (v *view) object(id *ast.Ident, selected bool) (ref, bool) {
	obj := v.info.Uses[id]
	if obj == nil {
		obj = v.info.Defs[id]
	}
	switch o := obj.(type) {
	case nil:
		return ref{}, false
	case *types.PkgName:
		return ref{refImport, revision.Plain(o.Imported().Path())}, true
	}
	if _, isType := obj.(*types.TypeName); isType && obj.Parent() == types.Universe {
		return ref{refUniverse, obj.Name()}, true
	}
	if obj.Pkg() == nil || selected {
		return ref{}, false
	}
	if obj.Pkg() != v.pkg {
		if obj.Parent() == obj.Pkg().Scope() {
			return ref{refDot, revision.Plain(obj.Pkg().Path())}, true
		}
		return ref{}, false
	}
	if obj.Parent() == v.pkg.Scope() {
		return ref{refName, obj.Name()}, true
	}
	return ref{}, false
}
