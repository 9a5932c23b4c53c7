package compile

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
)

// What rests on what, in a whole state. A notebook may have declared thousands of names, so each question is answered
// in time that grows with the names and references it is about, and a cell asks only about what it touches.

// hash is a digest of everything a name rests on.
func (s *State) hash(name string) string {
	if h, ok := s.hashes[name]; ok {
		return h
	}
	w := &hasher{state: s, at: map[string]int{}, low: map[string]int{}}
	w.visit(name)
	return s.hashes[name]
}

// hasher finds digests by Tarjan's algorithm: names that rest on one another have one digest, made of what each says
// and of the digests of the names outside that they rest on.
type hasher struct {
	state   *State
	at, low map[string]int // when a name was met, and the first met that is reached from it
	open    []string       // names met that have no digest yet
}

func (w *hasher) visit(name string) {
	s := w.state
	w.at[name] = len(w.at)
	w.low[name] = w.at[name]
	w.open = append(w.open, name)
	for _, r := range s.refsOf(name, true) {
		switch _, met := w.at[r]; {
		case s.hashes[r] != "" || s.Vars[r] == nil && s.Decls[r] == nil:
		case met:
			w.low[name] = min(w.low[name], w.at[r])
		default:
			w.visit(r)
			w.low[name] = min(w.low[name], w.low[r])
		}
	}
	if w.low[name] < w.at[name] {
		return
	}
	first := slices.Index(w.open, name)
	w.seal(slices.Clone(w.open[first:]))
	w.open = w.open[:first]
}

// seal gives names that rest on one another their digests.
func (w *hasher) seal(names []string) {
	s := w.state
	slices.Sort(names)
	h := sha256.New()
	below := map[string]bool{}
	for _, n := range names {
		if v := s.Vars[n]; v != nil {
			h.Write([]byte("var " + n + " "))
			for _, p := range v.typ {
				h.Write([]byte(p.text))
				if p.ref != nil {
					h.Write([]byte{0, byte(p.ref.kind)})
					h.Write([]byte(s.meaning(p.ref)))
				}
			}
		}
		if d := s.Decls[n]; d != nil {
			s.digest(d, h.Write)
		}
		for _, m := range s.ready(n) {
			s.digest(m, h.Write)
		}
		h.Write([]byte{0})
		for _, r := range s.refsOf(n, true) {
			if sum := s.hashes[r]; sum != "" {
				below[sum] = true
			}
		}
	}
	for _, sum := range slices.Sorted(maps.Keys(below)) {
		h.Write([]byte(sum))
	}
	for _, n := range names {
		sum := sha256.Sum256(h.Sum([]byte(n + "\x00")))
		s.hashes[n] = hex.EncodeToString(sum[:8])
	}
}

// dependantSet is the set of names that rest on any of the given ones, which need not be live; those themselves are
// left out unless they rest on one another. Bodies of functions count when deep, and all methods do.
func (s *State) dependantSet(ctx context.Context, changed map[string]bool, deep bool) map[string]bool {
	out := map[string]bool{}
	if len(changed) == 0 {
		return out
	}
	users := map[string][]string{}
	note := func(name string) {
		s.eachRef(name, s.Methods[name], deep, func(r string) { users[r] = append(users[r], name) })
	}
	look(ctx)
	for name := range s.Decls {
		note(name)
	}
	for name := range s.Vars {
		note(name)
	}
	for name := range s.Methods {
		if s.Decls[name] == nil && s.Vars[name] == nil { // the type is declared in the cell that is being checked
			note(name)
		}
	}
	look(ctx)
	todo := slices.Collect(maps.Keys(changed))
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, u := range users[n] {
			if !out[u] {
				out[u] = true
				todo = append(todo, u)
			}
		}
	}
	return out
}

// dependants lists the live names that rest on any of the given ones, those themselves left out.
func (s *State) dependants(ctx context.Context, changed map[string]bool) []string {
	var decls, vars []string
	for n := range s.dependantSet(ctx, changed, true) {
		switch {
		case changed[n]:
		case s.Decls[n] != nil:
			decls = append(decls, n)
		case s.Vars[n] != nil:
			vars = append(vars, n)
		}
	}
	slices.Sort(decls)
	slices.Sort(vars)
	return append(decls, vars...)
}

// touched are the names that mean something else in the one state than in the other, or have other methods.
func touched(a, b *State) map[string]bool {
	out := map[string]bool{}
	differ(out, a.Decls, b.Decls)
	differ(out, a.Vars, b.Vars)
	for name, ms := range a.Methods {
		if !slices.Equal(ms, b.Methods[name]) {
			out[name] = true
		}
	}
	for name, ms := range b.Methods {
		if !slices.Equal(ms, a.Methods[name]) {
			out[name] = true
		}
	}
	for _, pair := range [][2]map[string]bool{{a.out, b.out}, {b.out, a.out}} { // methods left out in one of them
		for key := range pair[0] {
			if !pair[1][key] {
				typ, _, _ := strings.Cut(key, ".")
				out[typ] = true
			}
		}
	}
	return out
}

// differ adds the keys whose values are not the same in both maps.
func differ[V comparable](out map[string]bool, a, b map[string]V) {
	for k, v := range a {
		if b[k] != v {
			out[k] = true
		}
	}
	for k, v := range b {
		if a[k] != v {
			out[k] = true
		}
	}
}
