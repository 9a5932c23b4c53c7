package compile

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// mark says of each dirty declaration whether it compiles.
func (j *typed) mark(v *view, dirty map[string]bool) {
	errs := map[string][]viewError{}
	for _, e := range v.errs {
		if _, unused := e.unused(); e.text != nil && e.text != j.syn.Text && !unused && !strings.HasPrefix(e.message, "\t") {
			errs[e.text.ID] = append(errs[e.text.ID], e)
		}
	}
	for _, n := range slices.Sorted(maps.Keys(dirty)) {
		look(j.ctx)
		if d := j.next.Decls[n]; d != nil && d.Text != j.syn.Text {
			c := j.verdict(v, errs[d.Text.ID], d)
			for _, name := range d.Names {
				if j.next.Decls[name] == d {
					j.next.Decls[name] = c
				}
			}
		}
		for i, m := range j.next.Methods[n] {
			if m.Text == j.syn.Text || j.next.out[methodKey(m)] || j.next.Decls[n] == nil {
				continue
			}
			if c := j.verdict(v, errs[m.Text.ID], m); c != m {
				j.next.Methods[n] = slices.Clone(j.next.Methods[n])
				j.next.Methods[n][i] = c
			}
		}
	}
	clear(j.next.hashes)
}

// verdict is a declaration as a check with errors in its cell has found it.
func (j *typed) verdict(v *view, errs []viewError, d *Decl) *Decl {
	c := *d
	c.Broken, c.Cure, c.Waits = "", "", nil
	for _, e := range errs {
		if e.text != d.Text || e.offset < d.Start || e.offset > d.End {
			continue
		}
		j.blame(v, e, &c)
		if c.Broken != "" {
			c.Waits = nil
			break
		}
	}
	if c.loose {
		c.loose = c.marked()
		c.tighten(v)
	} else if c.Broken == d.Broken && c.Cure == d.Cure && slices.Equal(c.Waits, d.Waits) {
		return d
	}
	return &c
}

// blame enters an error of a declaration that earlier cells made.
func (j *typed) blame(v *view, e viewError, d *Decl) {
	waits, ok := j.needs(v, e, d)
	for _, w := range waits {
		if o := j.because[w.Name]; w.again && o.decl != nil {
			d.Broken, d.Cure = fmt.Sprintf("it uses %s, which does not either", w.Name), o.decl.Cure
			return
		}
	}
	_, undefined := strings.CutPrefix(e.message, "undefined: ")
	if !ok || undefined && !d.loose {
		d.Broken, d.Cure = e.message, d.cure()
		return
	}
	d.Waits = addWaits(d.Waits, waits)
}

// tighten finds what a declaration that has waited refers to now.
func (d *Decl) tighten(v *view) {
	at := map[int]hole{}
	for _, h := range d.holes {
		at[h.start] = h
	}
	for _, h := range v.holes(v.file, d.Text.ID, d.Start, d.End) {
		if known, ok := at[h.start]; !ok || known.ref.kind == refName { // the view has the user's text there
			at[h.start] = h
		}
	}
	d.holes = nil
	for _, start := range slices.Sorted(maps.Keys(at)) {
		d.holes = append(d.holes, at[start])
	}
	d.fixes = append(slices.Clone(d.fixes), v.fixes(d.Text.ID, d.Start, d.End)...)
	sortEdits(d.fixes)
	d.findRefs()
}

// noteMarks tells which declarations are not ready since this cell.
func (j *checked) noteMarks() (notes []string) {
	var marked []*Decl
	j.next.each(func(d *Decl) {
		if d.marked() && !slices.Contains(marked, d) && !j.quiet[d.owner()] {
			marked = append(marked, d)
		}
	})
	if len(marked) == 0 {
		return nil
	}
	before := map[declKey]*Decl{}
	j.old.each(func(d *Decl) { before[d.key()] = d })
	slices.SortFunc(marked, func(a, b *Decl) int {
		if n := strings.Compare(a.owner(), b.owner()); n != 0 {
			return n
		}
		return strings.Compare(a.title(), b.title())
	})
	for _, d := range marked {
		was := before[d.key()]
		switch {
		case d.Text != j.syn.Text && was != nil && was.marked() && (was.Broken != "" || d.Broken == ""):
		case len(d.Waits) > 0:
			notes = append(notes, d.readyWhen())
		default:
			notes = append(notes, d.why(j.next.Lost))
		}
	}
	return notes
}
