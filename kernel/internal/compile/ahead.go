package compile

import (
	"go/ast"
	"go/token"
	"maps"
	"slices"

	"interleave/kernel/internal/cell"
)

// Declarations of a cell stand at package level, where its statements' variables are not seen while the statements
// are checked. A constant, a type or a signature may rest on the type of one all the same:
//
//	arr := [3]int{}
//	const n = len(arr)
//
// Such a variable is declared beside them, under the type that a check without them has found.

// ahead finds the types of variables of this cell that its declarations rest on. Those may depend on each other
// through further declarations, so it takes as many checks as there are steps. What is found of none is faulted later,
// in the words of the checker.
func (j *declared) ahead() (map[string]*Var, error) {
	tops := map[string]bool{}
	for _, s := range j.syn.Stmts {
		names, _ := defined(s)
		for _, n := range names {
			tops[n] = true
		}
	}
	early, rests := map[string]*Var{}, j.restingOn(tops)
	for len(rests) > 0 {
		v, err := j.attempt(func() *source { return j.statementView(early, rests) })
		if err != nil {
			return nil, err
		}
		found := map[string]*Var{}
		for _, t := range newRunView(v, j.syn).tops {
			if parts, why := typeParts(t.obj.Type(), v.pkg); why == "" && restedOn(rests, t.name) {
				found[t.name] = &Var{Name: t.name, Text: j.syn.Text, Offset: t.offset, typ: parts}
			}
		}
		before := len(rests)
		maps.Copy(early, found)
		maps.DeleteFunc(rests, func(_ *Decl, on []string) bool {
			return !slices.ContainsFunc(on, func(n string) bool { return early[n] == nil && tops[n] })
		})
		if len(rests) == before {
			break
		}
	}
	return early, nil
}

func restedOn(rests map[*Decl][]string, name string) bool {
	for _, on := range rests {
		if slices.Contains(on, name) {
			return true
		}
	}
	return false
}

// restingOn lists the cell's declarations that name one of its variables outside of a function's body, each with those
// variables, also when it does so through other declarations.
func (j *declared) restingOn(tops map[string]bool) map[*Decl][]string {
	direct := map[*Decl]map[string]bool{}
	for d, nodes := range signatures(j.syn, j.decls) {
		names := map[string]bool{}
		for _, n := range nodes {
			mentions(n, func(name string) { names[name] = true })
		}
		direct[d] = names
	}
	named := map[string][]*Decl{}
	for d := range direct {
		if d.Kind != MethodKind {
			for _, name := range d.Names {
				named[name] = append(named[name], d)
			}
		}
	}
	out := map[*Decl][]string{}
	for d := range direct {
		look(j.ctx)
		seen := map[*Decl]bool{}
		on := map[string]bool{}
		var visit func(d *Decl)
		visit = func(d *Decl) {
			if seen[d] {
				return
			}
			seen[d] = true
			for name := range direct[d] {
				if tops[name] {
					on[name] = true
				}
				for _, other := range named[name] {
					visit(other)
				}
			}
		}
		visit(d)
		if len(on) > 0 {
			out[d] = slices.Sorted(maps.Keys(on))
		}
	}
	return out
}

// signatures are the parts of a cell's declarations that a check without bodies sees.
func signatures(syn *cell.Syntax, decls []*Decl) map[*Decl][]ast.Node {
	at := map[int]*Decl{}
	for _, d := range decls {
		at[d.Start] = d
	}
	out := map[*Decl][]ast.Node{}
	for _, f := range syn.Funcs {
		if d := at[f.Start]; d != nil {
			out[d] = append(out[d], f.Decl.Type)
			if f.Decl.Recv != nil {
				out[d] = append(out[d], f.Decl.Recv)
			}
		}
	}
	for _, stmt := range syn.Stmts {
		gen := genDecl(stmt)
		switch {
		case gen == nil:
		case gen.Tok == token.CONST:
			if d := at[syn.Offset(gen.Pos())]; d != nil {
				out[d] = append(out[d], gen)
			}
		case gen.Tok == token.TYPE:
			for _, spec := range gen.Specs {
				if d := at[syn.Offset(spec.Pos())]; d != nil {
					out[d] = append(out[d], spec)
				}
			}
		}
	}
	return out
}

// mentions calls f for each identifier below a node that may refer to something outside of it.
func mentions(n ast.Node, f func(name string)) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch t := n.(type) {
		case *ast.SelectorExpr:
			mentions(t.X, f)
			return false
		case *ast.Field: // its names are its own
			if t.Type != nil {
				mentions(t.Type, f)
			}
			return false
		case *ast.Ident:
			f(t.Name)
		}
		return true
	})
}

// earlyUses faults statements that read such a variable before the cell declares it: they see a generated one.
func (j *typed) earlyUses() {
	for _, s := range j.run.stmts {
		inspect(j.ctx, s, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok || j.early[id.Name] == nil {
				return true
			}
			obj := j.run.info.Uses[id]
			if obj == nil || obj.Parent() != j.run.pkg.Scope() {
				return true
			}
			if _, at, ok := j.run.at(id.Pos()); ok {
				j.fault(at, "undefined: %s (it is declared further down, and a declaration of the cell rests on it)", id.Name)
			}
			return true
		})
	}
}
