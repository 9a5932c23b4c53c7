package compile

import (
	"context"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"interleave/kernel/internal/cell"
)

// Names of what the views add to the user's text.
const (
	runName  = "Run" + prime
	showName = "show" + prime
)

// typed is a cell whose statements have been checked, so the types of its variables are known and stand in the state.
type typed struct {
	*declared
	run *runView
}

// checkStatements checks the cell with its variables as locals of its function.
func (j *declared) checkStatements() (*typed, error) {
	v, err := j.attempt(func() *source { return j.statementView(j.early, nil) })
	if err != nil {
		return nil, err
	}
	t := &typed{j, newRunView(v, j.syn)}
	t.earlyUses()
	t.report(v, func(e viewError) bool {
		if _, unused := e.unused(); unused {
			_, mended := v.afterDeclaration(e.pos) // top-level variables are for later cells; others see fixes
			return mended || t.run.isTop(e.pos)
		}
		if d := t.waiting(e.offset); d != nil && e.text == t.syn.Text && e.offset < d.body && !t.program {
			if _, waits := t.needs(v, e, d); waits {
				return true // checkBodies decides
			}
		}
		return t.run.shown != nil && e.pos == t.run.shown.Pos() && v.info.Types[t.run.shown].IsVoid()
	})
	t.declareVariables()
	return t, nil
}

// statementView writes the cell's function, what it needs of the state, and its own declarations, bodies of functions
// left out. Variables in early stand beside the declarations; those that rest on others of the cell's variables are
// left out.
func (j *declared) statementView(early map[string]*Var, rests map[*Decl][]string) *source {
	names := &aliases{}
	n := j.natural(names)
	body := &source{}
	j.preloaded(body, n)
	live := slices.DeleteFunc(j.next.closure(j.idents, false), func(n string) bool { return early[n] != nil })
	n.declarations(body, j.next, live, signaturesOnly)
	for _, m := range j.strayMethods(live) {
		n.decl(body, m, endless)
	}
	for _, d := range j.decls {
		if rests[d] == nil && !j.leavesOut(d) {
			ownDecl(body, d, true)
		}
	}
	hidden := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(early)) {
		n.variable(body, name, early[name])
		hidden[name] = true
	}
	body.gen("\nfunc ", showName, "(...interface{}) {}\nfunc ", runName, "() {\n")
	writeStatements(j.ctx, j.syn, body)
	body.gen("\n}\n")
	return body.with("package notebook\n" + names.clauses() + j.naturalImports(hidden))
}

// strayMethods are methods of earlier cells whose type is declared by this one.
func (j *declared) strayMethods(names []string) []*Decl {
	var out []*Decl
	for _, d := range j.decls {
		if d.Kind == TypeKind && !slices.Contains(names, d.Names[0]) {
			out = append(out, j.next.ready(d.Names[0])...)
		}
	}
	return out
}

// writeStatements copies the cell's statements into the function of the view. A variable declared again opens a
// block, so that it is a new one; the last expression goes through show.
func writeStatements(ctx context.Context, s *cell.Syntax, src *source) {
	declared := map[string]bool{}
	blocks := 0
	for i, stmt := range s.Stmts {
		look(ctx)
		if gen := genDecl(stmt); gen != nil && gen.Tok != token.VAR {
			continue
		}
		if names, define := defined(stmt); len(names) > 0 {
			fresh := slices.ContainsFunc(names, func(n string) bool { return !declared[n] && n != "_" })
			again := slices.ContainsFunc(names, func(n string) bool { return declared[n] })
			if again && (!define || !fresh) {
				src.gen("\n{")
				blocks++
				clear(declared)
			}
			for _, n := range names {
				declared[n] = true
			}
		}
		src.gen("\n")
		from, to := s.Offset(stmt.Pos()), s.Offset(stmt.End())
		if es, ok := labelled(stmt).(*ast.ExprStmt); ok && i == len(s.Stmts)-1 {
			src.copy(s.Text, from, s.Offset(es.Pos())) // labels
			from = s.Offset(es.Pos())
			src.gen("\n", showName, "(")
			src.copy(s.Text, from, s.Offset(es.X.End()))
			src.gen(")")
			continue
		}
		src.copy(s.Text, from, to)
	}
	src.gen(strings.Repeat("\n}", blocks))
}

// declareVariables writes the types of the cell's variables down and puts them into the state. Of several
// declarations of one name the last one stays.
func (j *typed) declareVariables() {
	for _, t := range j.run.tops {
		look(j.ctx)
		var parts []part
		why := notKnown
		if typ := t.obj.Type(); typ != types.Typ[types.Invalid] && typ != nil {
			parts, why = typeParts(typ, j.run.pkg)
		}
		if why == notKnown && !usesC(j.syn) {
			continue
		}
		if why == notKnown {
			t.fromC = true
			parts, why = []part{{text: unknownType}}, ""
		}
		t.why = why
		if why == "" {
			t.v = &Var{Name: t.name, Text: j.syn.Text, Offset: t.offset, typ: parts, shown: shownType(t.obj.Type(), j.run.pkg)}
		}
		delete(j.next.Decls, t.name)
		delete(j.next.Methods, t.name)
		delete(j.next.Imports, t.name)
		delete(j.next.Lost, t.name)
		delete(j.next.Vars, t.name)
		if t.v != nil {
			j.next.Vars[t.name] = t.v
		} else {
			j.next.Lost[t.name] = t.why
		}
		j.own[t.name] = true
	}
	clear(j.next.hashes)
}

// shownType is a type as the user would write it.
func shownType(t types.Type, own *types.Package) string {
	return types.TypeString(t, func(p *types.Package) string {
		if p == own {
			return ""
		}
		return p.Name()
	})
}
