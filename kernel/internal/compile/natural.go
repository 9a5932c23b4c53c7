package compile

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strings"
)

// The views that a cell is checked in have its own names, and those of the state.

// naturalImports writes import clauses for the names in force that the cell may use.
func (j *declared) naturalImports(hidden map[string]bool) string {
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
			if taken[name] || hidden[name] || j.taken(name) {
				without = append(without, name)
			}
			taken[name] = true
		}
		fmt.Fprintf(&b, "import . %q\n", dotPath(p, without))
	}
	return b.String()
}

// taken reports whether the notebook or the cell uses a name for something.
func (j *declared) taken(name string) bool {
	return j.own[name] || j.next.live(name) || j.next.Imports[name] != ""
}

// natural is the naming of the views: every name is itself.
func (j *declared) natural(names *aliases) *naming {
	n := names.generated(j.next)
	n.predeclared = func(name string) string {
		if j.taken(name) {
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
func (j *declared) preloaded(src *source, n *naming) {
	if j.next.live("Display") || j.own["Display"] || !slices.Contains(j.idents, "Display") {
		return
	}
	src.gen("var Display func(", n.qualifier(DisplayPath, ""), ".Data) ", n.predeclared("error"), "\n")
}

// attempt checks a view, adding imports that are missing and in the base library, as goimports would.
func (j *declared) attempt(build func() *source) (*view, error) {
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
func (j *declared) addImports(v *view) bool {
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
