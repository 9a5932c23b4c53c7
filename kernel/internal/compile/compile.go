package compile

import (
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/revision"
)

// Unit is what the compiler is given for a cell, and what holds once it has run.
type Unit struct {
	State   *State   // the notebook's state after the cell
	Source  []byte   // the file of package nb; nil when the cell has nothing to run
	Imports []string // import paths the file names
	Entry   string   // the function to call; its name is a digest of the source
	Notes   []string // what the reader should know: variables dropped, functions that no longer compile
}

// job is one cell on its way through the compiler.
type job struct {
	ctx     context.Context
	c       *Checker
	syn     *cell.Syntax
	program bool // the cell becomes a program of its own
	old     *State
	next    *State
	decls   []*Decl // the cell's own, in order
	own     map[string]bool
	blanks  []string
	idents  []string // every identifier of the cell
	added   map[string]string
	cannot  map[string]string // qualifiers, and why the package that they mean cannot be had
	tops    []*top
	byObj   map[types.Object]*top // of tops
	topAt   map[token.Pos]bool    // where they are declared
	early   map[string]*Var       // variables of the cell that its declarations rest on
	rests   map[*Decl][]string    // while those are looked for: declarations left out, and the variables they wait for
	run     *view                 // the cell with its statements, bodies of functions left out

	stmts   []ast.Stmt // see topStmts
	stmtsOf *view

	diags []Diagnostic
	notes []string

	known *round            // what earlier checks of the cell have found
	drops map[string]string // variables that the cell's new types leave no room for, and why
	again bool              // the cell is to be checked once more

	imported  map[string]bool     // names of the cell's imports
	dotted    bool                // it has a dot import
	coming    map[string]bool     // names that the cell declares
	because   map[string]obstacle // why methods are left out
	unsettled map[string]bool     // types that have other methods than when their users were checked
	retried   map[string]bool     // names of earlier cells that may be ready now
	wanted    []string            // names they have waited for
	quiet     map[string]bool     // names that are checked again although the cell changes nothing of theirs

	replaced map[string]bool // names that name a package of which there is a new revision
	affects  map[string]bool // see affected
}

// Compile checks a cell against a state and writes its unit. Either the unit or diagnostics are returned; an
// error is that of ctx, or our fault, not the user's.
func (c *Checker) Compile(ctx context.Context, st *State, syn *cell.Syntax) (unit *Unit, diags []Diagnostic, err error) {
	_, unit, diags, err = c.compile(ctx, st, syn)
	return unit, diags, err
}

// compile is Compile; it returns the job as well, for what else can be made of the cell.
func (c *Checker) compile(ctx context.Context, st *State, syn *cell.Syntax) (j *job, unit *Unit, diags []Diagnostic, err error) {
	defer rescue(&err)
	err = rounds(func(known *round) (bool, error) {
		j = c.job(ctx, st, syn, known)
		var err error
		unit, diags, err = j.compile()
		maps.Copy(known.dropped, j.drops) // nothing of the cell may read a variable that does not survive it
		return j.again || len(j.drops) > 0, err
	})
	return j, unit, diags, err
}

// job prepares a check of a cell.
func (c *Checker) job(ctx context.Context, st *State, syn *cell.Syntax, known *round) *job {
	old := st.Clone()
	for name, why := range known.dropped {
		old.Forget(name)
		old.Lost[name] = why
	}
	return &job{ctx: ctx, c: c, syn: syn, old: old, next: old.Clone(), known: known, own: map[string]bool{}, added: map[string]string{}, cannot: map[string]string{}, imported: map[string]bool{}, drops: map[string]string{}}
}

// check takes the cell through everything that does not depend on what becomes of it; faults are in diags.
func (j *job) check() error {
	j.imports()
	j.collect()
	if len(j.diags) > 0 {
		return nil
	}
	j.settle()
	if err := j.ahead(); err != nil {
		return err
	}
	if err := j.checkStatements(); err != nil {
		return err
	}
	j.declareVariables()
	return j.checkBodies()
}

func (j *job) compile() (*Unit, []Diagnostic, error) {
	if err := j.check(); err != nil || len(j.diags) > 0 || j.again {
		return nil, diagnostics(j.diags), err
	}
	if err := j.migrate(); err != nil || len(j.drops) > 0 {
		return nil, nil, err
	}
	if len(j.diags) > 0 {
		return nil, diagnostics(j.diags), nil
	}
	u, err := j.emit()
	if err != nil || len(j.diags) > 0 {
		return nil, diagnostics(j.diags), err
	}
	return u, nil, nil
}

func (j *job) fault(offset int, format string, args ...any) {
	j.diags = append(j.diags, Diagnostic{j.syn.Text, offset, fmt.Sprintf(format, args...)})
}

// imports puts the cell's imports in force.
func (j *job) imports() {
	j.takeRevisions()
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
func (j *job) collect() {
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
func (j *job) replace(d *Decl) {
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

// naturalImports writes import clauses for the names in force that the cell may use.
func (j *job) naturalImports(hidden map[string]bool) string {
	var b strings.Builder
	names := slices.Concat(j.idents, j.wanted)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		switch p, ok := j.next.Imports[name]; {
		case !ok, hidden[name]:
		case p == cgoPath:
			b.WriteString("import \"C\"\n")
		default:
			fmt.Fprintf(&b, "import %s %q\n", name, j.next.real(p))
		}
	}
	taken := map[string]bool{}
	for _, p := range slices.Backward(j.next.Dots) { // names of the notebook go before, then those imported last
		p = j.next.real(p)
		pkg, err := j.c.importer.Import(p)
		if err != nil {
			continue // reported with the import
		}
		var without []string
		for _, name := range pkg.Scope().Names() {
			if !token.IsExported(name) {
				continue
			}
			if taken[name] || j.own[name] || hidden[name] || j.next.Vars[name] != nil || j.next.Decls[name] != nil || j.next.Imports[name] != "" {
				without = append(without, name)
			}
			taken[name] = true
		}
		fmt.Fprintf(&b, "import . %q\n", dotPath(p, without))
	}
	return b.String()
}

// natural is the naming of the views: every name is itself.
func (j *job) natural(names *aliases) *naming {
	n := names.generated(j.next)
	n.predeclared = func(name string) string {
		if j.own[name] || j.next.Vars[name] != nil || j.next.Decls[name] != nil || j.next.Imports[name] != "" {
			return names.name(universePath) + "." + exported(name)
		}
		return name
	}
	return n
}

// ownDecl writes a declaration of the cell as the user typed it.
func ownDecl(src *source, d *Decl, stub bool) {
	src.gen("\n")
	if d.Kind == TypeKind {
		src.gen("type ")
	}
	if stub && d.body > 0 {
		src.copy(d.Text, d.Start, d.body)
		src.gen(endless, "\n")
		return
	}
	src.copy(d.Text, d.Start, d.End)
	src.gen("\n")
}

// preloaded writes the variable Display where the cell uses it and has not declared one of its own.
func (j *job) preloaded(src *source, n *naming) {
	if _, isVar := j.next.Vars["Display"]; isVar || j.next.Decls["Display"] != nil || j.own["Display"] || !slices.Contains(j.idents, "Display") {
		return
	}
	src.gen("var Display func(", n.qualifier(DisplayPath, ""), ".Data) ", n.predeclared("error"), "\n")
}

// attempt checks a view, adding imports that are missing and in the base library, as goimports would.
func (j *job) attempt(build func() *source) (*view, error) {
	for {
		v, err := j.c.check(j.ctx, build())
		if err != nil {
			return nil, err
		}
		if !j.addImports(v) {
			return v, nil
		}
	}
}

// addImports looks for undefined qualifiers, and for symbols that a package added earlier does not have.
func (j *job) addImports(v *view) bool {
	undefined, missing := map[string]bool{}, map[string]string{}
	for _, e := range v.errs {
		name, ok := strings.CutPrefix(e.message, "undefined: ")
		if !ok || e.text != j.syn.Text {
			continue
		}
		if qualifier, symbol, selected := strings.Cut(name, "."); selected {
			missing[qualifier], _, _ = strings.Cut(symbol, " ")
		} else {
			undefined[name] = true
		}
	}
	maps.DeleteFunc(missing, func(name, _ string) bool { return !j.next.Added[name] })
	if len(undefined)+len(missing) == 0 {
		return false
	}
	symbols := map[string][]string{}
	inspect(j.ctx, v.file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok && (undefined[id.Name] || missing[id.Name] != "") {
				symbols[id.Name] = append(symbols[id.Name], sel.Sel.Name)
			}
		}
		return true
	})
	found := false
	for name, syms := range symbols {
		look(j.ctx)
		if _, tried := j.added[name]; tried || j.next.Lost[name] != "" {
			continue
		}
		p, ok, cannot := j.c.suggest(j.ctx, name, syms)
		look(j.ctx)
		j.added[name] = p
		if cannot != nil {
			j.cannot[name] = cannot.Error()
		}
		if symbol := missing[name]; ok && symbol != "" {
			pkg, err := j.c.importer.Import(p)
			ok = err == nil && pkg.Scope().Lookup(symbol) != nil
		}
		if ok {
			j.takeRevisions()
			j.next.Imports[name] = p
			j.next.Added[name] = true
			found = true
		}
	}
	return found
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
