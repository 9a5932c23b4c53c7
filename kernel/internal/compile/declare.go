package compile

import (
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strings"

	"interleave/kernel/internal/cell"
)

// declared is a cell whose imports and declarations have replaced in the next state what they replace. The declarations
// themselves enter it when they are checked.
type declared struct {
	*job
	next     *State            // the state after the cell, as far as it is known
	imported map[string]bool   // names of the cell's imports
	dotted   bool              // it has a dot import
	blanks   []string          // paths that it imports for their effects
	added    map[string]string // undefined qualifiers that have been looked for, and the packages found
	cannot   map[string]string // qualifiers, and why the package that they mean cannot be had
	decls    []*Decl           // the cell's own, in order
	own      map[string]bool   // names that mean something else from this cell on
	idents   []string          // every identifier of the cell
	replaced map[string]bool   // names that name a package of which there is a new revision
	early    map[string]*Var   // variables of the cell that its declarations rest on
	settled
}

// declare puts the imports of a cell in force and lists its declarations.
func (j *job) declare() (*declared, error) {
	d := &declared{job: j, next: j.old.Clone(), imported: map[string]bool{}, added: map[string]string{},
		cannot: map[string]string{}, own: map[string]bool{}}
	maps.Copy(d.next.revisions, j.revised)
	d.replaced = namersOf(d.next, j.revised)
	d.takeRevisions()
	d.imports()
	d.collect()
	if len(j.diags) > 0 {
		return nil, nil
	}
	d.settled = d.settle()
	var err error
	d.early, err = d.ahead()
	return d, err
}

// imports puts the cell's imports in force.
func (j *declared) imports() {
	for _, im := range j.syn.Imports {
		p := j.c.Canonical(im.Path)
		if p == cgoPath {
			j.importC(im)
			continue
		}
		name, err := j.c.importName(p)
		if err != nil {
			j.fault(im.Offset, "could not import %s (%v)", im.Path, err)
			continue
		}
		switch im.Name {
		case "_":
			j.blanks = append(j.blanks, p)
			continue
		case ".":
			j.dotted = true
			j.next.Dots = append(slices.DeleteFunc(slices.Clone(j.next.Dots), func(d string) bool { return d == p }), p)
			continue
		case "":
		default:
			name = im.Name
		}
		if j.next.Vars[name] != nil || j.next.Decls[name] != nil {
			j.own[name] = true
		}
		j.next.Forget(name)
		delete(j.next.Lost, name)
		j.next.Imports[name] = p
		j.imported[name] = true
		delete(j.next.Added, name)
	}
}

// collect lists the cell's declarations and takes what they replace out of the state.
func (j *declared) collect() {
	if !j.program {
		j.refuseEmbeds()
	}
	seen := map[string]int{}
	add := func(d *Decl, at int, key string) {
		if first, dup := seen[key]; dup && key != "init" && key != "_" {
			line, _ := j.syn.Text.Position(first)
			j.fault(at, "%s is declared twice in this cell (first on line %d)", key, line)
			return
		}
		seen[key] = at
		j.decls = append(j.decls, d)
	}
	for _, f := range j.syn.Funcs {
		if f.Decl.Body != nil { // one without is kept as documentation, as gophernotes does
			d := newFunc(j.syn, f)
			add(d, d.name, d.title())
		}
	}
	for _, stmt := range j.syn.Stmts {
		switch gen := genDecl(stmt); {
		case gen == nil:
		case gen.Tok == token.TYPE:
			for _, spec := range gen.Specs {
				d := newType(j.syn, spec.(*ast.TypeSpec))
				add(d, d.Start, d.Names[0])
			}
		case gen.Tok == token.CONST:
			d := newConsts(j.syn, gen)
			add(d, d.Start, strings.Join(d.Names, ","))
		}
	}
	for _, d := range j.decls {
		look(j.ctx)
		j.replace(d)
	}
	idents := map[string]bool{}
	cell.Identifiers(j.syn.Code, func(name string) { idents[name] = true })
	j.idents = slices.Sorted(maps.Keys(idents))
}

// newFunc is the declaration of a function or a method.
func newFunc(syn *cell.Syntax, f cell.Func) *Decl {
	d := &Decl{Kind: FuncKind, Names: []string{f.Decl.Name.Name}, Text: syn.Text, Start: f.Start, End: f.End,
		body: syn.Offset(f.Decl.Body.Pos()), name: syn.Offset(f.Decl.Name.Pos())}
	if f.Decl.Recv != nil {
		d.Kind, d.Recv = MethodKind, receiver(f.Decl.Recv)
	}
	return d
}

// newType is the declaration of a type.
func newType(syn *cell.Syntax, spec *ast.TypeSpec) *Decl {
	d := &Decl{Kind: TypeKind, Names: []string{spec.Name.Name}, Text: syn.Text,
		Start: syn.Offset(spec.Pos()), End: syn.Offset(spec.End())}
	if spec.TypeParams == nil {
		return d
	}
	d.params = [2]int{syn.Offset(spec.TypeParams.Pos()), syn.Offset(spec.TypeParams.End())}
	for _, f := range spec.TypeParams.List {
		for _, id := range f.Names {
			d.paramNames = append(d.paramNames, id.Name)
		}
	}
	return d
}

// newConsts is the declaration of a group of constants.
func newConsts(syn *cell.Syntax, gen *ast.GenDecl) *Decl {
	d := &Decl{Kind: ConstKind, Text: syn.Text, Start: syn.Offset(gen.Pos()), End: syn.Offset(gen.End())}
	for _, spec := range gen.Specs {
		for _, id := range spec.(*ast.ValueSpec).Names {
			d.Names = append(d.Names, id.Name)
		}
	}
	return d
}

// replace removes from the state what a declaration takes the place of.
func (j *declared) replace(d *Decl) {
	if d.Kind == MethodKind {
		j.own[d.Recv] = true
		is := func(m *Decl) bool { return m.Names[0] == d.Names[0] }
		if slices.ContainsFunc(j.next.Methods[d.Recv], is) {
			j.next.Methods[d.Recv] = slices.DeleteFunc(slices.Clone(j.next.Methods[d.Recv]), is)
		}
		return
	}
	for _, n := range d.Names {
		j.own[n] = true
		delete(j.next.Vars, n)
		delete(j.next.Decls, n)
		delete(j.next.Imports, n)
		delete(j.next.Lost, n)
		if d.Kind != TypeKind {
			delete(j.next.Methods, n)
		}
	}
}

func receiver(list *ast.FieldList) string {
	if len(list.List) == 0 {
		return ""
	}
	for e := list.List[0].Type; ; {
		switch t := e.(type) {
		case *ast.StarExpr:
			e = t.X
		case *ast.ParenExpr:
			e = t.X
		case *ast.IndexExpr:
			e = t.X
		case *ast.IndexListExpr:
			e = t.X
		case *ast.Ident:
			return t.Name
		default:
			return ""
		}
	}
}

func genDecl(stmt ast.Stmt) *ast.GenDecl {
	if d, ok := stmt.(*ast.DeclStmt); ok {
		return d.Decl.(*ast.GenDecl)
	}
	return nil
}
