package compile

import (
	"go/types"
	"maps"
	"slices"
	"strconv"
	"strings"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/revision"
)

// prime is the letter that sets a symbol's version apart from the user's name. It is a letter to the compiler
// and on nobody's keyboard.
const prime = "ʹ"

// Plain removes version marks from text made by the type checker, the compiler or the runtime.
func Plain(text string) string {
	text = revision.Plain(text)
	if !strings.Contains(text, prime) {
		return text
	}
	parts := strings.Split(text, prime)
	for i, p := range parts[1:] {
		parts[i+1] = strings.TrimLeft(p, "0123456789")
	}
	return strings.Join(parts, "")
}

type refKind int

const (
	refName     refKind = iota // a name of the notebook
	refImport                  // the name of an imported package; ref.name is its path
	refDot                     // a name that a dot import brought; ref.name is the path
	refDisplay                 // the preloaded variable Display
	refUniverse                // a predeclared type
)

type ref struct {
	kind refKind
	name string
}

// hole is a place in a cell's text that names something by a name that may differ in the unit.
type hole struct {
	start, end int
	ref        ref
	embed      bool // the type of an embedded field, which names the field too
	def        bool // declares the name
}

// Kind is the kind of a declaration.
type Kind string

// The kinds of declarations.
const (
	ConstKind  Kind = "const"
	TypeKind   Kind = "type"
	FuncKind   Kind = "func"
	MethodKind Kind = "method"
	VarKind    Kind = "var"
)

// Decl is a live constant group, type, function or method: a span of a cell's text with holes. Decls are
// immutable once they are in a State.
type Decl struct {
	Kind       Kind
	Names      []string // what it declares; for a method the method's name
	Recv       string   // for a method its type
	Text       *cell.Text
	Start, End int
	body       int    // for functions: the offset of the opening brace
	name       int    // for functions: the offset of the name
	params     [2]int // for generic types: the span of the type parameters, brackets included
	paramNames []string
	holes      []hole
	fixes      []edit   // uses of variables that nothing uses
	sigRefs    []string // names used outside of the body
	bodyRefs   []string
	Broken     string // why it does not compile with what the notebook has now, "" if it does
	Cure       string // what helps when it is broken
	Waits      []Wait // what it needs that no cell has declared
	loose      bool   // it has only been checked while something was missing, so some of its holes are not known
}

// title names a declaration the way Go's tools do.
func (d *Decl) title() string {
	if d.Kind == MethodKind {
		return d.Recv + "." + d.Names[0]
	}
	return strings.Join(d.Names, ", ")
}

// isFunc reports whether it is the function of a name.
func (d *Decl) isFunc(name string) bool { return d.Kind == FuncKind && d.Names[0] == name }

// Var is a live variable.
type Var struct {
	Name   string
	Text   *cell.Text
	Offset int
	typ    []part
	shown  string // the type as the user would write it
}

// Refs are the notebook's names in the variable's type.
func (v *Var) refs() []string {
	var out []string
	for _, p := range v.typ {
		if p.ref != nil && p.ref.kind == refName {
			out = append(out, p.ref.name)
		}
	}
	return out
}

// TypeString is the type as the user would write it.
func (v *Var) TypeString() string { return v.shown }

// State is what a notebook has declared. It is a value: a cell is tried on a clone, which becomes the state
// when the cell has been built.
type State struct {
	Imports   map[string]string // name to path, what is in force
	Added     map[string]bool   // those of them that no cell has written: another use may show that another package is meant
	Dots      []string          // paths of dot imports
	Decls     map[string]*Decl  // constants (each name of a group), types, functions
	Methods   map[string][]*Decl
	Vars      map[string]*Var
	Lost      map[string]string // variables that went, and why
	out       map[string]bool   // methods that units leave out, "T.M"; see ready.go. It is never changed, only replaced
	revisions map[string]string // packages that were loaded again, and the paths they have now; see revision.go
	exposed   map[string]bool   // symbols of variables that a closure, a function or a pointer may reach
	versions  map[string]*version
	hashes    map[string]string // closure hashes, a cache
}

// version numbers the contents a name has had. It never changes: states share it.
type version struct {
	numbers map[string]int
	next    int
}

// with is a version that gives a content a number.
func (v *version) with(key string, number int) *version {
	w := &version{numbers: make(map[string]int, len(v.numbers)+1), next: max(v.next, number+1)}
	maps.Copy(w.numbers, v.numbers)
	w.numbers[key] = number
	return w
}

// NewState returns the state of an empty notebook.
func NewState() *State {
	return &State{
		Imports: map[string]string{"display": DisplayPath}, Added: map[string]bool{},
		Decls: map[string]*Decl{}, Methods: map[string][]*Decl{}, Vars: map[string]*Var{},
		Lost: map[string]string{}, revisions: map[string]string{}, exposed: map[string]bool{}, versions: map[string]*version{}, hashes: map[string]string{},
	}
}

// Clone copies the state; Decls and Vars are shared, as they never change.
func (s *State) Clone() *State {
	c := &State{Imports: maps.Clone(s.Imports), Added: maps.Clone(s.Added), Dots: slices.Clone(s.Dots), Decls: maps.Clone(s.Decls), Methods: maps.Clone(s.Methods),
		Vars: maps.Clone(s.Vars), Lost: maps.Clone(s.Lost), out: s.out, revisions: maps.Clone(s.revisions), exposed: maps.Clone(s.exposed), versions: maps.Clone(s.versions), hashes: map[string]string{}}
	return c
}

// Restarted is the state after the worker has been replaced: types, functions and imports stay, variables are
// lost for the reason given, and versions start afresh because nothing is loaded.
func (s *State) Restarted(why string) (next *State, lost []string) {
	next = s.Clone()
	next.versions = map[string]*version{}
	next.exposed = map[string]bool{}
	for name := range s.Vars {
		lost = append(lost, name)
		next.Lost[name] = why
	}
	next.Vars = map[string]*Var{}
	slices.Sort(lost)
	return next, lost
}

// Forget removes a name with everything that belongs to it, or the method "T.M"; ok is false when there is none.
func (s *State) Forget(name string) bool {
	if typ, method, ok := strings.Cut(name, "."); ok {
		return s.forgetMethod(typ, method)
	}
	_, isVar := s.Vars[name]
	_, isDecl := s.Decls[name]
	_, isImport := s.Imports[name]
	delete(s.Vars, name)
	delete(s.Decls, name)
	delete(s.Methods, name)
	delete(s.Imports, name)
	clear(s.hashes)
	return isVar || isDecl || isImport
}

func (s *State) forgetMethod(typ, method string) bool {
	is := func(m *Decl) bool { return m.Names[0] == method }
	if !slices.ContainsFunc(s.Methods[typ], is) {
		return false
	}
	s.Methods[typ] = slices.DeleteFunc(slices.Clone(s.Methods[typ]), is)
	clear(s.hashes)
	return true
}

// refsOf lists the notebook's names that a name rests on directly. Bodies of functions count when deep. What methods
// need that are left out does not count.
func (s *State) refsOf(name string, deep bool) []string {
	var out []string
	s.eachRef(name, s.ready(name), deep, func(r string) { out = append(out, r) })
	return out
}

// eachRef calls f for what a name with some methods rests on directly.
func (s *State) eachRef(name string, methods []*Decl, deep bool, f func(string)) {
	list := func(names []string) {
		for _, n := range names {
			f(n)
		}
	}
	decl := func(d *Decl) {
		list(d.sigRefs)
		if deep {
			list(d.bodyRefs)
		}
	}
	if v := s.Vars[name]; v != nil {
		for _, p := range v.typ {
			if p.ref != nil && p.ref.kind == refName {
				f(p.ref.name)
			}
		}
	}
	if d := s.Decls[name]; d != nil {
		decl(d)
		if d.Kind == ConstKind {
			list(d.Names)
		}
	}
	for _, m := range methods {
		decl(m)
	}
}

// closure lists the live names reachable from roots, sorted; roots that are not live are left out.
func (s *State) closure(roots []string, deep bool) []string {
	seen := map[string]bool{}
	todo := slices.Clone(roots)
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[n] || s.Vars[n] == nil && s.Decls[n] == nil {
			continue
		}
		seen[n] = true
		todo = append(todo, s.refsOf(n, deep)...)
	}
	return slices.Sorted(maps.Keys(seen))
}

func (s *State) digest(d *Decl, write func([]byte) (int, error)) {
	write([]byte(string(d.Kind) + " " + d.Text.Source[d.Start:d.End]))
	for _, h := range d.holes {
		if h.ref.kind != refName && h.ref.kind != refUniverse {
			write([]byte{0, byte(h.ref.kind)})
			write([]byte(s.meaning(&h.ref)))
		}
	}
}

// key is what decides a name's symbol: its content, and for a function also where its text stands, so that
// its lines in a panic are those of the cell it was last declared in.
func (s *State) key(name string) string {
	k := s.hash(name)
	if d := s.Decls[name]; d != nil && d.Kind == FuncKind {
		k += " " + d.Text.ID + " " + strconv.Itoa(d.Start)
	}
	return k
}

// symbol is the name a live name has in the unit.
func (s *State) symbol(name string) string {
	v := s.versions[name]
	if v == nil {
		v = &version{}
		if types.Universe.Lookup(name) != nil {
			v.next = 1 // a unit repeats text that means the predeclared name
		}
	}
	key := s.key(name)
	n, ok := v.numbers[key]
	if !ok {
		n = v.next
		s.versions[name] = v.with(key, n)
	}
	if n == 0 {
		return name
	}
	return name + prime + strconv.Itoa(n+1)
}

// adopt gives a variable whose type has a new version the storage it had in the older state.
func (s *State) adopt(name string, old *State) {
	before := old.symbolNumber(name)
	if v := s.versions[name]; v != nil && before >= 0 {
		s.versions[name] = v.with(s.key(name), before)
	}
}

func (s *State) symbolNumber(name string) int {
	if v := s.versions[name]; v != nil {
		if n, ok := v.numbers[s.key(name)]; ok {
			return n
		}
	}
	return -1
}
