package compile

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
)

// Names of what the views add to the user's text.
const (
	runName  = "Run" + prime
	showName = "show" + prime
)

// top is a variable declared at the top level of the cell's statements.
type top struct {
	obj    *types.Var
	name   string
	offset int
	v      *Var // nil when its type cannot be written outside of its package
	why    string
	fromC  bool // its type is one that only cgo knows; v is there so that others may refer to it
	local  bool // lives in a local of the cell's function while it runs; see promote.go
}

// checkStatements checks the cell with its variables as locals of its function.
func (j *job) checkStatements() error {
	v, err := j.attempt(j.statementView)
	if err != nil {
		return err
	}
	j.run = v
	j.findTops()
	j.earlyUses()
	show := j.shown()
	j.report(v, func(e viewError) bool {
		if _, unused := e.unused(); unused {
			_, mended := v.afterDeclaration(e.pos) // top-level variables are for later cells; others see fixes
			return mended || j.isTop(e.pos)
		}
		if d := j.waiting(e.offset); d != nil && e.text == j.syn.Text && e.offset < d.body && !j.program {
			if _, waits := j.needs(v, e, d); waits {
				return true // checkBodies decides
			}
		}
		return show != nil && e.pos == show.Pos() && v.info.Types[show].IsVoid()
	})
	return nil
}

func (j *job) isTop(pos token.Pos) bool {
	return j.topAt[pos]
}

// statementView writes the cell's function, what it needs of the state, and its own declarations, bodies of
// functions left out.
func (j *job) statementView() *source {
	names := &aliases{}
	n := j.natural(names)
	body := &source{}
	j.preloaded(body, n)
	live := slices.DeleteFunc(j.next.closure(j.idents, false), func(n string) bool { return j.early[n] != nil })
	n.declarations(body, j.next, live, signaturesOnly)
	for _, m := range j.strayMethods(live) {
		n.decl(body, m, endless)
	}
	for _, d := range j.decls {
		if j.rests[d] == nil && !j.leavesOut(d) {
			ownDecl(body, d, true)
		}
	}
	hidden := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(j.early)) {
		n.variable(body, name, j.early[name])
		hidden[name] = true
	}
	body.gen("\nfunc ", showName, "(...interface{}) {}\nfunc ", runName, "() {\n")
	j.statements(body)
	body.gen("\n}\n")
	return body.with("package notebook\n" + names.clauses() + j.naturalImports(hidden))
}

// strayMethods are methods of earlier cells whose type is declared by this one.
func (j *job) strayMethods(names []string) []*Decl {
	var out []*Decl
	for _, d := range j.decls {
		if d.Kind == TypeKind && !slices.Contains(names, d.Names[0]) {
			out = append(out, j.next.ready(d.Names[0])...)
		}
	}
	return out
}

// statements copies the cell's statements into the function of the view. A variable declared again opens a
// block, so that it is a new one; the last expression goes through show.
func (j *job) statements(src *source) {
	s := j.syn
	declared := map[string]bool{}
	blocks := 0
	for i, stmt := range s.Stmts {
		look(j.ctx)
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

// defined lists the names a statement declares at the level it stands; define is true for :=.
func defined(stmt ast.Stmt) (names []string, define bool) {
	switch t := stmt.(type) {
	case *ast.LabeledStmt:
		return defined(t.Stmt)
	case *ast.AssignStmt:
		if t.Tok == token.DEFINE {
			for _, e := range t.Lhs {
				if id, ok := e.(*ast.Ident); ok {
					names = append(names, id.Name)
				}
			}
		}
		return names, true
	case *ast.DeclStmt:
		if gen := t.Decl.(*ast.GenDecl); gen.Tok == token.VAR {
			for _, spec := range gen.Specs {
				for _, id := range spec.(*ast.ValueSpec).Names {
					names = append(names, id.Name)
				}
			}
		}
	}
	return names, false
}

// runBody is the body of the cell's function in the view.
func (j *job) runBody() *ast.BlockStmt {
	for _, d := range j.run.file.Decls {
		if fd, ok := d.(*ast.FuncDecl); ok && fd.Name.Name == runName {
			return fd.Body
		}
	}
	return nil
}

// topStmts lists the top-level statements of the cell, in the blocks that statements opened as well.
func (j *job) topStmts() []ast.Stmt {
	if j.stmtsOf != j.run {
		j.stmts, j.stmtsOf = j.findTopStmts(), j.run
	}
	return j.stmts
}

func (j *job) findTopStmts() []ast.Stmt {
	var out []ast.Stmt
	list := j.runBody().List
	for len(list) > 0 {
		last := list[len(list)-1]
		b, ok := last.(*ast.BlockStmt)
		if _, _, user := j.run.at(last.Pos()); !ok || user && j.userBrace(b) {
			return append(out, list...)
		}
		out = append(out, list[:len(list)-1]...)
		list = b.List
	}
	return out
}

// userBrace reports whether a block's opening brace is the user's own.
func (j *job) userBrace(b *ast.BlockStmt) bool {
	t, at, ok := j.run.at(b.Lbrace)
	return ok && at < len(t.Source) && t.Source[at] == '{'
}

// shown is the last expression of the cell, nil when there is none.
func (j *job) shown() ast.Expr {
	stmts := j.topStmts()
	if len(stmts) == 0 {
		return nil
	}
	es, ok := labelled(stmts[len(stmts)-1]).(*ast.ExprStmt)
	if !ok {
		return nil
	}
	call, ok := es.X.(*ast.CallExpr)
	if !ok || len(call.Args) != 1 {
		return nil
	}
	if id, ok := call.Fun.(*ast.Ident); !ok || id.Name != showName {
		return nil
	}
	return call.Args[0]
}

// findTops collects the variables that the cell's statements declare at top level.
func (j *job) findTops() {
	j.byObj, j.topAt = map[types.Object]*top{}, map[token.Pos]bool{}
	for _, stmt := range j.topStmts() {
		inspect(j.ctx, declaring(stmt), func(n ast.Node) bool {
			switch t := n.(type) {
			case *ast.Ident:
				obj, ok := j.run.info.Defs[t].(*types.Var)
				if ok && t.Name != "_" {
					_, at, _ := j.run.at(t.Pos())
					v := &top{obj: obj, name: t.Name, offset: at}
					j.tops = append(j.tops, v)
					j.byObj[obj], j.topAt[obj.Pos()] = v, true
				}
				return false
			case ast.Expr:
				return false
			}
			return true
		})
	}
}

// declaring is the part of a statement whose identifiers it declares.
func declaring(stmt ast.Stmt) ast.Node {
	ids := &ast.FieldList{}
	switch t := stmt.(type) {
	case *ast.LabeledStmt:
		return declaring(t.Stmt)
	case *ast.AssignStmt:
		if t.Tok == token.DEFINE {
			for _, e := range t.Lhs {
				if id, ok := e.(*ast.Ident); ok {
					ids.List = append(ids.List, &ast.Field{Names: []*ast.Ident{id}})
				}
			}
		}
	case *ast.DeclStmt:
		if gen := t.Decl.(*ast.GenDecl); gen.Tok == token.VAR {
			for _, spec := range gen.Specs {
				ids.List = append(ids.List, &ast.Field{Names: spec.(*ast.ValueSpec).Names})
			}
		}
	}
	return ids
}

// declareVariables writes the types of the cell's variables down and puts them into the state. Of several
// declarations of one name the last one stays.
func (j *job) declareVariables() {
	for _, t := range j.tops {
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
			t.v = &Var{Name: t.name, Text: j.syn.Text, Offset: t.offset, typ: parts, shown: j.shownType(t.obj.Type())}
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
func (j *job) shownType(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string {
		if p == j.run.pkg {
			return ""
		}
		return p.Name()
	})
}
