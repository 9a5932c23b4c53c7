package engine

import (
	"context"
	"maps"
	"slices"
	"strings"
	"unicode"

	"interleave/kernel/internal/compile"
	"interleave/kernel/internal/session"
)

// Complete implements session.Engine with what the kernel knows itself: commands, the notebook's names, and
// the members of packages.
func (e *Engine) Complete(ctx context.Context, code string, cursor int) session.Completion {
	runes := []rune(code)
	cursor = min(max(cursor, 0), len(runes))
	from := wordStart(runes, cursor)
	prefix := string(runes[from:cursor])
	c := session.Completion{Start: from, End: cursor}
	if at, found := commandStart(runes, from); found {
		c.Start, c.Matches = at, commandMatches(string(runes[at:cursor]))
		return c
	}
	if !e.isOpen() {
		return c
	}
	if from > 0 && runes[from-1] == '.' {
		base := string(runes[wordStart(runes, from-1) : from-1])
		c.Matches = matches(e.checker.Members(e.snapshot(), base), prefix)
		return c
	}
	c.Matches = matches(e.names(), prefix)
	return c
}

func (e *Engine) isOpen() bool {
	select {
	case <-e.opened:
		return e.openErr == nil
	default:
		return false
	}
}

func wordStart(runes []rune, at int) int {
	for at > 0 && (runes[at-1] == '_' || unicode.IsLetter(runes[at-1]) || unicode.IsDigit(runes[at-1])) {
		at--
	}
	return at
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

// Inspect implements session.Engine.
func (e *Engine) Inspect(ctx context.Context, code string, cursor, detail int) session.Inspection {
	runes := []rune(code)
	cursor = min(max(cursor, 0), len(runes))
	end := cursor
	for end < len(runes) && (runes[end] == '_' || unicode.IsLetter(runes[end]) || unicode.IsDigit(runes[end])) {
		end++
	}
	from := wordStart(runes, end)
	word := string(runes[from:end])
	if word == "" || !e.isOpen() {
		return session.Inspection{}
	}
	list := e.names()
	if from > 0 && runes[from-1] == '.' {
		list = e.checker.Members(e.snapshot(), string(runes[wordStart(runes, from-1):from-1]))
	}
	for _, m := range list {
		if m.Name == word {
			text := strings.TrimSpace(m.Kind + " " + m.Name + " " + m.Type)
			return session.Inspection{Found: true, Data: map[string]any{"text/plain": text, "text/markdown": "```go\n" + text + "\n```"}}
		}
	}
	return session.Inspection{}
}
