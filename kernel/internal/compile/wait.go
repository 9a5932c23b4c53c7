package compile

import (
	"go/ast"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"interleave/plots/spell"
)

// Functions may be declared before what they call, one a cell. A function that names something which no cell has
// declared yet is kept, and completed by the cell that declares it. What cannot become right in that way is an error
// at once: a wrong type, a name that a package does not have, a name that is misspelt.

// waiting is the function or method of the cell that an error at an offset may leave waiting; nil if there is none.
func (j *declared) waiting(offset int) *Decl {
	for _, d := range j.decls {
		if d.Start <= offset && offset <= d.End && (d.Kind == MethodKind || d.Kind == FuncKind && d.Names[0] != "init" && d.Names[0] != "_") {
			return d
		}
	}
	return nil
}

// needs says what would have to be declared so that an error goes away; ok is false when that is not what is wrong.
func (j *typed) needs(v *view, e viewError, d *Decl) (list []Wait, ok bool) {
	if d == nil {
		return nil, false
	}
	if name := undefinedName(e.message); name != "" {
		return j.needsName(v, e, name, d.Text == j.syn.Text)
	}
	t, method, wanted := v.missingMethod(e)
	if t == nil {
		return nil, false
	}
	if m, typ := j.unreadyMethod(v, t, method); m != nil {
		o := j.because[typ+"."+method]
		switch {
		case o.decl == nil, o.lacks == "" && o.decl.Broken != "":
			return []Wait{{Name: typ + "." + method, again: true}}, true
		case o.lacks != "":
			return []Wait{{Name: o.lacks}}, true
		}
		return o.decl.Waits, true
	}
	named := namedIn(t, v.pkg)
	own := d.Text == j.syn.Text
	switch {
	case named == nil, types.IsInterface(named), !own && !d.loose, own && !wanted,
		strings.Contains(e.message, "but does have"), memberNear(named, method):
		return nil, false
	}
	return []Wait{{Name: named.Obj().Name() + "." + method}}, true
}

var undefinedLength = regexp.MustCompile(`^undefined array length (\S+) or missing type constraint$`)

// undefinedName is the name that an error says is not declared, "" when it says something else.
func undefinedName(message string) string {
	name, ok := strings.CutPrefix(message, "undefined: ")
	if m := undefinedLength.FindStringSubmatch(message); m != nil {
		name, ok = m[1], true
	}
	if !ok || strings.ContainsAny(name, ". ") {
		return ""
	}
	return name
}

// needsName is needs for a name of package level. The cell that has the mistake is told of it at once; later it is
// known.
func (j *typed) needsName(v *view, e viewError, name string, own bool) ([]Wait, bool) {
	symbol := ""
	if sel := v.selectors().bases[e.pos]; sel != nil {
		symbol = sel.Sel.Name
	}
	if own && (j.whyGone(name) != "" || j.next.Lost[name] != "" || j.misspelt(v, e.pos, name, symbol)) {
		return nil, false
	}
	return []Wait{{Name: name, Qualifies: symbol != "" && token.IsExported(symbol)}}, true
}

// selectors are the selections of a view, by where their names stand and by where what stands before the dot begins.
type selectors struct {
	names, bases map[token.Pos]*ast.SelectorExpr
	called       map[*ast.SelectorExpr]bool
}

// selectors finds them in one walk, for all errors.
func (v *view) selectors() *selectors {
	if v.selected != nil {
		return v.selected
	}
	s := &selectors{map[token.Pos]*ast.SelectorExpr{}, map[token.Pos]*ast.SelectorExpr{}, map[*ast.SelectorExpr]bool{}}
	inspect(v.ctx, v.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr); ok {
				s.called[sel] = true
			}
		case *ast.SelectorExpr:
			s.names[n.Sel.Pos()] = n
			if _, ok := n.X.(*ast.Ident); ok {
				s.bases[n.X.Pos()] = n
			}
		}
		return true
	})
	v.selected = s
	return s
}

// misspelt reports whether a name that is not declared is most likely one that is: a package that has the symbol, or a
// name in reach with a slip of the fingers.
func (j *typed) misspelt(v *view, pos token.Pos, name, symbol string) bool {
	if symbol != "" && token.IsExported(symbol) {
		for _, p := range j.c.packages.Packages() {
			if p.Name == name || spell.Distance(strings.ToLower(name), p.Name) > min(2, len(p.Name)/3) {
				continue
			}
			if slices.ContainsFunc(j.c.named(p.Name), func(p *types.Package) bool { return p.Scope().Lookup(symbol) != nil }) {
				return true
			}
		}
	}
	near := func(known string) bool { return !strings.Contains(known, prime) && slip(known, name) }
	for scope := v.pkg.Scope().Innermost(pos); scope != nil; scope = scope.Parent() {
		if slices.ContainsFunc(scope.Names(), near) {
			return true
		}
	}
	for n := range j.next.Decls {
		if near(n) {
			return true
		}
	}
	for n := range j.next.Vars {
		if near(n) {
			return true
		}
	}
	for n := range j.coming {
		if near(n) {
			return true
		}
	}
	return false
}

// memberNear reports whether a type has a field or a method that a name is most likely meant for.
func memberNear(t *types.Named, name string) bool {
	near := func(known string) bool { return slip(known, name) || strings.EqualFold(known, name) }
	methods := types.NewMethodSet(types.NewPointer(t))
	for m := range methods.Methods() {
		if near(m.Obj().Name()) {
			return true
		}
	}
	if s, ok := t.Underlying().(*types.Struct); ok {
		for f := range s.Fields() {
			if near(f.Name()) {
				return true
			}
		}
	}
	return false
}

// slip reports whether somebody who means one word may have typed another: two small letters next to each other are
// exchanged, one within is left out, or one is doubled. Words that differ in a letter are names of their own as often
// (ping and pong, f1 and f2).
func slip(meant, typed string) bool {
	a, b := []rune(meant), []rune(typed)
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	small := func(r []rune, at ...int) bool {
		return !slices.ContainsFunc(at, func(i int) bool { return i < 0 || i >= len(r) || !unicode.IsLower(r[i]) })
	}
	switch {
	case len(a) == len(b) && len(a) > 2:
		return small(a, i, i+1) && a[i] == b[i+1] && a[i+1] == b[i] && slices.Equal(a[i+2:], b[i+2:])
	case len(a) == len(b)+1 && len(a) > 4:
		return 0 < i && i < len(a)-1 && small(a, i) && slices.Equal(a[i+1:], b[i:])
	case len(b) == len(a)+1 && len(b) > 4:
		return 0 < i && small(b, i-1) && b[i] == b[i-1] && slices.Equal(b[i+1:], a[i:])
	}
	return false
}

// addWaits adds what is missing to a list once.
func addWaits(list, more []Wait) []Wait {
	for _, w := range more {
		i := slices.IndexFunc(list, func(o Wait) bool { return o.Name == w.Name })
		if i < 0 {
			list = append(list, w)
		} else {
			list[i].Qualifies = list[i].Qualifies || w.Qualifies
		}
	}
	return list
}

var lacksMethod = regexp.MustCompile(`(?:^|[\s:])(?:\(type )?\*?([\pL_][\pL\pN_]*)(?:\[.*\])?\)? does not (?:implement|satisfy) .*\(missing method ([\pL_][\pL\pN_]*)\)`)

// missingMethod reads an error that says a type lacks a method: which it is, and whether it can only be a method,
// because it is called or an interface has it. t is nil for other errors.
func (v *view) missingMethod(e viewError) (t types.Type, method string, only bool) {
	if m := lacksMethod.FindStringSubmatch(e.message); m != nil {
		if obj, ok := v.pkg.Scope().Lookup(m[1]).(*types.TypeName); ok {
			return obj.Type(), m[2], true
		}
		return nil, "", false
	}
	if !strings.Contains(e.message, " undefined (type ") {
		return nil, "", false
	}
	sel := v.selectors().names[e.pos]
	if sel == nil {
		return nil, "", false
	}
	return v.info.TypeOf(sel.X), sel.Sel.Name, v.selectors().called[sel]
}

// namedIn is the named type of a package that a type is, or points to.
func namedIn(t types.Type, pkg *types.Package) *types.Named {
	t = types.Unalias(t)
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	if n, ok := t.(*types.Named); ok && n.Obj().Pkg() == pkg && n.Obj().Parent() == pkg.Scope() {
		return n
	}
	return nil
}

// unreadyMethod finds a method that a type would have if it were ready, also one that an embedded field would bring.
func (j *declared) unreadyMethod(v *view, t types.Type, name string) (m *Decl, typ string) {
	seen := map[types.Type]bool{}
	for level := []types.Type{t}; len(level) > 0; {
		var next []types.Type
		for _, t := range level {
			if n := namedIn(t, v.pkg); n != nil && !seen[n] {
				seen[n] = true
				if m := j.leftOut(n.Obj().Name(), name); m != nil {
					return m, n.Obj().Name()
				}
			}
			u := t.Underlying()
			if p, ok := u.(*types.Pointer); ok {
				u = p.Elem().Underlying()
			}
			if s, ok := u.(*types.Struct); ok && !seen[s] {
				seen[s] = true
				for f := range s.Fields() {
					if f.Embedded() {
						next = append(next, f.Type())
					}
				}
			}
		}
		level = next
	}
	return nil, ""
}

// leftOut is a method of a type that is left out, of the cell or of an earlier one.
func (j *declared) leftOut(typ, name string) *Decl {
	for _, m := range j.known.own {
		if m.Recv == typ && m.Names[0] == name {
			return m
		}
	}
	for _, m := range j.next.Methods[typ] {
		if m.Names[0] == name && j.next.out[methodKey(m)] {
			return m
		}
	}
	return nil
}

// explain says of an error that a method is missing, which is there and is not ready, why it is not. What is wrong
// with a declaration of this cell is told by its own faults.
func (j *declared) explain(v *view, e viewError) (message string, faults []Diagnostic) {
	t, method, _ := v.missingMethod(e)
	if t == nil {
		return "", nil
	}
	m, typ := j.unreadyMethod(v, t, method)
	if m == nil {
		return "", nil
	}
	o, ok := j.because[typ+"."+method]
	if !ok {
		return "", nil
	}
	if o.lacks == "" && o.decl.Text == j.syn.Text {
		if faults := j.known.faults[o.decl.Start]; len(faults) > 0 {
			return "", faults
		}
	}
	why := j.obstacleText(o)
	if o.decl.title() != typ+"."+method {
		why = typ + "." + method + " is not ready: " + why
	}
	if lacksMethod.MatchString(e.message) {
		why = e.message + "; " + why
	}
	return why, nil
}
