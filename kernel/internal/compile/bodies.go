package compile

import (
	"maps"
	"slices"
	"strings"
)

// checked is a cell of which everything is checked; its declarations stand in the state.
type checked struct {
	*typed
	quiet map[string]bool // names that are checked again although the cell changes nothing of theirs
}

// checkBodies checks the cell's declarations, and what earlier cells built on names that this one declares again, with
// the new variables at package level. It finds the holes of the cell's declarations; again says that the cell is to be
// checked once more.
func (j *typed) checkBodies() (ch *checked, again bool, err error) {
	dirty, quiet := j.dirty()
	ch = &checked{j, quiet}
	if len(j.decls) == 0 && len(dirty) == 0 {
		return ch, false, nil
	}
	v, err := j.attempt(func() *source { return j.bodyView(dirty) })
	if err != nil {
		return nil, false, err
	}
	waits := j.judgeOwn(v)
	if len(j.diags) > 0 && !j.supposes(dirty) {
		return ch, false, nil
	}
	j.enter(v, waits)
	j.mark(v, dirty)
	return ch, j.unready(), nil
}

// dirty are the names of earlier cells whose declarations are to be checked again; quiet are those of them of which
// the cell changes nothing.
func (j *typed) dirty() (dirty, quiet map[string]bool) {
	changed := j.changed()
	dirty, quiet = maps.Clone(j.retried), map[string]bool{}
	for n := range j.replaced {
		dirty[n] = true
	}
	for _, n := range j.next.dependants(j.ctx, changed) {
		dirty[n] = true
	}
	for _, n := range j.next.closure(j.idents, true) { // what did not compile may do so now
		if d := j.next.Decls[n]; d != nil && d.Broken != "" {
			dirty[n] = true
		}
	}
	if len(j.unsettled) > 0 {
		for _, n := range append(j.next.dependants(j.ctx, j.unsettled), slices.Collect(maps.Keys(j.unsettled))...) {
			if j.next.live(n) && !dirty[n] && !changed[n] {
				dirty[n] = true
				quiet[n] = len(changed) == 0
			}
		}
	}
	if len(j.decls) == 0 && len(dirty) == 0 {
		return dirty, quiet
	}
	for n := range changed { // methods that earlier cells gave to a type declared again
		if len(j.next.ready(n)) > 0 {
			dirty[n] = true
		}
	}
	return dirty, quiet
}

// supposes reports whether the views have methods of earlier cells that may not fit what the cell declares. What is at
// fault may then be right without them.
func (j *typed) supposes(dirty map[string]bool) bool {
	for n := range dirty {
		if len(j.next.ready(n)) > 0 {
			return true
		}
	}
	return false
}

// judgeOwn faults the cell's declarations. When all that is wrong with them is that other cells have not declared
// something yet, they are kept, and what each waits for is returned.
func (j *typed) judgeOwn(v *view) map[*Decl][]Wait {
	in := func(offset int) bool {
		return slices.ContainsFunc(j.decls, func(d *Decl) bool { return d.Start <= offset && offset <= d.End })
	}
	skip := func(e viewError) bool {
		if _, unused := e.unused(); unused {
			if _, mended := v.afterDeclaration(e.pos); mended {
				return true
			}
		}
		return !in(e.offset) || e.text != j.syn.Text
	}
	waits, kept := map[*Decl][]Wait{}, len(j.diags) == 0 && !j.program
	for _, e := range v.errs {
		if !kept {
			break
		}
		if skip(e) || strings.HasPrefix(e.message, "\t") {
			continue
		}
		d := j.waiting(e.offset)
		list, ok := j.needs(v, e, d)
		if kept = ok; ok {
			waits[d] = addWaits(waits[d], list)
		}
	}
	before := len(j.diags)
	j.report(v, skip)
	if !kept || len(waits) == 0 {
		return nil
	}
	faults := j.diags[before:]
	j.diags = j.diags[:before:before]
	for d := range waits {
		j.known.faults[d.Start] = slices.DeleteFunc(slices.Clone(faults), func(f Diagnostic) bool { return f.Offset < d.Start || f.Offset > d.End })
	}
	return waits
}

// changed are the names this cell gives another meaning than they had.
func (j *typed) changed() map[string]bool {
	out := maps.Clone(j.replaced)
	if out == nil {
		out = map[string]bool{}
	}
	for n := range j.own {
		out[n] = true
	}
	for n := range j.known.dropped {
		out[n] = true
	}
	for _, d := range j.decls {
		look(j.ctx)
		for _, n := range d.Names {
			if o := j.old.Decls[n]; o != nil && o.Kind == d.Kind && !o.marked() && o.Text.Source[o.Start:o.End] == d.Text.Source[d.Start:d.End] && !j.methodChanged(n) {
				delete(out, n)
			}
		}
	}
	for _, t := range j.run.tops {
		if o := j.old.Vars[t.name]; o != nil && t.v != nil && slices.EqualFunc(o.typ, t.v.typ, samePart) {
			delete(out, t.name)
		}
	}
	for _, d := range j.decls { // the same method once more is no new method
		look(j.ctx)
		if d.Kind != MethodKind || j.declares(d.Recv) {
			continue
		}
		if !j.methodChanged(d.Recv) {
			delete(out, d.Recv)
		}
	}
	return out
}

func (j *declared) declares(name string) bool {
	return slices.ContainsFunc(j.decls, func(d *Decl) bool { return d.Kind == TypeKind && d.Names[0] == name })
}

// methodChanged reports whether the cell gives a type a method that it did not have in these words.
func (j *declared) methodChanged(typ string) bool {
	for _, d := range j.decls {
		if d.Kind != MethodKind || d.Recv != typ {
			continue
		}
		same := slices.ContainsFunc(j.old.Methods[typ], func(m *Decl) bool {
			return m.Text.Source[m.Start:m.End] == d.Text.Source[d.Start:d.End]
		})
		if !same {
			return true
		}
	}
	return false
}

// bodyView writes the cell's declarations with their bodies, and those of dirty names.
func (j *typed) bodyView(dirty map[string]bool) *source {
	names := &aliases{}
	n := j.natural(names)
	body := &source{}
	j.preloaded(body, n)
	roots := append(slices.Clone(j.idents), slices.Sorted(maps.Keys(dirty))...)
	for name := range dirty {
		roots = append(roots, j.next.refsOf(name, true)...)
	}
	roots = append(roots, j.wanted...)
	live := j.next.closure(roots, false)
	n.declarations(body, j.next, live, func(d *Decl) bool {
		return d.Kind == FuncKind && dirty[d.Names[0]] || d.Kind == MethodKind && dirty[d.Recv]
	})
	for _, m := range j.strayMethods(live) {
		stub := endless
		if dirty[m.Recv] {
			stub = ""
		}
		n.decl(body, m, stub)
	}
	hidden := map[string]bool{}
	for _, t := range j.run.tops {
		hidden[t.name] = true
		if t.v == nil && j.next.Vars[t.name] == nil && t.why == "" {
			body.gen("var ", t.name, " ", unknownType, "\n")
		}
	}
	for _, d := range j.decls {
		if !j.leavesOut(d) {
			ownDecl(body, d, false)
		}
	}
	return body.with("package notebook\n" + names.clauses() + j.naturalImports(hidden))
}

// enter puts the cell's declarations, with their holes, into the state.
func (j *typed) enter(v *view, waits map[*Decl][]Wait) {
	holes := v.holes(v.file, j.syn.Text.ID, 0, len(j.syn.Code)+1)
	fixes := v.fixes(j.syn.Text.ID, 0, len(j.syn.Code)+1)
	sortEdits(fixes)
	methods := map[string][]*Decl{}
	for _, d := range j.decls {
		look(j.ctx)
		if !j.leavesOut(d) {
			from, _ := slices.BinarySearchFunc(holes, d.Start, func(h hole, at int) int { return h.start - at })
			to, _ := slices.BinarySearchFunc(holes, d.End, func(h hole, at int) int { return h.start - at })
			d.holes = slices.Clone(holes[from:to])
			d.fixes = slices.Clone(editsWithin(fixes, d.Start, d.End))
			d.Waits = waits[d]
			d.loose = len(d.Waits) > 0
			d.findRefs()
		}
		switch {
		case d.Kind == MethodKind:
			methods[d.Recv] = append(methods[d.Recv], d)
		case d.isFunc("init"), d.isFunc("_"):
		default:
			for _, n := range d.Names {
				if n != "_" {
					j.next.Decls[n] = d
				}
			}
		}
	}
	for typ, list := range methods {
		list = slices.Concat(j.next.Methods[typ], list)
		slices.SortFunc(list, func(a, b *Decl) int { return strings.Compare(a.Names[0], b.Names[0]) })
		j.next.Methods[typ] = list
	}
	clear(j.next.hashes)
}

// findRefs lists the names that a declaration uses, those too that it waits for.
func (d *Decl) findRefs() {
	sig, body := map[string]bool{}, map[string]bool{}
	for _, h := range d.holes {
		if h.ref.kind != refName {
			continue
		}
		if d.body > 0 && h.start >= d.body {
			body[h.ref.name] = true
		} else {
			sig[h.ref.name] = true
		}
	}
	for _, w := range d.Waits {
		if !strings.Contains(w.Name, ".") && !sig[w.Name] {
			body[w.Name] = true
		}
	}
	d.sigRefs = slices.Sorted(maps.Keys(sig))
	d.bodyRefs = slices.Sorted(maps.Keys(body))
}
