package compile

import (
	"fmt"
	"go/types"
	"maps"
	"slices"
	"strings"
)

// moved is a checked cell after which each variable that stays has storage.
type moved struct {
	*checked
	affects map[string]bool // see affected
}

// move looks at what rests on something this cell declares again. A variable whose memory still means the same keeps
// its storage; another is in drops, with the reason. A name that the cell reads before it declares it again must hold
// to the same rule while it is read.
func (j *checked) move() (m *moved, drops map[string]string, err error) {
	m, drops = &moved{j, j.affected()}, map[string]string{}
	next := j.next.Clone()
	for name, at := range j.readBefore() {
		if v := j.old.Vars[name]; v != nil {
			next.Vars[name] = v
			continue
		}
		d := j.old.Decls[name]
		if d.Kind == TypeKind {
			j.fault(at, "%s is a type, and a variable of that name would take its place: give the variable another name", name)
			return m, nil, nil
		}
		as := j.next.Clone()
		delete(as.Vars, name)
		as.Decls[name] = d
		if as.hash(name) != j.old.hash(name) {
			drops[name] = "it rests on something that this cell declares again"
		}
	}
	var moving []string
	for name := range m.affects {
		look(j.ctx)
		if v := next.Vars[name]; v != nil && j.old.Vars[name] == v && j.old.hash(name) != next.hash(name) {
			moving = append(moving, name)
		}
	}
	if len(moving) == 0 {
		return m, drops, nil
	}
	slices.Sort(moving)
	v, err := j.c.check(j.ctx, migrationView(j.old, next, moving))
	if err != nil {
		return nil, nil, err
	}
	for _, name := range moving {
		before, after := v.pkg.Scope().Lookup("old"+prime+name), v.pkg.Scope().Lookup("new"+prime+name)
		if before != nil && after != nil && compatible(before.Type(), after.Type(), map[[2]types.Type]bool{}) {
			if j.next.Vars[name] == next.Vars[name] {
				j.next.adopt(name, j.old)
			}
			continue
		}
		drops[name] = fmt.Sprintf("%s was dropped: the memory layout of its type %s has changed",
			name, j.old.Vars[name].TypeString())
	}
	clear(j.next.hashes)
	return m, drops, nil
}

// affected are the names that the cell touches or whose packages have been loaded again, and those that rest on one of
// them before or after the cell.
func (j *checked) affected() map[string]bool {
	changed := touched(j.old, j.next)
	maps.Copy(changed, j.replaced)
	out := j.old.dependantSet(j.ctx, changed, true)
	maps.Copy(out, j.next.dependantSet(j.ctx, changed, true))
	maps.Copy(out, changed)
	return out
}

// readBefore finds names that the cell's statements read in their old meaning and declare again as variables.
func (j *checked) readBefore() map[string]int {
	out := map[string]int{}
	for _, h := range j.run.uses {
		if h.ref.kind == refName && j.old.live(h.ref.name) && j.run.declares(h.ref.name) {
			out[h.ref.name] = h.start
		}
	}
	return out
}

// notes tell the reader which declarations are not ready since this cell, which variables went, and which may hold
// values of types of before.
func (j *moved) notes() ([]string, error) {
	notes := j.noteMarks()
	for _, name := range slices.Sorted(maps.Keys(j.known.dropped)) {
		if why := j.known.dropped[name]; j.next.Lost[name] == why { // it was not declared again
			notes = append(notes, why)
		}
	}
	held, err := j.noteHeld()
	return append(notes, held...), err
}

// migrationView declares each moved variable twice: with the types of before, marked, and with those of now.
func migrationView(old, next *State, moving []string) *source {
	src := &source{}
	names := &aliases{}
	write := func(st *State, mark string) {
		n := marked(names, mark, st)
		var roots []string
		for _, m := range moving {
			roots = append(roots, st.Vars[m].refs()...)
		}
		n.declarations(src, st, st.closure(roots, false), signaturesOnly)
		for _, m := range moving {
			n.variable(src, mark+prime+m, st.Vars[m])
		}
	}
	write(old, "old")
	write(next, "new")
	return src.with("package notebook\n" + names.clauses())
}

// marked writes what a state declares with a mark before each name.
func marked(names *aliases, mark string, st *State) *naming {
	n := names.generated(st)
	n.symbol, n.embeds = func(name string) string { return mark + prime + name }, true
	return n
}

// compatible reports whether memory that holds an a can be read as a b: the same layout at every depth a
// pointer, slice, map, channel, function or interface leads to. assumed breaks cycles. It is long because it has a
// case for each kind of type, and none calls for another.
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
