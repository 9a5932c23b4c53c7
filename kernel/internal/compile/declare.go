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
	d := &declared{job: j, next: j.old.Clone(), imported: map[string]bool{}, added: map[string]string{}, cannot: map[string]string{}, own: map[string]bool{}}
	maps.Copy(d.next.revisions, j.revised)
	d.replaced = d.next.namersOf(j.revised)
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
	s := j.syn
	if !j.program {
		j.refuseEmbeds()
	}
	seen := map[string]int{}
	declare := func(d *Decl, at int, key string) {
		if first, dup := seen[key]; dup && key != "init" && key != "_" {
			line, _ := s.Text.Position(first)
			j.fault(at, "%s is declared twice in this cell (first on line %d)", key, line)
			return
		}
		seen[key] = at
		j.decls = append(j.decls, d)
	}
	for _, f := range s.Funcs {
		d := f.Decl
		if d.Body == nil {
			continue // kept as documentation, as gophernotes does
		}
		n := &Decl{Kind: FuncKind, Names: []string{d.Name.Name}, Text: s.Text, Start: f.Start, End: f.End,
			body: s.Offset(d.Body.Pos()), name: s.Offset(d.Name.Pos())}
		key := d.Name.Name
		if d.Recv != nil {
			n.Kind, n.Recv = MethodKind, receiver(d.Recv)
			key = n.Recv + "." + key
		}
		declare(n, s.Offset(d.Name.Pos()), key)
	}
	for _, stmt := range s.Stmts {
		gen := genDecl(stmt)
		switch {
		case gen == nil:
		case gen.Tok == token.TYPE:
			for _, spec := range gen.Specs {
				ts := spec.(*ast.TypeSpec)
				d := &Decl{Kind: TypeKind, Names: []string{ts.Name.Name}, Text: s.Text, Start: s.Offset(ts.Pos()), End: s.Offset(ts.End())}
				if ts.TypeParams != nil {
					d.params = [2]int{s.Offset(ts.TypeParams.Pos()), s.Offset(ts.TypeParams.End())}
					for _, f := range ts.TypeParams.List {
						for _, id := range f.Names {
							d.paramNames = append(d.paramNames, id.Name)
						}
					}
				}
				declare(d, d.Start, ts.Name.Name)
			}
		case gen.Tok == token.CONST:
			d := &Decl{Kind: ConstKind, Text: s.Text, Start: s.Offset(gen.Pos()), End: s.Offset(gen.End())}
			for _, spec := range gen.Specs {
				for _, id := range spec.(*ast.ValueSpec).Names {
					d.Names = append(d.Names, id.Name)
				}
			}
			declare(d, d.Start, strings.Join(d.Names, ","))
		}
	}
	for _, d := range j.decls {
		look(j.ctx)
		j.replace(d)
	}
	idents := map[string]bool{}
	cell.Identifiers(s.Code, func(name string) { idents[name] = true })
	j.idents = slices.Sorted(maps.Keys(idents))
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
