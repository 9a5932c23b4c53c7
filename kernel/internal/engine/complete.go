package engine

import (
	"context"
	"maps"
	"slices"
	"strings"
	"unicode"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/compile"
	"interleave/kernel/internal/gopls"
	"interleave/kernel/internal/session"
)

// Complete implements session.Engine. Commands the kernel completes itself. Go it asks gopls about; when that is missing,
// late, or has nothing to say, the answer is what the kernel knows from the types of what is declared.
func (e *Engine) Complete(ctx context.Context, code string, cursor int) session.Completion {
	at := byteOffset(code, cursor)
	c := e.completeAt(ctx, code, at)
	c.Start, c.End = runeOffset(code, c.Start), runeOffset(code, c.End)
	return c
}

// completeAt is Complete with offsets in bytes.
func (e *Engine) completeAt(ctx context.Context, code string, at int) session.Completion {
	text, answer, done := e.completeCommand(ctx, code, at)
	none := session.Completion{Start: at, End: at}
	switch {
	case done:
		return answer
	case !e.isOpen():
		return none
	}
	if start, quoted := cell.Quoted(text, at); quoted {
		if c, ok := e.completeImport(text, start, at); ok {
			return c
		}
		return none
	}
	known := e.completeKnown(ctx, text, at)
	c, ok := e.editor.complete(ctx, text, at)
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
func (e *Engine) completeKnown(ctx context.Context, text string, at int) session.Completion {
	from := wordStart(text, at)
	c := session.Completion{Start: from, End: at}
	prefix := text[from:at]
	if from > 0 && text[from-1] == '.' {
		base := text[wordStart(text, from-1) : from-1]
		c.Matches = matches(e.types().Members(ctx, e.snapshot(), base), prefix)
		return c
	}
	c.Matches = matches(e.names(), prefix)
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
	for _, p := range e.importable() {
		add(session.Match{Text: p.Name, Type: "module", Signature: p.Path})
	}
	return c
}

var partKinds = map[cell.PartKind]string{
	cell.FuncPart: "function", cell.TypePart: "struct", cell.ConstPart: "constant", cell.VarPart: "variable", cell.DefinePart: "variable",
}

// importable lists the packages that a cell can import without asking the go command, the likelier of one name first.
func (e *Engine) importable() []compile.Package {
	var out []compile.Package
	for _, p := range (packages{e, e.linker()}).Packages() {
		if p.Name == "main" || p.Path == "runtime/race" || strings.HasPrefix(p.Path, "vendor/") || slices.Contains(strings.Split(p.Path, "/"), "internal") {
			continue
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b compile.Package) int {
		if a.Name != b.Name {
			return strings.Compare(a.Name, b.Name)
		}
		if n := strings.Count(a.Path, "/") - strings.Count(b.Path, "/"); n != 0 {
			return n
		}
		return strings.Compare(a.Path, b.Path)
	})
	return out
}

// completeImport completes the path of an import whose string begins at start; ok is false for other strings.
func (e *Engine) completeImport(text string, start, at int) (c session.Completion, ok bool) {
	if text[start] != '"' && text[start] != '`' {
		return c, false
	}
	parts := cell.Outline(text)
	if !slices.ContainsFunc(parts, func(p cell.Part) bool { return p.Kind == cell.ImportPart && p.Start < start && start < p.End }) {
		return c, false
	}
	prefix := text[start+1 : at]
	for _, p := range e.importable() {
		if strings.HasPrefix(p.Path, prefix) {
			c.Matches = append(c.Matches, session.Match{Text: p.Path, Type: "module", Signature: p.Name})
		}
	}
	slices.SortFunc(c.Matches, func(a, b session.Match) int { return strings.Compare(a.Text, b.Text) })
	c.Start, c.End = start+1, at
	return c, true
}

func (e *Engine) isOpen() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	select {
	case <-e.opened:
		return e.openErr == nil
	default:
		return false
	}
}

// byteOffset turns a count of code points into a byte offset.
func byteOffset(text string, points int) int {
	for i := range text {
		if points <= 0 {
			return i
		}
		points--
	}
	return len(text)
}

// runeOffset turns a byte offset into a count of code points.
func runeOffset(text string, offset int) int {
	return len([]rune(text[:min(max(offset, 0), len(text))]))
}

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

func wordStart(text string, at int) int {
	return len(strings.TrimRightFunc(text[:at], isWord))
}

func wordEnd(text string, at int) int {
	return len(text) - len(strings.TrimLeftFunc(text[at:], isWord))
}

func matches(members []compile.Member, prefix string) []session.Match {
	var out []session.Match
	for _, m := range members {
		if strings.HasPrefix(m.Name, prefix) {
			out = append(out, session.Match{Text: m.Name, Type: m.Kind, Signature: m.Type})
		}
	}
	return out
}

// names lists the notebook's names and the packages in force.
func (e *Engine) names() []compile.Member {
	s := e.snapshot()
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
