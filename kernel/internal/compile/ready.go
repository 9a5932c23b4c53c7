package compile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"interleave/kernel/internal/address"
)

// A declaration can be live and not ready: it does not compile any more since something was declared again, or what it
// needs has not been declared yet. It is kept, and tried again when a cell declares something that it rests on.
//
// A function that is not ready stands in no cell's way: a unit holds only what its cell uses, and a cell that uses
// such a function is refused. A type brings all of its methods along, though. So a method that is not ready is left
// out of its type, in the checks of a cell and in its unit, until it is ready again: the type is then what it would be
// without the method. State.out says which methods these are. What cannot do without one of them does not compile,
// which only the checker can tell. A cell is therefore checked with the methods that seem to be ready. When some turn
// out not to be, it is checked once more without them. Cells that declare nothing of that kind are checked once.

// Wait is something that a declaration needs and that is not declared.
type Wait struct {
	Name      string // a name of package level, or a method "T.M"
	Qualifies bool   // it is used like the name of a package
	again     bool   // a method that is there and does not compile
}

// methodKey is how State.out names a method.
func methodKey(m *Decl) string { return m.Recv + "." + m.Names[0] }

// marked reports whether a declaration did not compile when it was last checked.
func (d *Decl) marked() bool { return d.Broken != "" || len(d.Waits) > 0 }

// ready lists the methods of a type that are not left out.
func (s *State) ready(typ string) []*Decl {
	list := s.Methods[typ]
	if len(s.out) == 0 || !slices.ContainsFunc(list, func(m *Decl) bool { return s.out[methodKey(m)] }) {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(m *Decl) bool { return s.out[methodKey(m)] })
}

// live reports whether a name is declared.
func (s *State) live(name string) bool { return s.Vars[name] != nil || s.Decls[name] != nil }

// obstacle is why a declaration is not ready: decl is marked, or uses a name that is not live.
type obstacle struct {
	decl  *Decl
	lacks string
}

// obstacles lists what is not ready, by itself or through something it rests on. Names in coming count as live.
func (s *State) obstacles(coming map[string]bool) map[*Decl]obstacle {
	out := map[*Decl]obstacle{}
	s.each(func(d *Decl) {
		if d.marked() {
			out[d] = obstacle{decl: d}
		} else if name := s.lacks(d, coming); name != "" {
			out[d] = obstacle{d, name}
		}
	})
	if len(out) == 0 {
		return nil
	}
	s.spread(out)
	return out
}

// spread adds what rests on a declaration that is not ready.
func (s *State) spread(out map[*Decl]obstacle) {
	users, typed := map[string][]*Decl{}, map[string][]string{}
	s.each(func(d *Decl) {
		for _, r := range slices.Concat(d.sigRefs, d.bodyRefs) {
			users[r] = append(users[r], d)
		}
	})
	for name, v := range s.Vars {
		for _, r := range v.refs() {
			typed[r] = append(typed[r], name)
		}
	}
	var todo []string
	because := map[string]obstacle{}
	block := func(name string, o obstacle) {
		if _, known := because[name]; !known {
			because[name] = o
			todo = append(todo, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Decls)) { // of several reasons the same one is told each time
		if o, ok := out[s.Decls[name]]; ok {
			block(name, o)
		}
	}
	for len(todo) > 0 {
		name := todo[0]
		todo = todo[1:]
		o := because[name]
		for _, of := range slices.Sorted(slices.Values(typed[name])) {
			block(of, o)
		}
		slices.SortFunc(users[name], func(a, b *Decl) int { return strings.Compare(a.title(), b.title()) })
		for _, d := range users[name] {
			if _, known := out[d]; known {
				continue
			}
			out[d] = o
			if d.Kind != MethodKind { // what needs a method is told by the checker
				for _, n := range d.Names {
					if s.Decls[n] == d {
						block(n, o)
					}
				}
			}
		}
	}
}

// each calls f for every declaration, in no order; for a group of constants once for each of its names.
func (s *State) each(f func(d *Decl)) {
	for _, d := range s.Decls {
		f(d)
	}
	for _, list := range s.Methods {
		for _, m := range list {
			f(m)
		}
	}
}

// lacks is a name that a declaration uses and that is not live, "" if there is none.
func (s *State) lacks(d *Decl, coming map[string]bool) string {
	if d.Kind == ConstKind {
		return ""
	}
	for _, list := range [][]string{d.sigRefs, d.bodyRefs} {
		for _, r := range list {
			if !s.live(r) && !coming[r] {
				return r
			}
		}
	}
	return ""
}

// unfit are the methods that are not ready, and why.
func (s *State) unfit(coming map[string]bool) map[string]obstacle {
	out := map[string]obstacle{}
	if len(s.Methods) == 0 {
		return out
	}
	for d, o := range s.obstacles(coming) {
		if d.Kind == MethodKind {
			out[methodKey(d)] = o
		}
	}
	return out
}

// NotReady names the functions and methods that cannot be called now, sorted.
func (s *State) NotReady() []string {
	var out []string
	for d := range s.obstacles(nil) {
		if d.Kind == FuncKind || d.Kind == MethodKind {
			out = append(out, d.title())
		}
	}
	slices.Sort(out)
	return out
}

// place is where a declaration stands. Whoever shows the text replaces the cell's digest by its number.
func (d *Decl) place() string {
	line, _ := d.Text.Position(d.Start)
	if d.name > 0 {
		line, _ = d.Text.Position(d.name)
	}
	return "(" + address.Line(d.Text.ID, line) + ")"
}

// why says of a marked declaration what is wrong, in a sentence that names the cell and what helps. lost are names
// that went, with the reasons.
func (d *Decl) why(lost map[string]string) string {
	if len(d.Waits) > 0 {
		what, first := "is not declared", "declare it first"
		switch w := d.Waits[0]; {
		case !slices.ContainsFunc(d.Waits, func(w Wait) bool { return !w.again }):
			what, first = "does not compile any more", "declare it again"
		case len(d.Waits) > 1:
			what, first = "are not declared", "declare them first"
		case lost[w.Name] != "":
			what += fmt.Sprintf(" (%s)", lost[w.Name])
		}
		return fmt.Sprintf("%s %s is not ready: it needs %s, which %s; %s", d.title(), d.place(), waitNames(d.Waits), what, first)
	}
	more := " any more"
	if d.loose {
		more = ""
	}
	return fmt.Sprintf("%s %s does not compile%s: %s; %s", d.title(), d.place(), more, d.Broken, d.Cure)
}

// cure is what helps when a declaration is broken by itself.
func (d *Decl) cure() string {
	if d.Kind == MethodKind {
		return fmt.Sprintf("declare %s again, or %%forget %s", d.Names[0], d.title())
	}
	return fmt.Sprintf("declare %s again", d.title())
}

// obstacleText says why something cannot be used now.
func (j *declared) obstacleText(o obstacle) string {
	if o.lacks == "" {
		return o.decl.why(j.next.Lost)
	}
	why := j.next.Lost[o.lacks]
	if why == "" {
		why = "it is not declared any more"
	}
	return fmt.Sprintf("%s %s uses %s: %s", o.decl.title(), o.decl.place(), o.lacks, why)
}

// waitNames lists what is missing.
func waitNames(list []Wait) string {
	var names []string
	for _, w := range list {
		names = append(names, w.Name)
	}
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return names[0]
}

// readyWhen is the note about a declaration that waits.
func (d *Decl) readyWhen() string {
	is, declared := "is", "declared"
	if len(d.Waits) > 1 {
		is = "are"
	}
	if slices.ContainsFunc(d.Waits, func(w Wait) bool { return w.Qualifies }) {
		declared = "declared or imported"
	}
	if !slices.ContainsFunc(d.Waits, func(w Wait) bool { return !w.again }) {
		declared = "declared again"
	}
	return fmt.Sprintf("%s is ready when %s %s %s", d.title(), waitNames(d.Waits), is, declared)
}

// refuseUnready faults a cell that uses what is not ready.
func (j *checked) refuseUnready(live []string) {
	for _, name := range live {
		decls := append([]*Decl{}, j.next.ready(name)...)
		if d := j.next.Decls[name]; d != nil {
			decls = append(decls, d)
		}
		for _, d := range decls {
			switch lacks := j.next.lacks(d, nil); {
			case d.Text == j.syn.Text && d.marked() && len(j.known.faults[d.Start]) > 0:
				j.diags = append(j.diags, j.known.faults[d.Start]...)
			case d.marked():
				j.fault(j.mention(name), "%s", d.why(j.next.Lost))
			case lacks != "":
				j.fault(j.mention(name), "%s", j.obstacleText(obstacle{d, lacks}))
			}
		}
	}
}

// mention is where the cell uses a name, itself or through another; 0 if it is not known.
func (j *checked) mention(name string) int {
	var uses []hole
	for _, d := range j.decls {
		uses = append(uses, d.holes...)
	}
	uses = append(uses, j.run.uses...)
	slices.SortFunc(uses, func(a, b hole) int { return a.start - b.start })
	for _, h := range uses {
		if h.ref.kind == refName && h.ref.name == name && !h.def {
			return h.start
		}
	}
	for _, h := range uses {
		if h.ref.kind == refName && !h.def && slices.Contains(j.next.closure([]string{h.ref.name}, true), name) {
			return h.start
		}
	}
	return 0
}
