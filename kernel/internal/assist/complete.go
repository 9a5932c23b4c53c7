package assist

import (
	"context"
	"maps"
	"slices"
	"strings"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/compile"
	"interleave/kernel/internal/gopls"
	"interleave/kernel/internal/packages"
	"interleave/kernel/internal/session"
)

// Complete completes Go text at a byte offset. It asks gopls; when that is missing, late, or has nothing to say, the answer
// is what the types of what is declared tell.
func (d *Editor) Complete(ctx context.Context, text string, at int) session.Completion {
	if start, quoted := cell.Quoted(text, at); quoted {
		if c, ok := d.completeImport(text, start, at); ok {
			return c
		}
		return session.Completion{Start: at, End: at}
	}
	known := d.completeKnown(ctx, text, at)
	c, ok := d.ask(ctx, text, at)
	if !ok || len(c.Matches) == 0 {
		return known
	}
	if c.Start == known.Start { // what is not imported yet gopls is not asked about
		for _, m := range known.Matches {
			if m.Type == "module" && !slices.ContainsFunc(c.Matches, func(o session.Match) bool { return o.Text == m.Text }) {
				c.Matches = append(c.Matches, m)
			}
		}
	}
	return c
}

// completeKnown is what the kernel knows itself: the notebook's names, those the cell declares, packages, and the members of
// packages and variables.
func (d *Editor) completeKnown(ctx context.Context, text string, at int) session.Completion {
	from := cell.WordStart(text, at)
	c := session.Completion{Start: from, End: at}
	prefix := text[from:at]
	if from > 0 && text[from-1] == '.' {
		base := text[cell.WordStart(text, from-1) : from-1]
		c.Matches = Matches(d.notebook.Types().Members(ctx, d.notebook.State(), base), prefix)
		return c
	}
	c.Matches = Matches(Names(d.notebook.State()), prefix)
	have := map[string]bool{}
	for _, m := range c.Matches {
		have[m.Text] = true
	}
	add := func(m session.Match) {
		if !have[m.Text] && strings.HasPrefix(m.Text, prefix) {
			have[m.Text] = true
			c.Matches = append(c.Matches, m)
		}
	}
	if prefix == "" {
		return c
	}
	for _, p := range cell.Outline(text) {
		if kind, ok := partKinds[p.Kind]; ok && p.Recv == "" {
			for _, n := range p.Names {
				if n != prefix || p.End < at {
					add(session.Match{Text: n, Type: kind})
				}
			}
		}
	}
	for _, p := range packages.Importable(d.notebook.Linker()) {
		add(session.Match{Text: p.Name, Type: "module", Signature: p.Path})
	}
	return c
}

var partKinds = map[cell.PartKind]string{
	cell.FuncPart: "function", cell.TypePart: "struct", cell.ConstPart: "constant", cell.VarPart: "variable", cell.DefinePart: "variable",
}

// completeImport completes the path of an import whose string begins at start; ok is false for other strings.
func (d *Editor) completeImport(text string, start, at int) (c session.Completion, ok bool) {
	if text[start] != '"' && text[start] != '`' {
		return c, false
	}
	parts := cell.Outline(text)
	if !slices.ContainsFunc(parts, func(p cell.Part) bool { return p.Kind == cell.ImportPart && p.Start < start && start < p.End }) {
		return c, false
	}
	prefix := text[start+1 : at]
	for _, p := range packages.Importable(d.notebook.Linker()) {
		if strings.HasPrefix(p.Path, prefix) {
			c.Matches = append(c.Matches, session.Match{Text: p.Path, Type: "module", Signature: p.Name})
		}
	}
	slices.SortFunc(c.Matches, func(a, b session.Match) int { return strings.Compare(a.Text, b.Text) })
	c.Start, c.End = start+1, at
	return c, true
}

func Matches(members []compile.Member, prefix string) []session.Match {
	var out []session.Match
	for _, m := range members {
		if strings.HasPrefix(m.Name, prefix) {
			out = append(out, session.Match{Text: m.Name, Type: m.Kind, Signature: m.Type})
		}
	}
	return out
}

// Names lists the notebook's names and the packages in force.
func Names(s *compile.State) []compile.Member {
	var out []compile.Member
	for _, n := range slices.Sorted(maps.Keys(s.Vars)) {
		out = append(out, compile.Member{Name: n, Kind: "variable", Type: s.Vars[n].TypeString()})
	}
	kinds := map[compile.Kind]string{compile.ConstKind: "constant", compile.TypeKind: "struct", compile.FuncKind: "function"}
	for _, n := range slices.Sorted(maps.Keys(s.Decls)) {
		out = append(out, compile.Member{Name: n, Kind: kinds[s.Decls[n].Kind]})
	}
	for _, n := range slices.Sorted(maps.Keys(s.Imports)) {
		out = append(out, compile.Member{Name: n, Kind: "module", Type: s.Imports[n]})
	}
	return out
}

// matchOf makes a match of what gopls proposes.
func matchOf(c gopls.Candidate) session.Match {
	return session.Match{Text: c.Text, Type: c.Kind, Signature: compile.Plain(c.Detail)}
}
