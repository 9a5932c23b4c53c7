package compile

import (
	"context"
	"fmt"
	"go/types"
	"maps"
	"slices"
	"strings"
)

// noteHeld tells which variables may hold, in interfaces, values of types that this cell gives new versions. Those
// values keep the version they have, and a type switch passes them by in silence.
func (j *moved) noteHeld() (notes []string, err error) {
	changed := slices.DeleteFunc(slices.Sorted(maps.Keys(j.affects)), func(name string) bool {
		look(j.ctx)
		before, now := j.old.Decls[name], j.next.Decls[name]
		return before == nil || before.Kind != TypeKind || now == nil || now.Kind != TypeKind || before.params != [2]int{} ||
			j.old.symbolNumber(name) < 0 || // no unit has had it, so there is no value
			j.old.hash(name) == j.next.hash(name)
	})
	if len(changed) == 0 {
		return nil, nil
	}
	open := j.old.reachInterfaces(j.ctx)
	kept := slices.DeleteFunc(slices.Sorted(maps.Keys(j.old.Vars)), func(name string) bool {
		return j.next.Vars[name] != j.old.Vars[name] || !open[name]
	})
	if len(kept) == 0 {
		return nil, nil
	}
	src, names := &source{}, &aliases{}
	marked(names, "old", j.old).declarations(src, j.old, j.old.closure(slices.Concat(changed, kept), false), signaturesOnly)
	v, err := j.c.check(j.ctx, src.with("package notebook\n"+names.clauses()))
	if err != nil {
		return nil, err
	}
	for _, name := range changed {
		obj := v.pkg.Scope().Lookup("old" + prime + name)
		if obj == nil {
			continue
		}
		holders := slices.DeleteFunc(slices.Clone(kept), func(of string) bool {
			holder := v.pkg.Scope().Lookup("old" + prime + of)
			return holder == nil || !mayHold(holder.Type(), obj.Type(), map[types.Type]bool{})
		})
		if len(holders) > 0 {
			notes = append(notes, fmt.Sprintf("%s may hold a %s of before this cell: assertions and type switches do not take it for the new %s, so make it anew",
				enumerate(holders), name, name))
		}
	}
	return notes, nil
}

// reachInterfaces is the set of names whose types may lead to an interface, as far as their text tells: checking the
// types of all variables would make a cell that declares a type again cost more with each variable of the notebook.
func (s *State) reachInterfaces(ctx context.Context) map[string]bool {
	out := map[string]bool{}
	for name, v := range s.Vars {
		if slices.ContainsFunc(v.typ, func(p part) bool { return strings.Contains(p.text, "interface") || p.ref != nil && opaque(*p.ref) }) {
			out[name] = true
		}
	}
	for name, d := range s.Decls {
		if strings.Contains(d.Text.Source[d.Start:d.End], "interface") || slices.ContainsFunc(d.holes, func(h hole) bool { return opaque(h.ref) }) {
			out[name] = true
		}
	}
	maps.Copy(out, s.dependantSet(ctx, out, false))
	return out
}

// opaque references are to types that the notebook does not declare and that are, or may hold, interfaces with methods.
func opaque(r ref) bool {
	return r.kind == refImport || r.kind == refDot || r.kind == refDisplay || r.kind == refUniverse && r.name == "error"
}

// mayHold reports whether a variable of type t may hold a value of a named type, or a pointer to one, in an interface
// that asks for some of its methods. What an empty interface holds nobody knows.
func mayHold(t, named types.Type, seen map[types.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	in := func(t types.Type) bool { return mayHold(t, named, seen) }
	switch u := t.Underlying().(type) {
	case *types.Interface:
		return u.NumMethods() > 0 && !types.Identical(t, named) && (types.Implements(named, u) || types.Implements(types.NewPointer(named), u))
	case *types.Pointer:
		return in(u.Elem())
	case *types.Slice:
		return in(u.Elem())
	case *types.Array:
		return in(u.Elem())
	case *types.Chan:
		return in(u.Elem())
	case *types.Map:
		return in(u.Key()) || in(u.Elem())
	case *types.Struct:
		for f := range u.Fields() {
			if in(f.Type()) {
				return true
			}
		}
	}
	return false
}

// enumerate lists names as a sentence has them, not more than a reader wants.
func enumerate(names []string) string {
	const most = 4
	if len(names) > most {
		return fmt.Sprintf("%s or one of %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " or " + names[last]
	}
	return names[0]
}
