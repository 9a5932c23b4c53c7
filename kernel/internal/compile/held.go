package compile

import (
	"fmt"
	"go/types"
	"maps"
	"slices"
	"strings"
)

// noteHeld tells which variables may hold, in interfaces, values of types that this cell gives new versions. Those
// values keep the version they have, and a type switch passes them by in silence.
func (j *job) noteHeld() error {
	named := slices.DeleteFunc(slices.Sorted(maps.Keys(j.old.Decls)), func(name string) bool {
		before, now := j.old.Decls[name], j.next.Decls[name]
		return before.Kind != TypeKind || now == nil || now.Kind != TypeKind || before.params != [2]int{}
	})
	// Most cells touch nothing that a type rests on, which costs less to see than a digest of each.
	if !slices.ContainsFunc(slices.Concat(j.old.closure(named, true), j.next.closure(named, true)), j.touched) {
		return nil
	}
	changed := slices.DeleteFunc(named, func(name string) bool {
		look(j.ctx)
		return j.old.symbolNumber(name) < 0 || // no unit has had it, so there is no value
			j.old.hash(name) == j.next.hash(name)
	})
	kept := slices.DeleteFunc(slices.Sorted(maps.Keys(j.old.Vars)), func(name string) bool { return j.next.Vars[name] != j.old.Vars[name] })
	if len(changed) == 0 || len(kept) == 0 {
		return nil
	}
	src, names := &source{}, &aliases{}
	marked(names, "old", j.old).declarations(src, j.old, j.old.closure(slices.Concat(changed, kept), false), func(*Decl) bool { return false })
	v, err := j.c.check(j.ctx, src.with("package notebook\n"+names.clauses()))
	if err != nil {
		return err
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
			j.notes = append(j.notes, fmt.Sprintf("%s may hold a %s of before this cell: assertions and type switches do not take it for the new %s, so make it anew",
				enumerate(holders), name, name))
		}
	}
	return nil
}

// touched reports whether a name means another declaration than before the cell, or has other methods.
func (j *job) touched(name string) bool {
	return j.replaced[name] || j.old.Decls[name] != j.next.Decls[name] || j.old.Vars[name] != j.next.Vars[name] || !slices.Equal(j.old.Methods[name], j.next.Methods[name])
}

// mayHold reports whether a variable of type t may hold a value of a named type, or a pointer to one, in an interface that
// asks for some of its methods. What an empty interface holds nobody knows.
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
