package compile

import (
	"context"
	"go/types"
	"maps"
	"slices"

	"interleave/kernel/internal/cell"
)

// A package of the user's own that is edited while the notebook is open is loaded again, beside the one that is loaded
// already. A process takes one package of a path only, so the new revision has a path of its own: the package's path
// and a mark. The state keeps the package's path wherever it names one, and a table that says which revision that
// means. The path of the revision is part of the digest of all that rests on the package, so functions of cells that
// call it get new symbols, as if they had been declared again, and variables that hold values of its types keep their
// storage when the types have the same memory layout.

// real is the path under which a package is loaded.
func (s *State) real(path string) string {
	if p, ok := s.revisions[path]; ok {
		return p
	}
	return path
}

// takeRevisions takes up revisions of packages that the notebook has not named yet, for instance of those that were
// first imported when something they rest on had a later revision.
func (j *declared) takeRevisions() {
	if j.c.importer.revisions == nil {
		return
	}
	for path, now := range j.c.importer.revisions.Revisions() {
		if j.next.revisions[path] == "" {
			j.next.revisions[path] = now
		}
	}
}

// Holder is a variable that keeps a package from being replaced by its new revision.
type Holder struct {
	Name string
	Type string // what it holds, or may hold
	May  bool
}

// Replaced is what it means for a notebook that packages have new revisions.
type Replaced struct {
	State   *State   // with the revisions
	Notes   []string // what the reader should know
	Holders []Holder // when there are any, the revisions cannot be used, and State is nil
}

// Replace has a state use new revisions of packages: next says by the path of each which it is.
func (c *Checker) Replace(ctx context.Context, st *State, next map[string]string) (r *Replaced, err error) {
	defer rescue(&err)
	syn, _ := cell.Parse(cell.NewText(""), "")
	var m *moved
	var drops map[string]string
	err = rounds(func(known *round) (again bool, err error) {
		j := c.job(ctx, st, syn, known)
		j.revised = next
		ch, again, err := j.check()
		if err != nil || again {
			return again, err
		}
		m, drops, err = ch.move()
		return false, err
	})
	if err != nil {
		return nil, err
	}
	r = &Replaced{}
	if r.Holders, err = m.holders(next, drops); err != nil || len(r.Holders) > 0 {
		return r, err
	}
	r.State = m.next
	r.Notes, err = m.notes()
	return r, err
}

// namersOf are the names that name one of some packages themselves.
func namersOf(s *State, packages map[string]string) map[string]bool {
	if len(packages) == 0 {
		return nil
	}
	is := func(r ref) bool { return (r.kind == refImport || r.kind == refDot) && packages[r.name] != "" }
	names := func(d *Decl) bool {
		return slices.ContainsFunc(d.holes, func(h hole) bool { return is(h.ref) })
	}
	out := map[string]bool{}
	for name, d := range s.Decls {
		out[name] = names(d)
	}
	for name, methods := range s.Methods {
		out[name] = out[name] || slices.ContainsFunc(methods, names)
	}
	for name, v := range s.Vars {
		out[name] = slices.ContainsFunc(v.typ, func(p part) bool { return p.ref != nil && is(*p.ref) })
	}
	maps.DeleteFunc(out, func(_ string, does bool) bool { return !does })
	return out
}

// holders are the variables whose values the new revisions could not be given: those of a type with another memory
// layout, and those that may hold a value in an interface of the package's own, which its type switches would not
// know.
func (j *moved) holders(next, drops map[string]string) ([]Holder, error) {
	names := slices.Sorted(maps.Keys(j.old.Vars))
	src, aliases := &source{}, &aliases{}
	marked(aliases, "old", j.old).declarations(src, j.old, j.old.closure(names, false), signaturesOnly)
	v, err := j.c.check(j.ctx, src.with("package notebook\n"+aliases.clauses()))
	if err != nil {
		return nil, err
	}
	edited := map[string]bool{}
	for path := range next {
		edited[j.old.real(path)] = true
	}
	var out []Holder
	for _, name := range names {
		obj := v.pkg.Scope().Lookup("old" + prime + name)
		if obj == nil {
			continue
		}
		held, inInterface := within(obj.Type(), edited)
		switch {
		case drops[name] != "":
			what := j.old.Vars[name].TypeString()
			if held != nil {
				what = typeName(held)
			}
			out = append(out, Holder{Name: name, Type: what})
		case inInterface != nil:
			out = append(out, Holder{Name: name, Type: typeName(inInterface), May: true})
		}
	}
	return out, nil
}

func typeName(t *types.Named) string { return t.Obj().Pkg().Name() + "." + t.Obj().Name() }

// within finds the first type of some packages that values of t hold, and the first interface among them that values
// of their types are in.
func within(t types.Type, edited map[string]bool) (held, inInterface *types.Named) {
	seen := map[types.Type]bool{}
	var visit func(t types.Type)
	visit = func(t types.Type) {
		t = types.Unalias(t)
		if seen[t] {
			return
		}
		seen[t] = true
		if n, ok := t.(*types.Named); ok {
			if p := n.Obj().Pkg(); p != nil && edited[p.Path()] {
				if held == nil {
					held = n
				}
				if u, ok := n.Underlying().(*types.Interface); ok && u.NumMethods() > 0 && inInterface == nil {
					inInterface = n
				}
			}
			for i := range n.TypeArgs().Len() {
				visit(n.TypeArgs().At(i))
			}
		}
		switch u := t.Underlying().(type) {
		case *types.Pointer:
			visit(u.Elem())
		case *types.Slice:
			visit(u.Elem())
		case *types.Array:
			visit(u.Elem())
		case *types.Chan:
			visit(u.Elem())
		case *types.Map:
			visit(u.Key())
			visit(u.Elem())
		case *types.Struct:
			for f := range u.Fields() {
				visit(f.Type())
			}
		}
	}
	visit(t)
	return held, inInterface
}
