package compile

import (
	"fmt"
	"go/types"
	"slices"
	"strings"
)

// migrate looks at the variables whose type rests on something this cell declares again. One whose memory
// still means the same keeps its storage; another is dropped.
func (j *job) migrate() error {
	var moved []string
	for name, v := range j.next.Vars {
		if o := j.old.Vars[name]; o == v && j.old.hash(name) != j.next.hash(name) {
			moved = append(moved, name)
		}
	}
	if len(moved) == 0 {
		return nil
	}
	slices.Sort(moved)
	v, err := j.c.check(j.migrationView(moved))
	if err != nil {
		return err
	}
	for _, name := range moved {
		before, after := v.pkg.Scope().Lookup("old"+prime+name), v.pkg.Scope().Lookup("new"+prime+name)
		if before != nil && after != nil && compatible(before.Type(), after.Type(), map[[2]types.Type]bool{}) {
			j.next.adopt(name, j.old)
			continue
		}
		typ := j.old.Vars[name].TypeString()
		why := fmt.Sprintf("%s was dropped: the memory layout of its type %s has changed", name, typ)
		delete(j.next.Vars, name)
		j.next.Lost[name] = why
		j.notes = append(j.notes, why)
	}
	clear(j.next.hashes)
	return nil
}

// migrationView declares each moved variable twice: with the types of before, marked, and with those of now.
func (j *job) migrationView(moved []string) *source {
	src := &source{}
	names := &aliases{}
	write := func(st *State, mark string) {
		n := &naming{aliases: names, embeds: true, symbol: func(s string) string { return mark + prime + s }, alive: func(d *Decl, name string) bool { return st.Decls[name] == d }}
		var roots []string
		for _, m := range moved {
			roots = append(roots, st.Vars[m].refs()...)
		}
		n.declarations(src, st, st.closure(roots, false), func(*Decl) bool { return false })
		for _, m := range moved {
			n.variable(src, mark+prime+m, st.Vars[m])
		}
	}
	write(j.old, "old")
	write(j.next, "new")
	return src.with("package notebook\n" + names.clauses())
}

// compatible reports whether memory that holds an a can be read as a b: the same layout at every depth a
// pointer, slice, map, channel, function or interface leads to. assumed breaks cycles.
func compatible(a, b types.Type, assumed map[[2]types.Type]bool) bool {
	key := [2]types.Type{a, b}
	if assumed[key] {
		return true
	}
	assumed[key] = true
	a, b = a.Underlying(), b.Underlying()
	if a == types.Typ[types.Invalid] || b == types.Typ[types.Invalid] {
		return false
	}
	same := func(x, y types.Type) bool { return compatible(x, y, assumed) }
	switch a := a.(type) {
	case *types.Basic:
		return a == b
	case *types.Pointer:
		b, ok := b.(*types.Pointer)
		return ok && same(a.Elem(), b.Elem())
	case *types.Slice:
		b, ok := b.(*types.Slice)
		return ok && same(a.Elem(), b.Elem())
	case *types.Array:
		b, ok := b.(*types.Array)
		return ok && a.Len() == b.Len() && same(a.Elem(), b.Elem())
	case *types.Chan:
		b, ok := b.(*types.Chan)
		return ok && same(a.Elem(), b.Elem())
	case *types.Map:
		b, ok := b.(*types.Map)
		return ok && same(a.Key(), b.Key()) && same(a.Elem(), b.Elem())
	case *types.Signature:
		b, ok := b.(*types.Signature)
		return ok && a.Variadic() == b.Variadic() && same(a.Params(), b.Params()) && same(a.Results(), b.Results())
	case *types.Tuple:
		b, ok := b.(*types.Tuple)
		if !ok || a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !same(a.At(i).Type(), b.At(i).Type()) {
				return false
			}
		}
		return true
	case *types.Struct:
		b, ok := b.(*types.Struct)
		if !ok || a.NumFields() != b.NumFields() {
			return false
		}
		for i := range a.NumFields() {
			if bare(a.Field(i).Name()) != bare(b.Field(i).Name()) || !same(a.Field(i).Type(), b.Field(i).Type()) {
				return false
			}
		}
		return true
	case *types.Interface: // the value holds a table of exactly these methods, in this order
		b, ok := b.(*types.Interface)
		if !ok || a.NumMethods() != b.NumMethods() {
			return false
		}
		for i := range a.NumMethods() {
			if a.Method(i).Name() != b.Method(i).Name() || !same(a.Method(i).Type(), b.Method(i).Type()) {
				return false
			}
		}
		return true
	}
	return false
}

// bare removes the mark that migrationView puts before names of embedded fields.
func bare(name string) string {
	if _, after, ok := strings.Cut(name, prime); ok {
		return after
	}
	return name
}
