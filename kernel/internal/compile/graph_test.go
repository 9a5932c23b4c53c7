package compile

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"interleave/kernel/internal/cell"
)

// randomState declares functions f0 to f9 that call one another; a name may call some that are not declared.
func randomState(r *rand.Rand) *State {
	s := NewState()
	for i := range 10 {
		if r.IntN(8) == 0 {
			continue
		}
		name := fmt.Sprintf("f%d", i)
		var calls []string
		for range r.IntN(3) {
			calls = append(calls, fmt.Sprintf("f%d", r.IntN(10)))
		}
		text := cell.NewText("func " + name + "() { " + strings.Join(calls, "(); ") + " }")
		s.Decls[name] = &Decl{Kind: FuncKind, Names: []string{name}, Text: text, End: len(text.Source), bodyRefs: calls}
	}
	return s
}

// content is what a name rests on, word for word.
func (s *State) content(name string) string {
	var b strings.Builder
	for _, n := range s.closure([]string{name}, true) {
		d := s.Decls[n]
		b.WriteString(d.Text.Source[d.Start:d.End] + "\n")
	}
	return b.String()
}

// restsOn reports whether a name rests on a change, by following every way.
func (s *State) restsOn(name string, changed, seen map[string]bool) bool {
	if seen[name] {
		return false
	}
	seen[name] = true
	return slices.ContainsFunc(s.refsOf(name, true), func(ref string) bool {
		return changed[ref] || s.restsOn(ref, changed, seen)
	})
}

// Names have the same digest in two states if and only if they rest on the same; and what rests on a change is what
// reaches it.
func TestGraph(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	same, other := 0, 0
	for range 2000 {
		a := randomState(r)
		b := a.Clone()
		maps.Copy(b.Decls, randomState(r).Decls)
		for range r.IntN(8) {
			delete(b.Decls, fmt.Sprintf("f%d", r.IntN(10)))
		}
		for name, d := range a.Decls {
			if r.IntN(2) == 0 {
				b.Decls[name] = d
			}
		}
		for i := range 10 {
			name := fmt.Sprintf("f%d", i)
			if a.Decls[name] == nil || b.Decls[name] == nil {
				continue
			}
			equal := a.content(name) == b.content(name)
			if equal {
				same++
			} else {
				other++
			}
			if (a.hash(name) == b.hash(name)) != equal {
				t.Fatalf("the digests of %s say equal=%v, but it rests on\n%s\nand on\n%s", name, !equal, a.content(name), b.content(name))
			}
		}
		changed := touched(a, b)
		set := a.dependantSet(t.Context(), changed, true)
		for name := range a.Decls {
			if rests := a.restsOn(name, changed, map[string]bool{}); set[name] != rests {
				t.Fatalf("%s rests on a change: %v, found: %v", name, rests, set[name])
			}
		}
	}
	if same < 1000 || other < 1000 {
		t.Errorf("%d names rested on the same, %d on something else", same, other)
	}
}
