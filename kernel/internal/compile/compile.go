package compile

import (
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"regexp"
	"slices"
	"strings"

	"interleave/kernel/internal/cell"
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

	dropped map[string]string // what the cell's new types leave no room for, and why
	drops   map[string]string // what else was found to be so
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
	dropped := map[string]string{}
	for { // once more without each variable that does not survive the cell: nothing of the cell may read it
		old := st.Clone()
		for name, why := range dropped {
			old.Forget(name)
			old.Lost[name] = why
		}
		j := &job{ctx: ctx, c: c, syn: syn, old: old, next: old.Clone(), own: map[string]bool{}, added: map[string]string{}, dropped: dropped, drops: map[string]string{}}
		u, diags, err := j.compile()
		if len(j.drops) == 0 {
			return j, u, diags, err
		}
		maps.Copy(dropped, j.drops)
	}
}

// check takes the cell through everything that does not depend on what becomes of it; faults are in diags.
func (j *job) check() error {
	j.imports()
	j.collect()
	if len(j.diags) > 0 {
		return nil
	}
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
	if err := j.check(); err != nil || len(j.diags) > 0 {
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
		j.next.Methods[d.Recv] = slices.DeleteFunc(slices.Clone(j.next.Methods[d.Recv]), func(m *Decl) bool { return m.Names[0] == d.Names[0] })
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
	for _, name := range j.idents {
		switch p, ok := j.next.Imports[name]; {
		case !ok, hidden[name]:
		case p == cgoPath:
			b.WriteString("import \"C\"\n")
		default:
			fmt.Fprintf(&b, "import %s %q\n", name, p)
		}
	}
	taken := map[string]bool{}
	for _, p := range slices.Backward(j.next.Dots) { // names of the notebook go before, then those imported last
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
func (j *job) natural() *naming {
	return &naming{aliases: &aliases{}, symbol: func(n string) string { return n },
		alive: func(d *Decl, n string) bool { return j.next.Decls[n] == d },
		shadowed: func(n string) bool {
			return j.own[n] || j.next.Vars[n] != nil || j.next.Decls[n] != nil || j.next.Imports[n] != ""
		}}
}

// ownDecl writes a declaration of the cell as the user typed it.
func ownDecl(src *source, d *Decl, stub bool) {
	src.gen("\n")
	if d.Kind == TypeKind {
		src.gen("type ")
	}
	if stub && d.body > 0 {
		src.copy(d.Text, d.Start, d.body)
		src.gen("{ for {} }\n")
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
	src.gen("var Display func(", n.aliases.name(DisplayPath), ".Data) ", n.fill(ref{refUniverse, "error"}), "\n")
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
		p, ok := j.c.Suggest(j.ctx, name, syms)
		j.added[name] = p
		if symbol := missing[name]; ok && symbol != "" {
			pkg, err := j.c.importer.Import(p)
			ok = err == nil && pkg.Scope().Lookup(symbol) != nil
		}
		if ok {
			j.next.Imports[name] = p
			j.next.Added[name] = true
			found = true
		}
	}
	return found
}

// report turns the errors of a view into faults of the cell; skip drops some.
func (j *job) report(v *view, skip func(viewError) bool) {
	skipped, last := false, -1
	for _, e := range v.errs {
		look(j.ctx)
		message, more := strings.CutPrefix(declaredAt.ReplaceAllString(e.message, ""), "\t")
		if more && (skipped || last >= 0) { // a second place of the error before
			if !skipped && e.text == j.syn.Text {
				line, _ := e.text.Position(e.offset)
				j.diags[last].Message += fmt.Sprintf("; %s (line %d)", message, line)
			}
			continue
		}
		skipped, last = skip != nil && skip(e), -1
		if skipped {
			continue
		}
		at := e.offset
		if e.text != j.syn.Text {
			if e.text != nil || len(j.diags) > 0 {
				continue // reported where the declaration is looked at, or an echo in generated text
			}
			at = 0
		}
		if show := j.shown(); show != nil && e.text == nil && strings.HasPrefix(message, "in call to "+Plain(showName)+", cannot infer ") {
			_, at, _ = j.run.at(show.Pos())
			message = fmt.Sprintf("cannot use generic function %s without instantiation", Plain(types.ExprString(show)))
		} else if show != nil && e.pos >= show.Pos() && e.pos < show.End() { // a constant that no int holds
			message = strings.Replace(message, " in argument to "+Plain(showName)+" (", " (", 1)
		}
		if name, ok := strings.CutPrefix(message, "undefined: "); ok {
			if near := j.nearSymbol(name); near != "" {
				message += " (but have " + near + ")"
			}
			if why := j.whyUndefined(name); why != "" {
				message = fmt.Sprintf("undefined: %s (%s)", name, why)
			}
		}
		last = len(j.diags)
		j.diags = append(j.diags, Diagnostic{j.syn.Text, at, message + j.hides(message)})
	}
}

// hides says which package or predeclared function a fault is about when a name of the notebook stands before it.
func (j *job) hides(message string) string {
	name, what := "", ""
	if m := noMember.FindStringSubmatch(message); m != nil {
		name = m[1]
		if slices.ContainsFunc(j.c.named(name), func(p *types.Package) bool { return token.IsExported(m[2]) && p.Scope().Lookup(m[2]) != nil }) {
			path, _ := j.c.Suggest(j.ctx, name, m[2:])
			what = "package " + path
		}
	} else if m := noFunction.FindStringSubmatch(message); m != nil {
		if _, builtin := types.Universe.Lookup(m[1]).(*types.Builtin); builtin {
			name, what = m[1], "the predeclared function"
		}
	}
	if what == "" {
		return ""
	}
	cure := "give it another name"
	before := j.old.Vars[name] != nil || j.old.Decls[name] != nil
	if before && !j.own[name] && !j.declaresVariable(name) {
		cure = "%forget " + name + " ends that"
	}
	return fmt.Sprintf("; %s hides %s: %s", name, what, cure)
}

var (
	noMember   = regexp.MustCompile(`^(\w+)\.(\w+) undefined \(type .* has no field or method`)
	noFunction = regexp.MustCompile(`^invalid operation: cannot call (\w+) \(`)
)

// declaredAt is a place in the view, which says nothing to a reader.
var declaredAt = regexp.MustCompile(` \(declared at \d+:\d+\)`)

// nearSymbol is what a misspelt symbol of a package most likely means; the checker itself tells of other capitals.
func (j *job) nearSymbol(name string) string {
	qualifier, symbol, ok := strings.Cut(name, ".")
	if !ok || strings.ContainsRune(symbol, ' ') {
		return ""
	}
	pkg, err := j.c.importer.Import(j.next.Imports[qualifier])
	if err != nil {
		return ""
	}
	return nearest(pkg, symbol)
}

// whyUndefined explains what the checker does not know of: names that went, and names that the cell itself has.
func (j *job) whyUndefined(name string) string {
	if why := j.old.Lost[name]; why != "" {
		return why
	}
	for _, f := range j.syn.Funcs {
		if f.Decl.Body == nil && f.Decl.Recv == nil && f.Decl.Name.Name == name {
			return "it is declared without a body, which a cell keeps as documentation: assembly and go:linkname belong into a package of the notebook's module"
		}
	}
	if why := j.notStoodIn(name); why != "" {
		return why
	}
	if j.declaresVariable(name) {
		return "the cell declares it further down; statements run from top to bottom"
	}
	return ""
}

// declaresVariable reports whether the cell's statements declare a variable of a name.
func (j *job) declaresVariable(name string) bool {
	return slices.ContainsFunc(j.tops, func(t *top) bool { return t.name == name })
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
		return ref{refImport, o.Imported().Path()}, true
	}
	if _, isType := obj.(*types.TypeName); isType && obj.Parent() == types.Universe {
		return ref{refUniverse, obj.Name()}, true
	}
	if obj.Pkg() == nil || selected {
		return ref{}, false
	}
	if obj.Pkg() != v.pkg {
		if obj.Parent() == obj.Pkg().Scope() {
			return ref{refDot, obj.Pkg().Path()}, true
		}
		return ref{}, false
	}
	if obj.Parent() == v.pkg.Scope() {
		return ref{refName, obj.Name()}, true
	}
	return ref{}, false
}
