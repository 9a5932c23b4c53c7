package compile

import (
	"maps"
	"slices"
	"strings"
)

// round is what checks of one cell learn for the next one.
type round struct {
	dropped map[string]string    // variables that the cell's new types leave no room for, and why
	marks   map[declKey]*Decl    // declarations of earlier cells as the last check has found them
	own     map[int]*Decl        // methods of the cell that are left out, by where they begin
	out     map[string]obstacle  // methods that are left out
	faults  map[int][]Diagnostic // of declarations of the cell that wait, by where they begin
}

// declKey tells declarations apart.
type declKey struct {
	text  string
	start int
}

func (d *Decl) key() declKey { return declKey{d.Text.ID, d.Start} }

// rounds checks a cell until nothing is found that calls for another check.
func rounds(check func(known *round) (again bool, err error)) error {
	known := &round{map[string]string{}, map[declKey]*Decl{}, map[int]*Decl{}, map[string]obstacle{}, map[int][]Diagnostic{}}
	for {
		again, err := check(known)
		if err != nil || !again {
			return err
		}
	}
}

// settled is what a cell does to methods and marked declarations of earlier cells.
type settled struct {
	coming    map[string]bool     // names that the cell declares
	because   map[string]obstacle // why methods are left out
	unsettled map[string]bool     // types that have other methods than when their users were checked
	retried   map[string]bool     // names of earlier cells that may be ready now
	wanted    []string            // names they have waited for
}

// settle decides which methods of earlier cells are left out, and which declarations are tried again because the cell
// declares something they rest on.
func (j *declared) settle() settled {
	st := settled{coming: j.names(), retried: map[string]bool{}, unsettled: map[string]bool{}}
	ready := j.readyAgain(st.coming)
	j.next.rework(func(d *Decl) *Decl {
		m := j.known.marks[d.key()]
		again := d.marked() && (d.Kind == FuncKind || d.Kind == MethodKind) && (m != nil || ready(d))
		if again {
			st.retried[d.owner()] = true
			st.wanted = append(st.wanted, waited(d)...)
		}
		switch {
		case m != nil:
			return m
		case again:
			c := *d
			c.Broken, c.Cure, c.Waits = "", "", nil
			return &c
		}
		return d
	})
	for i, d := range j.decls {
		if m := j.known.own[d.Start]; m != nil && d.Kind == MethodKind {
			j.decls[i] = m
		}
	}
	st.because = j.next.unfit(st.coming)
	maps.Copy(st.because, j.known.out)
	out := map[string]bool{}
	for key := range st.because {
		out[key] = true
	}
	for _, pair := range [][2]map[string]bool{{j.old.out, out}, {out, j.old.out}} {
		for key := range pair[0] {
			if typ, _, _ := strings.Cut(key, "."); !pair[1][key] {
				st.unsettled[typ] = true
			}
		}
	}
	j.next.out = out
	clear(j.next.hashes)
	return st
}

// names are those that the cell declares.
func (j *declared) names() map[string]bool {
	out := maps.Clone(j.own)
	for _, s := range j.syn.Stmts {
		names, _ := defined(s)
		for _, n := range names {
			out[n] = true
		}
	}
	for _, d := range j.decls { // a method of a type that is not declared declares nothing
		if d.Kind == MethodKind && !j.next.live(d.Recv) && !j.declares(d.Recv) {
			delete(out, d.Recv)
		}
	}
	return out
}

// owner is the name that a declaration belongs to.
func (d *Decl) owner() string {
	if d.Kind == MethodKind {
		return d.Recv
	}
	return d.Names[0]
}

// waited lists the names of package level that a declaration waits for, or for methods of.
func waited(d *Decl) []string {
	var out []string
	for _, w := range d.Waits {
		name, _, _ := strings.Cut(w.Name, ".")
		out = append(out, name)
	}
	return out
}

// readyAgain returns a function that reports whether the cell can make a marked declaration compile: it gives another
// meaning to a name that the declaration rests on or waits for.
func (j *declared) readyAgain(coming map[string]bool) func(d *Decl) bool {
	means := maps.Clone(coming) // what may mean something else after the cell
	maps.Copy(means, j.imported)
	for n := range j.known.dropped {
		means[n] = true
	}
	marked := false
	j.next.each(func(d *Decl) { marked = marked || d.marked() })
	var rest map[string]bool
	if marked {
		rest = j.next.dependantSet(j.ctx, means, true)
	}
	return func(d *Decl) bool {
		if d.Kind == MethodKind && !j.next.live(d.Recv) && !coming[d.Recv] {
			return false // nothing can be said of it
		}
		for _, w := range d.Waits {
			if j.next.Imports[w.Name] != "" || j.dotted {
				return true
			}
		}
		roots := slices.Concat(d.sigRefs, d.bodyRefs, waited(d))
		if d.Kind == MethodKind {
			roots = append(roots, d.Recv)
		}
		return slices.ContainsFunc(roots, func(n string) bool { return means[n] || rest[n] })
	}
}

// rework replaces functions and methods.
func (s *State) rework(f func(d *Decl) *Decl) {
	for n, d := range s.Decls {
		if c := f(d); c != d {
			s.Decls[n] = c
		}
	}
	for typ, list := range s.Methods {
		for i, m := range list {
			if c := f(m); c != m {
				list = slices.Clone(list)
				list[i] = c
				s.Methods[typ] = list
			}
		}
	}
}

// leavesOut reports whether the last check has found that a method of the cell is not ready.
func (j *declared) leavesOut(d *Decl) bool {
	return d.Kind == MethodKind && j.known.own[d.Start] != nil
}

// unready notes which methods have turned out not to be ready although the views had them. The cell is then checked
// again.
func (j *typed) unready() (again bool) {
	for key, o := range j.next.unfit(nil) {
		if !j.next.out[key] {
			j.known.out[key], again = o, true
		}
	}
	if !again {
		return false
	}
	clear(j.known.marks)
	j.next.each(func(d *Decl) {
		switch _, out := j.known.out[methodKey(d)]; {
		case d.Text == j.syn.Text:
			if d.Kind == MethodKind && out {
				j.known.own[d.Start] = d
			}
		case d.Kind != FuncKind && d.Kind != MethodKind:
		case d.marked() || j.retried[d.owner()]:
			j.known.marks[d.key()] = d
		}
	})
	return true
}
