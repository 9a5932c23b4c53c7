package compile

import (
	"context"
	"go/types"
	"slices"
	"strings"
)

// Member is a name that can follow another and a dot, or stand by itself.
type Member struct {
	Name, Kind, Type string // Kind is a Jupyter completion type: function, variable, struct, …
}

// Members lists what can follow base and a dot: the exported names of a package in force or in the base
// library, or the fields and methods of a variable.
func (c *Checker) Members(ctx context.Context, st *State, base string) (members []Member) {
	var ended error // then there is no answer
	defer rescue(&ended)
	if v := st.Vars[base]; v != nil {
		return c.fields(ctx, st, v)
	}
	p, ok := st.Imports[base]
	if !ok {
		if p, ok = c.SuggestTyped(ctx, base, nil, ""); !ok {
			return nil
		}
	}
	pkg, err := c.importer.Import(p)
	if err != nil {
		return nil
	}
	var out []Member
	for _, n := range pkg.Scope().Names() {
		if obj := pkg.Scope().Lookup(n); obj.Exported() {
			out = append(out, member(obj))
		}
	}
	return out
}

func member(obj types.Object) Member {
	m := Member{Name: obj.Name(), Type: Plain(types.TypeString(obj.Type(), (*types.Package).Name))}
	switch o := obj.(type) {
	case *types.Func:
		m.Kind = "function"
		if o.Signature().Recv() != nil {
			m.Kind = "method"
		}
	case *types.Const:
		m.Kind = "constant"
	case *types.TypeName:
		m.Kind = "struct"
		if types.IsInterface(obj.Type()) {
			m.Kind = "interface"
		}
		m.Type = Plain(types.TypeString(obj.Type().Underlying(), (*types.Package).Name))
	case *types.Var:
		m.Kind = "variable"
		if o.IsField() {
			m.Kind = "field"
		}
	}
	return m
}

// fields lists the fields and methods of a variable's type.
func (c *Checker) fields(ctx context.Context, st *State, v *Var) []Member {
	src, names := &source{}, &aliases{}
	n := names.generated(st)
	n.declarations(src, st, st.closure(v.refs(), false), signaturesOnly)
	n.variable(src, "v"+prime, v)
	view, err := c.check(ctx, src.with("package notebook\n"+names.clauses()))
	if err != nil {
		return nil
	}
	obj := view.pkg.Scope().Lookup("v" + prime)
	if obj == nil {
		return nil
	}
	var out []Member
	seen := map[string]bool{}
	add := func(o types.Object) {
		if (o.Exported() || o.Pkg() == view.pkg) && !seen[o.Name()] {
			seen[o.Name()] = true
			out = append(out, member(o))
		}
	}
	t := obj.Type()
	methods := types.NewMethodSet(t)
	if _, ok := t.Underlying().(*types.Pointer); !ok && !types.IsInterface(t) {
		methods = types.NewMethodSet(types.NewPointer(t))
	}
	for i := range methods.Len() {
		add(methods.At(i).Obj())
	}
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	if s, ok := t.Underlying().(*types.Struct); ok {
		for i := range s.NumFields() {
			add(s.Field(i))
		}
	}
	slices.SortFunc(out, func(a, b Member) int { return strings.Compare(a.Name, b.Name) })
	return out
}
